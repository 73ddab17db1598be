package spoken

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"moonlark/luastd/fold"
)

// A kind says what a word means in a number or in a time of day.
type kind int

const (
	number     kind = iota + 1 // a number from 1 to 99 that is one word
	zero                       // 0
	oh                         // 0 before a digit: "seven oh five"
	hundreds                   // a multiple of 100 that is one word: "doscientos"
	multiplier                 // a word for 100 that a number can precede: "hundred"
	scaleWord                  // a word for 1000 or more that a number can precede: "million"
	complete                   // a number in digits, or a word such as "anderthalb"
	suffix                     // the letters after digits that make an ordinal: "st"
	and
	article // "a" in "a hundred"
	minus
	point
	half
	andHalf // "einhalb", which is added to the number before

	filler      // a word that is skipped: "at"
	clockTime   // a time in digits; the value is in minutes
	minutesWord // "minutes"
	hourWord    // "o'clock"
	quarter     // the value is in minutes
	before      // "to" in "ten to eight"
	after       // "past" in "ten past seven"
	noon        // noon and midnight; the value is the hour
	dayPart     // a part of the day; the value is the hour at which its twelve hours begin
)

// A word is a meaning of a word.
type word struct {
	kind    kind
	value   float64
	ordinal bool
	digits  string // for complete: the digits, if there are no other characters
}

// meanings are the meanings of one word, which have different kinds.
type meanings []word

// find returns the meaning of a kind, or nil.
func (m meanings) find(k kind) *word {
	i := slices.IndexFunc(m, func(w word) bool { return w.kind == k })
	if i < 0 {
		return nil
	}
	return &m[i]
}

// A wordsBuilder makes the map of the words that a language reads.
type wordsBuilder struct {
	language       *Language
	words          map[string]meanings
	ordinalEndings []string // endings that the ordinals can have besides
}

func newWords(l *Language) *wordsBuilder {
	return &wordsBuilder{l, make(map[string]meanings), []string{""}}
}

// add adds words with the same meaning. A number 0 gets the kind zero.
func (b *wordsBuilder) add(k kind, value float64, words ...string) *wordsBuilder {
	if k == number && value == 0 {
		k = zero
	}
	for _, w := range words {
		b.put(w, word{kind: k, value: value})
	}
	return b
}

func (b *wordsBuilder) addOrdinal(k kind, value float64, words ...string) *wordsBuilder {
	for _, w := range words {
		for _, ending := range b.ordinalEndings {
			b.put(w+ending, word{kind: k, value: value, ordinal: true})
		}
	}
	return b
}

// addBoth adds the cardinal and the ordinal of n.
func (b *wordsBuilder) addBoth(n int64) {
	b.add(number, float64(n), b.language.cardinal(n, false))
	if n > 0 {
		b.addOrdinal(number, float64(n), b.language.ordinal(n, false))
	}
}

func (b *wordsBuilder) put(spelling string, w word) {
	spelling = b.language.normalize(spelling)
	if b.words[spelling].find(w.kind) == nil {
		b.words[spelling] = append(b.words[spelling], w)
	}
}

// punctuation replaces hyphens and apostrophes by those of ASCII, and removes soft hyphens.
var punctuation = strings.NewReplacer("’", "'", "−", "-", "–", "-", "‐", "-", "\u00AD", "")

// normalize returns text in lower case and without accents, with the replacements of the language.
func (l *Language) normalize(text string) string {
	text = strings.ToLower(fold.Accents(text, nil))
	text = punctuation.Replace(text)
	if l.replacer != nil {
		text = l.replacer.Replace(text)
	}
	return text
}

// split returns the words of text with their meanings.
func (l *Language) split(text string) ([]meanings, error) {
	var all []meanings
	fields := strings.Fields(strings.ReplaceAll(l.normalize(text), "'", " "))
	for i := 0; i < len(fields); i++ {
		field := strings.Trim(fields[i], "!?¿¡;:,\"()")
		if strings.HasPrefix(field, "-") {
			all = append(all, meanings{{kind: minus}})
		}
		for part := range strings.SplitSeq(field, "-") {
			first := part
			for len(first) <= 3 && isDigits(part) && i+1 < len(fields) && isThreeDigits(fields[i+1]) { // "12 345"
				i++
				part += fields[i]
			}
			found, err := l.meaningsOf(strings.TrimRight(part, ".,"))
			if err != nil {
				return nil, err
			}
			all = append(all, found...)
		}
	}
	return all, nil
}

