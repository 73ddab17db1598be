package utf8_test

import (
	"testing"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/luastdtest"
	module "moonlark/luastd/utf8"
)

func TestUTF8Examples(t *testing.T) { luastdtest.Examples(t, "testdata/*.lua") }

// len must count the characters that Go counts in a valid text, and refuse other texts. offset must
// find the position of the last character.
func FuzzLen(f *testing.F) {
	for _, text := range []string{"", "añ€🎉", "\x80", "\xc0\x80", "\xf4\x90\x80\x80", "a\xe2\x82", "\xed\xa0\x80"} {
		f.Add(text)
	}
	functions := luastdtest.OpenFunctions(f, module.Module)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := functions.Call("len", lua.LString(text))
		if err != nil {
			t.Fatal(err)
		}
		if !utf8.ValidString(text) {
			for i := 0; i+2 < len(text); i++ {
				if text[i] == 0xED && text[i+1] >= 0xA0 {
					return // a surrogate, which only the library of Lua 5.3 accepts
				}
			}
			if len(got) != 2 || got[0] != lua.LNil || !utf8.ValidString(text[:int(got[1].(lua.LNumber))-1]) {
				t.Fatalf("len(%q) returned %v", text, got)
			}
			return
		}
		if want := utf8.RuneCountInString(text); len(got) != 1 || got[0] != lua.LNumber(want) {
			t.Fatalf("len(%q) returned %v, want %d", text, got, want)
		}
		last, err := functions.Call("offset", lua.LString(text), lua.LNumber(-1))
		if err != nil {
			t.Fatal(err)
		}
		if _, size := utf8.DecodeLastRuneInString(text); size > 0 && last[0] != lua.LNumber(len(text)-size+1) {
			t.Fatalf("offset(%q, -1) returned %v, want %d", text, last, len(text)-size+1)
		}
	})
}
