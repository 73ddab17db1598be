package i18n

import (
	"math"
	"strconv"
	"strings"
	"sync"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// separators has the languages by the way in which they write numbers: the separator of groups of
// digits, and the separator before the decimals.
var separators = map[string]string{
	",.":      "en am bn cy eo fa fil ga gu he hi ja kn ko ml mn mr ms my pa sw ta te th ur zh ar es-419 es-MX es-US",
	".,":      "de az bs ca da el es eu gl hr id is it lb lo mk nl pt ro sl sr tr vi de-LU fr-LU",
	"\u00A0,": "af be bg cs et fi hu hy ka kk ky lt lv nb nn no pl pt-PT ru sk sq sv uk uz zu de-AT en-ZA",
	"\u202F,": "fr",
	"’.":      "de-CH de-LI it-CH",
}

// grouping has the languages whose groups are not those of English. "4" has those that write no
// separator in a number of four digits, and "2" those in which groups before the last have two
// digits.
var grouping = map[string]string{
	"4": "bg es et ka lv pl pt-PT",
	"2": "hi bn gu kn ml mr pa ta te en-IN",
	"3": "es-419 es-MX es-US en",
}

// invert returns a map from each language to its key.
func invert(languages map[string]string) map[string]string {
	all := make(map[string]string)
	for key, codes := range languages {
		for _, code := range strings.Fields(codes) {
			all[code] = key
		}
	}
	return all
}

var (
	separatorsOf = sync.OnceValue(func() map[string]string { return invert(separators) })
	groupingOf   = sync.OnceValue(func() map[string]string { return invert(grouping) })
)

func (m *module) number(L *lua.LState) int {
	o, code := m.options(L, 2, "decimals")
	decimals := o.Int("decimals", 3, 0, 15)
	digits := ""
	if s, ok := L.Get(1).(lua.LString); ok {
		digits = string(s)
		if _, ok := operandsOf(digits); !ok || len(digits) > 1000 {
			L.ArgError(1, value.Quote(digits)+" is not a number in at most 1000 decimal digits")
		}
	} else {
		x := float64(L.CheckNumber(1))
		if math.IsNaN(x) || math.IsInf(x, 0) {
			L.ArgError(1, "the number must be finite")
		}
		digits = formatDigits(x, decimals)
	}
	L.Push(lua.LString(writeNumber(code, digits)))
	return 1
}

// formatDigits returns x in decimal digits, with at most decimals digits after the point.
func formatDigits(x float64, decimals int) string {
	s := strconv.FormatFloat(x, 'f', -1, 64)
	if _, after, _ := strings.Cut(s, "."); len(after) > decimals {
		s = strconv.FormatFloat(x, 'f', decimals, 64)
		if strings.Contains(s, ".") {
			s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
		}
	}
	if s == "-0" {
		return "0"
	}
	return s
}

// writeNumber writes a number in decimal digits as a language does.
func writeNumber(code, digits string) string {
	separators, _ := lookup(separatorsOf(), code)
	group, decimal := separators[:len(separators)-1], separators[len(separators)-1:]
	rule, _ := lookup(groupingOf(), code)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	whole, decimals, hasPoint := strings.Cut(digits, ".")
	if hasPoint {
		decimals = decimal + decimals
	}
	if rule == "4" && len(whole) <= 4 {
		return sign + whole + decimals
	}
	size := 3 // of the last group
	text := ""
	for len(whole) > size {
		text = group + whole[len(whole)-size:] + text
		whole = whole[:len(whole)-size]
		if rule == "2" {
			size = 2
		}
	}
	return sign + whole + text + decimals
}
