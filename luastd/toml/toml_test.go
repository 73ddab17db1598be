package toml_test

import (
	"encoding/json"
	"reflect"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/luastdtest"
	module "moonlark/luastd/toml"
	"moonlark/luastd/value"
)

func TestTOMLExamples(t *testing.T) { luastdtest.Examples(t, "testdata/*.lua") }

// decode must fail with a reason and a code. What decode has read must be the same after encode and
// decode.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		"", "a = 1\n[b]\nc.d = [{x = 1}, {}]\n[[e]]\n[[e]]\nf = 'x'\n", "a = [1, 'x', [2.5, true], {y = 0x10}]", "'' = \"\"\"\n\\u00e9\\\n  x\"\"\"",
		"a = 9007199254740993\nb = -0.0\nc = 1e300\nd = inf", "a = 2026-05-27T07:32:00.5+02:00\nb = 2026-05-27\nc = 07:32:00\nd = 2026-05-27T07:32", "\ufeffa = 1", "a = 'x\n", "a = 1\na = 2", "[a]\n[a.b.c]\n[a.b]",
	} {
		f.Add(text)
	}
	functions := luastdtest.OpenFunctions(f, module.Module)
	call := func(t *testing.T, name string, arg lua.LValue) []lua.LValue {
		results, err := functions.Call(name, arg)
		if err != nil {
			t.Fatal(err)
		}
		return results
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := call(t, "decode", lua.LString(text))
		if len(got) != 1 {
			luastdtest.CheckFailure(t, got, "invalid", "too_large")
			return
		}
		want, ok := content(t, got[0])
		encoded := call(t, "encode", got[0])[0]
		again := call(t, "decode", encoded)
		if len(again) != 1 {
			t.Fatalf("decode(%q) returned %v", encoded, again)
		}
		if got, _ := content(t, again[0]); ok && !reflect.DeepEqual(got, want) {
			t.Fatalf("decode(%q) returned %v, want %v", encoded, got, want)
		}
	})
}

// content returns v as encoding/json reads it from JSON. ok is false if v has a number that cannot
// be JSON.
func content(t *testing.T, v lua.LValue) (content any, ok bool) {
	text, err := value.Append(nil, v, 0)
	if err != nil {
		return nil, false
	}
	if err := json.Unmarshal(text, &content); err != nil {
		t.Fatal(err)
	}
	return content, true
}
