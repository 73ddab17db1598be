package spoken_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"moonlark/luastd/spoken"
)

var codes = strings.Split(spoken.Codes, ", ")

func TestNumbers(t *testing.T) {
	for _, row := range []struct {
		code, number string
		form         spoken.Form
		words        string
	}{
		{"en", "0", "cardinal", "zero"},
		{"en", "21", "cardinal", "twenty-one"},
		{"en", "-115", "cardinal", "minus one hundred fifteen"},
		{"en", "1234.5", "cardinal", "one thousand two hundred thirty-four point five"},
		{"en", "1000000", "cardinal", "one million"},
		{"en", "999999999999999", "cardinal", "nine hundred ninety-nine trillion nine hundred ninety-nine billion nine hundred ninety-nine million nine hundred ninety-nine thousand nine hundred ninety-nine"},
		{"en", "3.05", "cardinal", "three point zero five"},
		{"en", "1", "ordinal", "first"},
		{"en", "12", "ordinal", "twelfth"},
		{"en", "20", "ordinal", "twentieth"},
		{"en", "143", "ordinal", "one hundred forty-third"},
		{"en", "1000", "ordinal", "one thousandth"},
		{"en", "1984", "year", "nineteen eighty-four"},
		{"en", "1905", "year", "nineteen oh five"},
		{"en", "1900", "year", "nineteen hundred"},
		{"en", "2005", "year", "two thousand five"},
		{"en", "2026", "year", "twenty twenty-six"},
		{"en", "-44", "year", "minus forty-four"},
		{"en", "-0042.1", "digits", "minus zero zero four two point one"},
		{"de", "1", "cardinal", "eins"},
		{"de", "21", "cardinal", "einundzwanzig"},
		{"de", "101", "cardinal", "einhunderteins"},
		{"de", "1234.5", "cardinal", "eintausendzweihundertvierunddreißig Komma fünf"},
		{"de", "1000000", "cardinal", "eine Million"},
		{"de", "2001001", "cardinal", "zwei Millionen eintausendeins"},
		{"de", "3000000000", "cardinal", "drei Milliarden"},
		{"de", "1", "ordinal", "erste"},
		{"de", "3", "ordinal", "dritte"},
		{"de", "19", "ordinal", "neunzehnte"},
		{"de", "20", "ordinal", "zwanzigste"},
		{"de", "101", "ordinal", "einhunderterste"},
		{"de", "1000", "ordinal", "eintausendste"},
		{"de", "1984", "year", "neunzehnhundertvierundachtzig"},
		{"de", "2026", "year", "zweitausendsechsundzwanzig"},
		{"fr", "21", "cardinal", "vingt et un"},
		{"fr", "71", "cardinal", "soixante et onze"},
		{"fr", "77", "cardinal", "soixante-dix-sept"},
		{"fr", "80", "cardinal", "quatre-vingts"},
		{"fr", "81", "cardinal", "quatre-vingt-un"},
		{"fr", "91", "cardinal", "quatre-vingt-onze"},
		{"fr", "200", "cardinal", "deux cents"},
		{"fr", "201", "cardinal", "deux cent un"},
		{"fr", "1000", "cardinal", "mille"},
		{"fr", "80000", "cardinal", "quatre-vingt mille"},
		{"fr", "200000000", "cardinal", "deux cents millions"},
		{"fr", "3.14", "cardinal", "trois virgule quatorze"},
		{"fr", "3.05", "cardinal", "trois virgule zéro cinq"},
		{"fr", "1", "ordinal", "premier"},
		{"fr", "2", "ordinal", "deuxième"},
		{"fr", "5", "ordinal", "cinquième"},
		{"fr", "9", "ordinal", "neuvième"},
		{"fr", "21", "ordinal", "vingt et unième"},
		{"fr", "80", "ordinal", "quatre-vingtième"},
		{"fr", "1000", "ordinal", "millième"},
		{"es", "16", "cardinal", "dieciséis"},
		{"es", "21", "cardinal", "veintiuno"},
		{"es", "31", "cardinal", "treinta y uno"},
		{"es", "100", "cardinal", "cien"},
		{"es", "101", "cardinal", "ciento uno"},
		{"es", "555", "cardinal", "quinientos cincuenta y cinco"},
		{"es", "21000", "cardinal", "veintiún mil"},
		{"es", "1000000", "cardinal", "un millón"},
		{"es", "1000000000", "cardinal", "mil millones"},
		{"es", "31000000", "cardinal", "treinta y un millones"},
		{"es", "1", "ordinal", "primero"},
		{"es", "13", "ordinal", "decimotercero"},
		{"es", "28", "ordinal", "vigésimo octavo"},
		{"es", "143", "ordinal", "centésimo cuadragésimo tercero"},
		{"es", "2001", "ordinal", "dosmilésimo primero"},
	} {
		l := spoken.Find(row.code)
		got, err := l.Number(row.number, row.form, false)
		if err != nil || got != row.words {
			t.Errorf("%s %s %s: got %q, %v, want %q", row.code, row.form, row.number, got, err, row.words)
		}
		if row.form == spoken.Digits {
			continue
		}
		want, _ := strconv.ParseFloat(row.number, 64)
		if n, err := l.ReadNumber(row.words); err != nil || n != want {
			t.Errorf("%s: %q means %v, %v, want %v", row.code, row.words, n, err, want)
		}
	}
}

