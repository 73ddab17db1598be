package i18n

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// conjunctions has the words for and and or of the languages that write them between spaces, and
// without a comma. The other languages are in joiners.
var conjunctions = map[string]string{
	"af": "en of", "az": "və ya", "be": "і або", "bg": "и или", "bn": "এবং বা", "bs": "i ili", "ca": "i o", "cs": "a nebo",
	"cy": "a neu", "da": "og eller", "de": "und oder", "el": "και ή", "eo": "kaj aŭ", "es": "y o", "et": "ja või", "eu": "eta edo",
	"fa": "و یا", "fi": "ja tai", "fil": "at o", "fr": "et ou", "ga": "agus nó", "gl": "e ou", "gu": "અને અથવા",
	"hi": "और या", "hr": "i ili", "hu": "és vagy", "hy": "և կամ", "id": "dan atau", "is": "og eða", "it": "e o", "ka": "და ან",
	"kk": "және немесе", "lt": "ir ar", "lv": "un vai", "mk": "и или", "mr": "आणि किंवा", "ms": "dan atau", "nb": "og eller",
	"nl": "en of", "nn": "og eller", "no": "og eller", "pa": "ਅਤੇ ਜਾਂ", "pl": "i lub", "pt": "e ou", "ro": "și sau", "ru": "и или",
	"sk": "a alebo", "sl": "in ali", "sq": "dhe ose", "sr": "и или", "sv": "och eller", "sw": "na au", "ta": "மற்றும் அல்லது",
	"te": "మరియు లేదా", "tr": "ve veya", "uk": "і або", "ur": "اور یا", "uz": "va yoki", "vi": "và hoặc",
	"zu": "ne noma", "en-GB": "and or", "en-AU": "and or", "en-IN": "and or", "en-ZA": "and or",
}

// A joiner says how a language writes a list.
type joiner struct {
	between string    // between elements
	two     [2]string // between two elements, for and and or
	last    [2]string // before the last of several elements, for and and or
}

var joiners = map[string]joiner{
	"en": {", ", [2]string{" and ", " or "}, [2]string{", and ", ", or "}},
	"ja": {"、", [2]string{"、", "または"}, [2]string{"、", "、または"}},
	"zh": {"、", [2]string{"和", "或"}, [2]string{"和", "或"}},
	"ko": {", ", [2]string{" 및 ", " 또는 "}, [2]string{" 및 ", " 또는 "}},
	"th": {" ", [2]string{"และ", "หรือ"}, [2]string{" และ", " หรือ"}},
	"he": {", ", [2]string{" ו", " או "}, [2]string{" ו", " או "}},
	"ar": {" و", [2]string{" و", " أو "}, [2]string{" و", " أو "}},
}

// joinerOf returns the joiner of a language.
func joinerOf(code string) joiner {
	words, ok := lookup(conjunctions, code)
	if !ok {
		j, _ := lookup(joiners, code)
		return j
	}
	and, or, _ := strings.Cut(words, " ")
	both := [2]string{" " + and + " ", " " + or + " "}
	return joiner{", ", both, both}
}

func (m *module) list(L *lua.LState) int {
	t := L.CheckTable(1)
	o, code := m.options(L, 2, "kind")
	kind := 0
	if o.Choice("kind", "and", "or") == "or" {
		kind = 1
	}
	if t.Len() > maxList {
		L.ArgError(1, fmt.Sprintf("the list has %d elements; the maximum is %d", t.Len(), maxList))
	}
	j := joinerOf(code)
	var b strings.Builder
	for n := 1; n <= t.Len(); n++ {
		element := t.RawGetInt(n)
		switch element.(type) {
		case lua.LString, lua.LNumber:
		default:
			L.ArgError(1, fmt.Sprintf("element %d must be a string or a number, not %s", n, value.TypeName(element)))
		}
		text := element.String()
		switch {
		case n == 1:
		case n == t.Len() && n == 2:
			b.WriteString(beforeVowel(code, j.two[kind], text))
		case n == t.Len():
			b.WriteString(beforeVowel(code, j.last[kind], text))
		default:
			b.WriteString(j.between)
		}
		if b.WriteString(text); b.Len() > maxResult {
			L.RaiseError("the list has more than %d bytes", maxResult)
		}
	}
	L.Push(lua.LString(b.String()))
	return 1
}

// beforeVowel returns conjunction as it is before next. In Spanish, y becomes e before the sound i,
// and o becomes u before the sound o.
func beforeVowel(code, conjunction, next string) string {
	if code != "es" && !strings.HasPrefix(code, "es-") {
		return conjunction
	}
	next = strings.TrimPrefix(strings.ToLower(next), "h")
	startsWith := func(prefixes ...string) bool {
		for _, p := range prefixes {
			if strings.HasPrefix(next, p) {
				return true
			}
		}
		return false
	}
	switch {
	case conjunction == " y " && startsWith("i", "í") && !startsWith("ia", "ie", "io", "iu"):
		return " e "
	case conjunction == " o " && startsWith("o", "ó", "8"):
		return " u "
	}
	return conjunction
}
