package yaml_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/luastdtest"
	"moonlark/luastd/value"
	module "moonlark/luastd/yaml"
)

func TestYAMLExamples(t *testing.T) { luastdtest.Examples(t, "testdata/*.lua") }

// decode_all must fail with a reason and a code. What it has read must be the same after encode and
// decode.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		"", "a: 1\nb:\n  - x\n  - {c: d, e: [1, 2]}\n", "- no\n- 010\n- 1e3\n- 2026-05-27\n- ~\n- .inf\n- 9007199254740993\n- '1'\n- -0.0\n- 1.5e300",
		"a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n  e: 2", "&a [*a]", "--- a\n---\nb: |\n  c\n\n  d\n", "a: >-\n  b\n  c\n? d\n: e", "!!str 1", "!x {a: b}", "a: b: c", "\t- x", "\ufeffa: 1", "a: \"\\u00e9\\n\"\n", "%TAG ! x:\n--- !a b", "[1", "a: 1\na: 2",
	} {
		f.Add(text)
	}
	functions := luastdtest.OpenFunctions(f, module.Module)
	f.Fuzz(func(t *testing.T, text string) {
		got := call(t, functions, "decode_all", lua.LString(text))
		if len(got) != 1 {
			luastdtest.CheckFailure(t, got, "invalid", "too_large")
			return
		}
		checkRoundTrip(t, functions, got[0])
	})
}

// What encode has written, decode must read, for strings of all kinds.
func FuzzEncodeString(f *testing.F) {
	for _, s := range []string{"", "a", " a", "a ", "a\n", "\na", "a\n\n", " a\nb", "a\n b \n", "a: b", "# a", "- a", "no", "12", "1e3", "0x1", "010", "0o8", "~", "<<", "a\r\nb", "\t", "\x00", "\u0085", "\u2028a\u2028", "\ufeff", "é\n🎉", "---", "...", "\"", "'", "%a", "@a", "`", "!a", "&a", "*a", "{a", "a,", "1:30", "2026-05-27", "=", "\u00a0", "a #b", "a\n#b"} {
		f.Add(s)
	}
	functions := luastdtest.OpenFunctions(f, module.Module)
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		table := functions.L.NewTable()
		table.RawSetString(s, lua.LString(s))
		table.RawSetString("list", list(functions.L, lua.LString(s)))
		checkRoundTrip(t, functions, table)
		checkRoundTrip(t, functions, lua.LString(s))
	})
}

func list(L *lua.LState, v lua.LValue) *lua.LTable {
	t := L.NewTable()
	t.Append(v)
	return t
}

func checkRoundTrip(t *testing.T, functions *luastdtest.Functions, v lua.LValue) {
	t.Helper()
	want, ok := content(t, v)
	encoded := call(t, functions, "encode", v)[0]
	again := call(t, functions, "decode", encoded)
	if len(again) != 1 {
		t.Fatalf("decode(%q) returned %v", encoded, again)
	}
	if got, _ := content(t, again[0]); ok && !reflect.DeepEqual(got, want) {
		t.Fatalf("decode(%q) returned %q, want %q", encoded, got, want)
	}
}

func call(t *testing.T, functions *luastdtest.Functions, name string, arg lua.LValue) []lua.LValue {
	t.Helper()
	results, err := functions.Call(name, arg)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// content returns v as encoding/json reads it from JSON. ok is false if v has a number that cannot
// be JSON.
func content(t *testing.T, v lua.LValue) (content any, ok bool) {
	text, err := value.Append(nil, v, 0)
	if err != nil {
		return nil, false
	}
	if err := json.NewDecoder(strings.NewReader(string(text))).Decode(&content); err != nil {
		t.Fatal(err)
	}
	return content, true
}

// A task that is killed while the library runs ends with the error of Checkpoint.
func TestAnErrorOfCheckpointEndsDecodeAndEncode(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	table := module.Module.Open(L, killed{}).(*lua.LTable)
	long := lua.LString(strings.Repeat("- a\n", 10_000))
	for _, name := range []string{"decode", "encode"} {
		err := L.CallByParam(lua.P{Fn: table.RawGetString(name), NRet: 1, Protect: true}, long)
		if err == nil || !strings.Contains(err.Error(), "killed") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

type killed struct{ luastd.Runtime }

func (killed) Checkpoint(L *lua.LState) { L.RaiseError("killed") }