func TestFeminineNumbers(t *testing.T) {
	for _, row := range []struct {
		code, number string
		form         spoken.Form
		words        string
	}{
		{"en", "1", "cardinal", "one"},
		{"de", "1", "cardinal", "eine"},
		{"de", "101", "cardinal", "einhunderteine"},
		{"fr", "21", "cardinal", "vingt et une"},
		{"fr", "81", "cardinal", "quatre-vingt-une"},
		{"fr", "71", "cardinal", "soixante et onze"},
		{"fr", "1", "ordinal", "première"},
		{"es", "21", "cardinal", "veintiuna"},
		{"es", "241", "cardinal", "doscientas cuarenta y una"},
		{"es", "200000", "cardinal", "doscientas mil"},
		{"es", "200000000", "cardinal", "doscientos millones"},
		{"es", "1.5", "cardinal", "uno coma cinco"},
		{"es", "21", "ordinal", "vigésima primera"},
	} {
		l := spoken.Find(row.code)
		got, err := l.Number(row.number, row.form, true)
		if err != nil || got != row.words {
			t.Errorf("%s %s: got %q, %v, want %q", row.code, row.number, got, err, row.words)
		}
		want, _ := strconv.ParseFloat(row.number, 64)
		if n, err := l.ReadNumber(row.words); err != nil || n != want {
			t.Errorf("%s: %q means %v, %v, want %v", row.code, row.words, n, err, want)
		}
	}
}

