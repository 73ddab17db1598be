package text

import (
	"strings"
	"unicode"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"moonlark/luastd/fold"
	"moonlark/luastd/value"
)

// convert pushes the result of converting s with c. A letter depends on the other letters of its
// word, so convert cuts s at white space. It returns 1, the number of results.
func (m module) convert(L *lua.LState, s string, c cases.Caser) int {
	s = strings.ToValidUTF8(s, "\uFFFD")
	var b strings.Builder
	for at := 0; at < len(s); {
		end := cut(s, at, maxWord)
		if space := strings.LastIndexFunc(s[at:end], unicode.IsSpace); end < len(s) && space > 0 {
			end = at + space
		}
		b.WriteString(c.String(withFinalSigmas(s[at:end])))
		m.Checkpoint(L)
		at = end
	}
	L.Push(lua.LString(b.String()))
	return 1
}

// withFinalSigmas replaces each capital sigma at the end of a word by the small letter that it
// becomes there. Package cases does so only in short texts, because it looks at 128 bytes at a
// time.
func withFinalSigmas(s string) string {
	if !strings.ContainsRune(s, 'Σ') {
		return s
	}
	runes := []rune(s)
	isLetter := func(i int) bool { return i >= 0 && i < len(runes) && unicode.In(runes[i], unicode.L, unicode.M) }
	for i, r := range runes {
		if r == 'Σ' && isLetter(i-1) && !isLetter(i+1) {
			runes[i] = 'ς'
		}
	}
	return string(runes)
}

// checkLanguage returns the option language, which argument 2 of the running function has.
func checkLanguage(L *lua.LState) language.Tag {
	options := value.CheckOptions(L, 2, "language")
	code := options.String("language", "und")
	tag, err := language.Parse(code)
	if err != nil || len(code) > 100 {
		options.RaiseString("language", "the code of a language, such as tr")
	}
	return tag
}

func (m module) lower(L *lua.LState) int {
	return m.convert(L, checkText(L, 1, maxText), cases.Lower(checkLanguage(L), cases.HandleFinalSigma(false)))
}

func (m module) upper(L *lua.LState) int {
	return m.convert(L, checkText(L, 1, maxText), cases.Upper(checkLanguage(L)))
}

func (m module) title(L *lua.LState) int {
	return m.convert(L, checkText(L, 1, maxText), cases.Title(checkLanguage(L), cases.HandleFinalSigma(false)))
}

func (m module) fold(L *lua.LState) int {
	L.Push(lua.LString(fold.Accents(checkText(L, 1, maxText), func() { m.Checkpoint(L) })))
	return 1
}

var forms = map[string]norm.Form{"NFC": norm.NFC, "NFD": norm.NFD, "NFKC": norm.NFKC, "NFKD": norm.NFKD}

func (m module) normalize(L *lua.LState) int {
	s := strings.ToValidUTF8(checkText(L, 1, maxText), "\uFFFD")
	form := norm.NFC
	if v := L.Get(2); v != lua.LNil && !value.IsNull(v) {
		form = forms[value.CheckChoice(L, 2, "NFC", "NFD", "NFKC", "NFKD")]
	}
	var text []byte
	for at := 0; at < len(s); {
		end := cut(s, at, bytesPerCheck)
		text = form.AppendString(text, s[at:end]) // normalizes across the boundary
		m.Checkpoint(L)
		at = end
	}
	L.Push(lua.LString(text))
	return 1
}

var germanUmlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue")

func slug(L *lua.LState) int {
	s := norm.NFC.String(checkText(L, 1, maxSlug))
	options := value.CheckOptions(L, 2, "separator", "language")
	separator := options.String("separator", "-")
	if len(separator) > 10 {
		options.RaiseString("separator", "at most 10 bytes long")
	}
	if l := options.String("language", ""); l == "de" || strings.HasPrefix(l, "de-") {
		s = germanUmlauts.Replace(s)
	}
	var b strings.Builder
	between := false
	for _, r := range strings.ToLower(fold.Accents(s, nil)) {
		switch {
		case r == '\'' || r == '’':
		case unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) && b.Len() > 0 && !between:
			if between && b.Len() > 0 {
				b.WriteString(separator)
			}
			between = false
			b.WriteRune(r)
		default:
			between = true
		}
	}
	L.Push(lua.LString(b.String()))
	return 1
}
