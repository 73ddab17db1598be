package i18n

import (
	"math"
	"strconv"
	"strings"
	"sync"
)

// operands are the properties of a number on which its plural form depends, with their names in
// CLDR.
type operands struct {
	n float64 // the absolute value
	i int64   // the whole part of n, modulo 10^15
	v int     // the number of digits after the point
	f int64   // these digits as a number, modulo 10^15
	t int64   // f without the zeros at its end
}

// operandsOf returns the operands of a number in decimal digits, such as "-1.50". ok is false if s
// is not one.
func operandsOf(s string) (o operands, ok bool) {
	s = strings.TrimPrefix(s, "-")
	n, err := strconv.ParseFloat(s, 64)
	whole, decimals, hasPoint := strings.Cut(s, ".")
	if err != nil || !isDigits(whole) || hasPoint && !isDigits(decimals) {
		return operands{}, false
	}
	o = operands{n: n, i: lastDigits(whole), v: len(decimals)}
	o.f, o.t = lastDigits(decimals), lastDigits(strings.TrimRight(decimals, "0"))
	return o, true
}

// lastDigits returns the value of the last 15 digits of s.
func lastDigits(s string) int64 {
	v, _ := strconv.ParseInt(s[max(0, len(s)-15):], 10, 64)
	return v
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// mod returns n modulo m, or -1 if n is not a whole number, which no rule accepts.
func (o operands) mod(m float64) int64 {
	if o.n != math.Trunc(o.n) {
		return -1
	}
	return int64(math.Mod(o.n, m))
}

func in(x, low, high int64) bool { return low <= x && x <= high }

// million reports whether the number is a whole number of millions, which French counts as "many".
func (o operands) million() bool { return o.v == 0 && o.i != 0 && o.i%1_000_000 == 0 }

// endsIn1 and endsIn2to4 report whether x ends in 1 or in 2 to 4, but not in 11 or in 12 to 14.
func endsIn1(x int64) bool    { return x%10 == 1 && x%100 != 11 }
func endsIn2to4(x int64) bool { return in(x%10, 2, 4) && !in(x%100, 12, 14) }

// choose returns the first plural form whose condition is true, or "other". cases has forms and
// conditions in turn.
func choose(cases ...any) string {
	for i := 0; i < len(cases); i += 2 {
		if cases[i+1].(bool) {
			return cases[i].(string)
		}
	}
	return "other"
}

// rules are the plural rules for cardinals of CLDR 42 and later. The languages that are not in the
// table have the rule of English.
var rules = map[string]func(o operands) string{
	"id ja ko lo ms my th vi zh": func(o operands) string { return "other" },
	"en de nl sv fi et gl sw ur": func(o operands) string { return choose("one", o.i == 1 && o.v == 0) },
	"af az bg el eo eu hu ka kk ky lb ml mn mr nb nn no sq ta te tr uz": func(o operands) string {
		return choose("one", o.n == 1)
	},
	"da":                   func(o operands) string { return choose("one", o.n == 1 || o.t != 0 && o.i <= 1) },
	"am bn fa gu hi kn zu": func(o operands) string { return choose("one", o.i == 0 || o.n == 1) },
	"hy":                   func(o operands) string { return choose("one", o.i <= 1) },
	"pa":                   func(o operands) string { return choose("one", o.n == 0 || o.n == 1) },
	"fr pt":                func(o operands) string { return choose("one", o.i <= 1, "many", o.million()) },
	"es":                   func(o operands) string { return choose("one", o.n == 1, "many", o.million()) },
	"ca it pt-PT":          func(o operands) string { return choose("one", o.i == 1 && o.v == 0, "many", o.million()) },
	"ru uk": func(o operands) string {
		return choose("other", o.v != 0, "one", endsIn1(o.i), "few", endsIn2to4(o.i), "many", true)
	},
	"be": func(o operands) string {
		return choose("other", o.mod(10) < 0, "one", endsIn1(o.mod(100)), "few", endsIn2to4(o.mod(100)), "many", true)
	},
	"pl": func(o operands) string {
		return choose("other", o.v != 0, "one", o.i == 1, "few", endsIn2to4(o.i), "many", true)
	},
	"cs sk": func(o operands) string { return choose("many", o.v != 0, "one", o.i == 1, "few", in(o.i, 2, 4)) },
	"bs hr sr": func(o operands) string {
		return choose("one", o.v == 0 && endsIn1(o.i) || endsIn1(o.f), "few", o.v == 0 && endsIn2to4(o.i) || endsIn2to4(o.f))
	},
	"mk": func(o operands) string { return choose("one", o.v == 0 && endsIn1(o.i) || endsIn1(o.f)) },
	"is": func(o operands) string { return choose("one", o.t == 0 && endsIn1(o.i) || endsIn1(o.t)) },
	"sl": func(o operands) string {
		return choose("few", o.v != 0, "one", o.i%100 == 1, "two", o.i%100 == 2, "few", in(o.i%100, 3, 4))
	},
	"lt": func(o operands) string {
		teens := in(o.mod(100), 11, 19)
		return choose("one", o.mod(10) == 1 && !teens, "few", in(o.mod(10), 2, 9) && !teens, "many", o.f != 0)
	},
	"lv": func(o operands) string {
		return choose("zero", o.mod(10) == 0 || in(o.mod(100), 11, 19) || o.v == 2 && in(o.f%100, 11, 19),
			"one", o.mod(100) >= 0 && endsIn1(o.mod(100)) || o.v == 2 && endsIn1(o.f) || o.v != 2 && o.f%10 == 1)
	},
	"ro": func(o operands) string {
		return choose("one", o.i == 1 && o.v == 0, "few", o.v != 0 || o.n == 0 || in(o.mod(100), 1, 19))
	},
	"he": func(o operands) string {
		return choose("one", o.i == 1 && o.v == 0 || o.i == 0 && o.v != 0, "two", o.i == 2 && o.v == 0)
	},
	"ar": func(o operands) string {
		return choose("zero", o.n == 0, "one", o.n == 1, "two", o.n == 2, "few", in(o.mod(100), 3, 10), "many", o.mod(100) >= 11)
	},
	"cy": func(o operands) string {
		return choose("zero", o.n == 0, "one", o.n == 1, "two", o.n == 2, "few", o.n == 3, "many", o.n == 6)
	},
	"ga": func(o operands) string {
		n := o.mod(1e15)
		return choose("one", n == 1, "two", n == 2, "few", in(n, 3, 6), "many", in(n, 7, 10))
	},
	"fil": func(o operands) string {
		last := o.i % 10
		if o.v != 0 {
			last = o.f % 10
		}
		return choose("one", o.v == 0 && in(o.i, 1, 3) || last != 4 && last != 6 && last != 9)
	},
}

// ruleOf returns the rule of each language.
var ruleOf = sync.OnceValue(func() map[string]func(o operands) string {
	all := make(map[string]func(o operands) string)
	for languages, rule := range rules {
		for _, code := range strings.Fields(languages) {
			all[code] = rule
		}
	}
	return all
})

// formOf returns the plural form of a number in a language.
func formOf(code string, o operands) string {
	rule, _ := lookup(ruleOf(), code)
	return rule(o)
}
