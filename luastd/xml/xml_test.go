package xml_test

import (
	"encoding/json"
	"reflect"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/luastdtest"
	"moonlark/luastd/value"
	module "moonlark/luastd/xml"
)

func TestXMLExamples(t *testing.T) { luastdtest.Examples(t, "testdata/*.lua") }

// decode must fail with a reason and a code. What it has read must be the same after encode and
// decode, pretty or not.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		`<a b="1"><c/>d</a>`, "<x:a>&lt;<![CDATA[b]]><!-- c --> e</x:a>", "<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>", "<a><b></a></b>", "<a b='>&#10;\t' c=\"'\">\n x\r\ny&#13;</a>", "<a>\u00a0x\u2003</a>", "<é ü='ß'/>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "<a:b:c/>", "<a.b-c_1/>",
	} {
		f.Add(text, true)
		f.Add(text, false)
	}
	functions := luastdtest.OpenFunctions(f, module.Module)
	call := func(t *testing.T, name string, args ...lua.LValue) []lua.LValue {
		results, err := functions.Call(name, args...)
		if err != nil {
			t.Fatal(err)
		}
		return results
	}
	f.Fuzz(func(t *testing.T, text string, pretty bool) {
		got := call(t, "decode", lua.LString(text))
		if len(got) != 1 {
			luastdtest.CheckFailure(t, got, "invalid", "too_large", "unsupported")
			return
		}
		options := functions.L.NewTable()
		options.RawSetString("pretty", lua.LBool(pretty))
		encoded := call(t, "encode", got[0], options)
		again := call(t, "decode", encoded[0])
		if len(again) != 1 {
			t.Fatalf("decode(%q) returned %v", encoded[0], again)
		}
		if got, want := content(t, again[0]), content(t, got[0]); !reflect.DeepEqual(got, want) {
			t.Fatalf("decode(%q) returned %q, want %q", encoded[0], got, want)
		}
	})
}

// content returns v as encoding/json reads it from JSON.
func content(t *testing.T, v lua.LValue) (content any) {
	text, err := value.Append(nil, v, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &content); err != nil {
		t.Fatal(err)
	}
	return content
}
