// Package spoken converts numbers and times of day to words and back, in English, German, French
// and Spanish. A Language has the words and the rules of one language. It never changes, so any
// goroutine may use it.
//
// Reading accepts what the same Language speaks, other common forms, and digits. It reads texts of
// at most MaxText bytes, so that no call takes long.
package spoken

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
)

const (
	// MaxText is the maximal length of a text that is read, in bytes.
	MaxText = 1000
	// MaxNumber is the greatest number that Number speaks as a cardinal. The double of Lua has all
	// whole numbers up to MaxNumber.
	MaxNumber = 999_999_999_999_999
	// MaxOrdinal is the greatest number that Number speaks as an ordinal.
	MaxOrdinal = 999_999
	// MaxYear is the greatest number that Number speaks as a year.
	MaxYear = 9999
	// MaxDigits is the maximal number of characters that Number speaks as digits.
	MaxDigits = 100
)

// A Form is a way of speaking a number.
type Form string

const (
	Cardinal Form = "cardinal" // "twenty-one"
	Ordinal  Form = "ordinal"  // "twenty-first"
	Year     Form = "year"     // "nineteen eighty-four"
	Digits   Form = "digits"   // each digit by itself: "two one"
)

// A Language speaks and reads numbers and times of day in one language.
type Language struct {
	Code string // such as "de"
	Name string // such as "German"

	// The fields below write numbers as words.
	minus, point string
	pairs        bool                                // speaks two decimals as one number: "trois virgule quatorze"
	cardinal     func(n int64, feminine bool) string // n is from 0 to MaxNumber
	ordinal      func(n int64, feminine bool) string // n is from 1 to MaxOrdinal
	year         func(n int64) string                // n is from 0 to MaxYear

	// The fields below write times of day as words.
	time12 func(t timeOfDay) (words string, noPart bool) // noPart: the words need no part of the day
	time24 func(t timeOfDay) string
	part   func(hour int) string // the part of the day: "in the morning"

	// The fields below read numbers and times of day that are written as words or digits.
	words          map[string]meanings
	replacer       *strings.Replacer // applied to the text after normalize has changed its letters
	scales         []float64         // values of the words such as million, descending
	unitBeforeTen  bool              // accepts "einundzwanzig"
	unitAfterTen   bool              // accepts "twenty one"
	andAfterTen    float64           // accepts "treinta y uno" from this number on; 0: never
	pairsOfTens    bool              // accepts "nineteen eighty-four"
	group, decimal string            // separators in digits: "1,234.5"
	readTime       func(r *reader) (clock, bool)
}

// languages returns the languages by code. Its first call makes them.
var languages = sync.OnceValue(func() map[string]*Language {
	all := make(map[string]*Language)
	for _, l := range []*Language{newEnglish(), newGerman(), newFrench(), newSpanish()} {
		all[l.Code] = l
	}
	return all
})

// Codes are the codes of the languages.
const Codes = "en, de, fr, es"

// Find returns the language with a code such as "de", "de-AT" or "de_AT.UTF-8". It returns nil if
// there is none.
func Find(code string) *Language {
	if i := strings.IndexAny(code, "-_."); i >= 0 {
		code = code[:i]
	}
	return languages()[strings.ToLower(code)]
}

// Number returns the words for a number. text has its digits: an optional minus sign, digits, and
// optionally a point and digits. feminine chooses the feminine form in languages that have one.
// Number returns an error if form does not allow the number.
func (l *Language) Number(text string, form Form, feminine bool) (string, error) {
	whole, decimals, isFraction := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	if !isDigits(whole) || isFraction && !isDigits(decimals) {
		return "", fmt.Errorf("it is not a number in decimal digits")
	}
	if form == Digits {
		return l.digits(text)
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	maximum := map[Form]int64{Cardinal: MaxNumber, Ordinal: MaxOrdinal, Year: MaxYear}[form]
	if err != nil || n > maximum {
		return "", fmt.Errorf("the maximum is %d", maximum)
	}
	words := ""
	switch {
	case form == Cardinal && isFraction:
		words = l.cardinal(n, false) + " " + l.point + " " + l.decimals(decimals)
	case form == Cardinal:
		words = l.cardinal(n, feminine)
	case isFraction:
		return "", fmt.Errorf("it must be a whole number")
	case form == Year:
		words = l.year(n)
	case n == 0 || text[0] == '-':
		return "", fmt.Errorf("the minimum is 1")
	default:
		words = l.ordinal(n, feminine)
	}
	if text[0] == '-' {
		return l.minus + " " + words, nil
	}
	return words, nil
}

// digits returns the words for each character of a number.
func (l *Language) digits(text string) (string, error) {
	if len(text) > MaxDigits {
		return "", fmt.Errorf("the maximum is %d digits", MaxDigits)
	}
	words := make([]string, len(text))
	for i, c := range []byte(text) {
		switch c {
		case '-':
			words[i] = l.minus
		case '.':
			words[i] = l.point
		default:
			words[i] = l.cardinal(int64(c-'0'), false)
		}
	}
	return strings.Join(words, " "), nil
}

// decimals returns the words for the digits after the point.
func (l *Language) decimals(digits string) string {
	if l.pairs && len(digits) == 2 && digits[0] != '0' {
		n, _ := strconv.ParseInt(digits, 10, 64)
		return l.cardinal(n, false)
	}
	words := make([]string, len(digits))
	for i, c := range []byte(digits) {
		words[i] = l.cardinal(int64(c-'0'), false)
	}
	return strings.Join(words, " ")
}

// isDigits reports whether s consists of at least one decimal digit.
func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
