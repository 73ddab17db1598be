package text_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	lua "github.com/yuin/gopher-lua"
	"golang.org/x/text/cases"
	"golang.org/x/text/language"

	"moonlark/luastd/json"
	"moonlark/luastd/luastdtest"
	module "moonlark/luastd/text"
)

func TestTextExamples(t *testing.T) {
	luastdtest.Examples(t, "testdata/*.lua", module.Module, json.Module)
}

// The result of wrap must have the characters of the text, in lines of at most n characters. The
// result of shorten must be a prefix of the text with at most n characters.
func FuzzWrapAndShorten(f *testing.F) {
	for _, text := range []string{"", "the quick brown fox", "é e\u0301 👨‍👩‍👧", "a\r\nb", "\xff\xfe", " \u3000 ", "aaaaaaaaaaaaaaaaaaa b", "🇩🇪🇫🇷🇩"} {
		f.Add(text, uint8(3))
	}
	functions := luastdtest.OpenFunctions(f, module.Module)
	f.Fuzz(func(t *testing.T, text string, size uint8) {
		n := int(size)%40 + 1
		wrapped := call(t, functions, "wrap", text, lua.LNumber(n))
		if got, want := withoutSpace(wrapped), withoutSpace(text); got != want {
			t.Fatalf("wrap(%q, %d) returned %q, which has other characters", text, n, wrapped)
		}
		for line := range strings.Lines(wrapped) {
			if count := uniseg.GraphemeClusterCount(strings.TrimRight(line, "\n")); count > n && len(text) < 1000 {
				t.Fatalf("wrap(%q, %d) returned a line of %d characters: %q", text, n, count, line)
			}
		}
		short := call(t, functions, "shorten", text, lua.LNumber(n))
		if !strings.HasPrefix(text, short) || uniseg.GraphemeClusterCount(short) > n && len(text) < 1000 {
			t.Fatalf("shorten(%q, %d) returned %q", text, n, short)
		}
	})
}

// call calls a function of the module that returns one string.
func call(t *testing.T, functions *luastdtest.Functions, name, text string, args ...lua.LValue) string {
	t.Helper()
	results, err := functions.Call(name, append([]lua.LValue{lua.LString(text)}, args...)...)
	if err != nil || len(results) != 1 {
		t.Fatalf("%s(%q) returned %q, %v", name, text, results, err)
	}
	return results[0].String()
}

func withoutSpace(s string) string {
	return strings.Join(strings.FieldsFunc(s, unicode.IsSpace), "")
}

// The case of a letter must not depend on where package cases ends its parts of a text.
func TestLongTextsAreConvertedLikeTheirWords(t *testing.T) {
	functions := luastdtest.OpenFunctions(t, module.Module)
	var long strings.Builder
	want := map[string]*strings.Builder{"lower": {}, "upper": {}, "title": {}}
	for i := range 20_000 {
		word := []string{"O'NEILL'S", "ΟΔΟΣ", "straße", "ǆungla", "a", "İSTANBUL", "e\u0301COLE", "ﬁX-it", "ΣΑΣ,"}[i*i%9] + strings.Repeat("x", i%7) + " "
		long.WriteString(word)
		for name, b := range want {
			b.WriteString(call(t, functions, name, word))
		}
	}
	for name, want := range want {
		if got := call(t, functions, name, long.String()); got != want.String() {
			t.Errorf("%s converts a long text differently from its words", name)
		}
	}
}

// The functions for letters must return UTF-8, and upper must return what package cases returns.
func FuzzLetters(f *testing.F) {
	for _, text := range []string{"", "Straße", "ΟΔΟΣ", "İI", "e\u0301", "\xff", "ǅ", "o'neill"} {
		f.Add(text)
	}
	functions := luastdtest.OpenFunctions(f, module.Module)
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"lower", "upper", "title", "fold", "normalize", "slug"} {
			if got := call(t, functions, name, text); !utf8.ValidString(got) {
				t.Fatalf("%s(%q) returned %q, which is not UTF-8", name, text, got)
			}
		}
		if got, want := call(t, functions, "upper", text), cases.Upper(language.Und).String(strings.ToValidUTF8(text, "\uFFFD")); got != want {
			t.Fatalf("upper(%q) returned %q, want %q", text, got, want)
		}
		if slug := call(t, functions, "slug", text); strings.ContainsAny(slug, " /.\\\n") || strings.Trim(slug, "-") != slug {
			t.Fatalf("slug(%q) returned %q", text, slug)
		}
	})
}