// isThreeDigits reports whether s has three digits, and then perhaps decimals.
func isThreeDigits(s string) bool {
	return len(s) >= 3 && isDigits(s[:3]) && (len(s) == 3 || s[3] == ',' || s[3] == '.')
}

// meaningsOf returns the meanings of a word. The word may consist of several words, as in German.
// Digits and the letters after them are two words.
func (l *Language) meaningsOf(s string) ([]meanings, error) {
	letters := strings.IndexFunc(s, unicode.IsLetter)
	if s == "" {
		return nil, nil
	}
	if letters != 0 {
		digits := s
		if letters > 0 {
			digits = s[:letters]
		}
		found := l.digitsMeaning(strings.TrimSuffix(digits, "."))
		if found == nil {
			return nil, UnknownWord(s)
		}
		if letters < 0 {
			return []meanings{found}, nil
		}
		rest, err := l.meaningsOf(s[letters:])
		return append([]meanings{found}, rest...), err
	}
	if digits := strings.IndexAny(s, "0123456789"); digits > 0 { // "h30"
		first, err := l.meaningsOf(s[:digits])
		if err != nil {
			return nil, err
		}
		rest, err := l.meaningsOf(s[digits:])
		return append(first, rest...), err
	}
	if found, ok := l.words[s]; ok {
		return []meanings{found}, nil
	}
	if found := l.compound(s); found != nil {
		return found, nil
	}
	return nil, UnknownWord(s)
}

// compound splits a word such as einundzwanzig into known words. It prefers long words at the
// beginning, and returns nil if there is no way to split the word.
func (l *Language) compound(s string) []meanings {
	const maxWord = 24               // maximal length of a known word, in bytes
	lengths := make([]int, len(s)+1) // for each position, the length of the first word of the rest; 0: none
	for at := len(s) - 1; at >= 0; at-- {
		for n := min(len(s)-at, maxWord); n > 0; n-- {
			if _, ok := l.words[s[at:at+n]]; ok && (at+n == len(s) || lengths[at+n] > 0) {
				lengths[at] = n
				break
			}
		}
	}
	var all []meanings
	for at := 0; at < len(s); at += lengths[at] {
		if lengths[at] == 0 {
			return nil
		}
		all = append(all, l.words[s[at:at+lengths[at]]])
	}
	return all
}

// digitsMeaning returns the meanings of a word of digits and separators, or nil.
func (l *Language) digitsMeaning(s string) meanings {
	var found meanings
	if hour, minute, ok := cutTime(s); ok {
		found = append(found, word{kind: clockTime, value: float64(60*hour + minute)})
	}
	text := l.withoutGroups(s)
	if isDigits(strings.Replace(text, ".", "", 1)) && text[0] != '.' && len(text) <= 16 {
		value, err := strconv.ParseFloat(text, 64)
		if err == nil && value <= MaxNumber {
			w := word{kind: complete, value: value}
			if isDigits(s) {
				w.digits = s
			}
			found = append(found, w)
		}
	}
	return found
}

// withoutGroups returns a number in digits without the separators of thousands, and with a point
// before the decimals. A point is not a separator unless it is before exactly three digits.
func (l *Language) withoutGroups(s string) string {
	whole, decimals, isFraction := strings.Cut(s, l.decimal)
	groups := strings.Split(whole, l.group)
	wellGrouped := len(groups) > 1 && isDigits(groups[0]) && len(groups[0]) <= 3 &&
		!slices.ContainsFunc(groups[1:], func(g string) bool { return len(g) != 3 || !isDigits(g) })
	switch {
	case wellGrouped || len(groups) == 1:
		whole = strings.Join(groups, "")
	case l.decimal != "." && !isFraction:
		return s
	default:
		return ""
	}
	if isFraction {
		return whole + "." + decimals
	}
	return whole
}

// cutTime returns the parts of a time such as "7:30" or "7.30".
func cutTime(s string) (hour, minute int, ok bool) {
	i := strings.IndexAny(s, ":.")
	if i < 1 || i > 2 || len(s) != i+3 || !isDigits(s[:i]) || !isDigits(s[i+1:]) {
		return 0, 0, false
	}
	hour, _ = strconv.Atoi(s[:i])
	minute, _ = strconv.Atoi(s[i+1:])
	return hour, minute, hour <= 24 && minute < 60 && (hour < 24 || minute == 0)
}

// isWhole reports whether v is a whole number from low to high.
func isWhole(v, low, high float64) bool { return low <= v && v <= high && v == math.Trunc(v) }
