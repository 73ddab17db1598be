package hex_test

import (
	"encoding/hex"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	module "moonlark/luastd/hex"
	"moonlark/luastd/luastdtest"
)

func TestHexExamples(t *testing.T) { luastdtest.Examples(t, "testdata/*.lua") }

// decode must accept what the decoder of Go accepts, and return the same bytes. encode must return
// the digits that decode has read.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{"", "00ff", "0F", " 6 6 ", "6", "0x", "\x00", "é"} {
		f.Add(text)
	}
	functions := luastdtest.OpenFunctions(f, module.Module)
	clean := strings.NewReplacer(" ", "", "\t", "", "\n", "", "\v", "", "\f", "", "\r", "")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := functions.Call("decode", lua.LString(text))
		if err != nil {
			t.Fatal(err)
		}
		digits := clean.Replace(text)
		want, err := hex.DecodeString(digits)
		if err != nil {
			luastdtest.CheckFailure(t, got, "invalid")
			return
		}
		if len(got) != 1 || got[0] != lua.LString(want) {
			t.Fatalf("decode(%q) returned %q, want %q", text, got, want)
		}
		encoded, err := functions.Call("encode", got[0])
		if err != nil || encoded[0] != lua.LString(strings.ToLower(digits)) {
			t.Fatalf("encode(decode(%q)) returned %q, %v", text, encoded, err)
		}
	})
}
