package base64_test

import (
	"encoding/base64"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	module "moonlark/luastd/base64"
	"moonlark/luastd/luastdtest"
)

func TestBase64Examples(t *testing.T) { luastdtest.Examples(t, "testdata/*.lua") }

// decode must accept what the decoder of Go accepts, and return the same bytes. encode must return
// a text that decode accepts.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{"", "Zm9vYmFy", "Zg==", "Zg", "-__-", " Z g = = ", "Zg=", "====", "\x00", "é", "AB", "A"} {
		f.Add(text)
	}
	functions := luastdtest.OpenFunctions(f, module.Module)
	clean := strings.NewReplacer(" ", "", "\t", "", "\n", "", "\v", "", "\f", "", "\r", "", "-", "+", "_", "/")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := functions.Call("decode", lua.LString(text))
		if err != nil {
			t.Fatal(err)
		}
		standard := clean.Replace(text)
		encoding := base64.RawStdEncoding
		if strings.HasSuffix(standard, "=") {
			encoding = base64.StdEncoding
		}
		want, err := encoding.DecodeString(standard)
		if err != nil {
			luastdtest.CheckFailure(t, got, "invalid")
			return
		}
		if len(got) != 1 || got[0] != lua.LString(want) {
			t.Fatalf("decode(%q) returned %q, want %q", text, got, want)
		}
		options := functions.L.NewTable()
		options.RawSetString("url", lua.LBool(len(text)%2 == 0))
		options.RawSetString("pad", lua.LBool(len(text)%3 == 0))
		options.RawSetString("lines", lua.LNumber(len(text)%7))
		encoded, err := functions.Call("encode", got[0], options)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := functions.Call("decode", encoded[0]); err != nil || again[0] != got[0] {
			t.Fatalf("decode(encode(%q)) returned %q, %v", got[0], again, err)
		}
	})
}