// Other forms than those that Number speaks are read too.
func TestOtherWordsForNumbers(t *testing.T) {
	for _, row := range []struct {
		code, words string
		want        float64
	}{
		{"en", "twenty one", 21},
		{"en", "Twenty-One.", 21},
		{"en", "twentyone", 21},
		{"en", "one hundred and one", 101},
		{"en", "a hundred", 100},
		{"en", "a thousand and one", 1001},
		{"en", "two thousand, three hundred and five", 2305},
		{"en", "twelve hundred", 1200},
		{"en", "negative five", -5},
		{"en", "-5", -5},
		{"en", "point five", 0.5},
		{"en", "three point fourteen", 3.14},
		{"en", "half", 0.5},
		{"en", "two and a half", 2.5},
		{"en", "half a million", 500000},
		{"en", "a half million", 500000},
		{"en", "two and a half million", 2500000},
		{"en", "one point five million", 1500000},
		{"en", "1.5 million", 1500000},
		{"en", "3 hundred", 300},
		{"en", "1,234.5", 1234.5},
		{"en", "12 345", 12345},
		{"en", "21st", 21},
		{"en", "about twenty", 20},
		{"en", "the 21st", 21},
		{"en", "the", 0},
		{"en", "twenty eleven", 2011},
		{"en", "nineteen oh five", 1905},
		{"en", "0x10", 0},
		{"en", "1,5", 0},
		{"en", "twenty zero", 0},
		{"en", "one two", 0},
		{"en", "five hundred thousand two", 500002},
		{"en", "thousand million", 1e9},
		{"en", "million million", 0},
		{"en", "two thousand three thousand", 0},
		{"en", "5 thousand 2500", 0},
		{"en", "first second", 0},
		{"en", "twenty-first hundred", 0},
		{"en", "minus first", 0},
		{"en", "minus", 0},
		{"en", "a", 0},
		{"en", "and", 0},
		{"en", "one point", 0},
		{"en", "twenty banana", 0},
		{"en", "", 0},
		{"en", "1 trillion trillion", 0},
		{"en", "zero hundred", 0},
		{"de", "ein", 1},
		{"de", "hundert", 100},
		{"de", "tausend", 1000},
		{"de", "hundertundeins", 101},
		{"de", "zwei hundert", 200},
		{"de", "fuenf und zwanzig", 25},
		{"de", "dreissig", 30},
		{"de", "zwo", 2},
		{"de", "eine halbe Million", 500000},
		{"de", "anderthalb", 1.5},
		{"de", "eineinhalb", 1.5},
		{"de", "zweieinhalb", 2.5},
		{"de", "zwei und ein halb", 2.5},
		{"de", "2,5 Millionen", 2500000},
		{"de", "1.234,5", 1234.5},
		{"de", "1.234", 1234},
		{"de", "1.5", 1.5},
		{"de", "21.", 21},
		{"de", "am einundzwanzigsten", 21},
		{"de", "drei Punkt eins", 3.1},
		{"de", "einundzwanzigsten", 21},
		{"de", "siebenter", 7},
		{"de", "einundzwanzigundzwei", 0},
		{"fr", "quatre vingt dix sept", 97},
		{"fr", "mille quatre-vingt-deux", 1082},
		{"fr", "cent quatre vingts", 180},
		{"fr", "septante et un", 71},
		{"fr", "nonante-neuf", 99},
		{"fr", "deux et demi", 2.5},
		{"fr", "un demi", 0.5},
		{"fr", "1 234,5", 1234.5},
		{"fr", "1\u202f234,5", 1234.5},
		{"fr", "21e", 21},
		{"fr", "1ère", 1},
		{"fr", "seconde", 2},
		{"fr", "mille et une", 1001},
		{"fr", "cinquante dix", 0},
		{"es", "treinta y un", 31},
		{"es", "veintitres", 23},
		{"es", "dos y medio", 2.5},
		{"es", "treinta y medio", 30.5},
		{"es", "tres coma uno cuatro", 3.14},
		{"es", "primer", 1},
		{"es", "decimotercera", 13},
		{"es", "3.º", 3},
		{"es", "mil doscientos millones", 1.2e9},
		{"es", "treinta uno", 0},
	} {
		got, err := spoken.Find(row.code).ReadNumber(row.words)
		if got != row.want || (err == nil) != (row.want != 0) {
			t.Errorf("%s: %q means %v, %v, want %v", row.code, row.words, got, err, row.want)
		}
	}
}

// Number and ReadNumber agree for all numbers to 10,000, and for a sample of those above.
func TestNumbersComeBack(t *testing.T) {
	check := func(l *spoken.Language, n int64, form spoken.Form, feminine bool) {
		words, err := l.Number(strconv.FormatInt(n, 10), form, feminine)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := l.ReadNumber(words); err != nil || got != float64(n) {
			t.Errorf("%s %s %d is %q, which means %v, %v", l.Code, form, n, words, got, err)
		}
	}
	for _, code := range codes {
		l := spoken.Find(code)
		step := int64(1)
		if testing.Short() {
			step = 7
		}
		for n := int64(0); n <= 10_000; n += step {
			check(l, n, spoken.Cardinal, n%2 == 1)
			if n > 0 {
				check(l, n, spoken.Ordinal, n%2 == 1)
			}
			if n <= spoken.MaxYear {
				check(l, n, spoken.Year, false)
			}
		}
		for n := int64(10_000); n <= spoken.MaxNumber; n = n*13/11 + 7 {
			check(l, n, spoken.Cardinal, n%2 == 1)
			if n <= spoken.MaxOrdinal {
				check(l, n, spoken.Ordinal, n%2 == 0)
			}
		}
		for n := range 2000 {
			for _, text := range []string{fmt.Sprintf("-%d.%02d", n/100, n%100), fmt.Sprintf("7.%04d", 5*n)} {
				words, err := l.Number(text, spoken.Cardinal, false)
				want, _ := strconv.ParseFloat(text, 64)
				if got, err2 := l.ReadNumber(words); err != nil || err2 != nil || got != want {
					t.Errorf("%s %s is %q, %v, which means %v, %v", code, text, words, err, got, err2)
				}
			}
		}
	}
}

func TestNumbersThatCannotBeSpoken(t *testing.T) {
	for _, row := range []struct {
		number string
		form   spoken.Form
		want   string
	}{
		{"1000000000000000", spoken.Cardinal, "the maximum is 999999999999999"},
		{"99999999999999999999999", spoken.Cardinal, "the maximum is 999999999999999"},
		{"1000000", spoken.Ordinal, "the maximum is 999999"},
		{"10000", spoken.Year, "the maximum is 9999"},
		{"0", spoken.Ordinal, "the minimum is 1"},
		{"-3", spoken.Ordinal, "the minimum is 1"},
		{"1.5", spoken.Ordinal, "it must be a whole number"},
		{"1.5", spoken.Year, "it must be a whole number"},
		{strings.Repeat("1", 101), spoken.Digits, "the maximum is 100 digits"},
		{"", spoken.Digits, "it is not a number in decimal digits"},
		{"1e5", spoken.Cardinal, "it is not a number in decimal digits"},
		{"1.", spoken.Cardinal, "it is not a number in decimal digits"},
		{"--1", spoken.Cardinal, "it is not a number in decimal digits"},
	} {
		for _, code := range codes {
			if got, err := spoken.Find(code).Number(row.number, row.form, false); err == nil || err.Error() != row.want {
				t.Errorf("%s %s %s: got %q, %v, want %s", code, row.form, row.number, got, err, row.want)
			}
		}
	}
}

func TestFind(t *testing.T) {
	for code, want := range map[string]string{"de": "de", "de-AT": "de", "DE_de.UTF-8": "de", "fr-CH": "fr", "es-419": "es", "en": "en"} {
		if got := spoken.Find(code); got == nil || got.Code != want {
			t.Errorf("Find(%q) returned %v, want the language %s", code, got, want)
		}
	}
	for _, code := range []string{"", "it", "deu", "C"} {
		if got := spoken.Find(code); got != nil {
			t.Errorf("Find(%q) returned %s, want nil", code, got.Code)
		}
	}
}

// Reading must not panic, must return a number in the range that Number speaks, and that number
// must come back.
func FuzzReadNumber(f *testing.F) {
	for _, text := range []string{"twenty-one", "einundzwanzig", "quatre-vingt-dix", "treinta y uno", "1.234,5", "-", "a", "½", "1 000 000", "7pm", "half a", "\xff", "'", "..", "1-2"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, code := range codes {
			l := spoken.Find(code)
			v, err := l.ReadNumber(text)
			if err != nil {
				continue
			}
			if v > spoken.MaxNumber || v < -spoken.MaxNumber {
				t.Fatalf("%s: %q means %v, which is out of range", code, text, v)
			}
			words, err := l.Number(strconv.FormatFloat(v, 'f', -1, 64), spoken.Cardinal, false)
			if again, err2 := l.ReadNumber(words); err != nil || err2 != nil || again != v {
				t.Fatalf("%s: %q means %v, which is %q, %v, which means %v, %v", code, text, v, words, err, again, err2)
			}
		}
	})
}
