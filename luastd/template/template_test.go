package template_test

import (
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/luastdtest"
	"moonlark/luastd/template"
)

func TestExamples(t *testing.T) { luastdtest.Examples(t, "testdata/*.lua") }

// Any text must be rendered, or raise an error about a line. A text whose braces are values must
// come out as it went in.
func FuzzRender(f *testing.F) {
	for _, text := range []string{"", "{{a}}", "{{#l}}\n{{.}}{{/l}}", "{{^x}}\n {{! c }}\r\n{{/x}}", "{{{a}}}", "{{&a}}", "{{a.b.1}}", "{{{{", "}}{{", "{{#o}}{{a}}{{/o}}", "{{!\n}}\n\n"} {
		f.Add(text, "html")
		f.Add(text, "json")
	}
	functions := luastdtest.OpenFunctions(f, template.Module)
	L := functions.L
	data, list := L.NewTable(), L.NewTable()
	list.Append(lua.LNumber(1))
	list.Append(lua.LString("<two>"))
	data.RawSetString("a", lua.LString("\"text\"\n"))
	data.RawSetString("l", list)
	data.RawSetString("o", list)
	braces := L.NewTable()
	braces.RawSetString("o", lua.LString("{{"))
	f.Fuzz(func(t *testing.T, text, escape string) {
		options := L.NewTable()
		if escape == "html" || escape == "json" || escape == "url" {
			options.RawSetString("escape", lua.LString(escape))
		}
		results, err := functions.Call("render", lua.LString(text), data, options)
		switch {
		case err != nil && !strings.Contains(err.Error(), "line ") && !strings.Contains(err.Error(), " bytes"):
			t.Fatalf("render(%q) raised %v", text, err)
		case err == nil && len(results[0].String()) > 1<<20:
			t.Fatalf("render(%q) returned %d bytes", text, len(results[0].String()))
		}
		if len(text) > 1<<16 {
			return
		}
		results, err = functions.Call("render", lua.LString(strings.ReplaceAll(text, "{{", "{{{o}}}")), braces, options)
		if err != nil || results[0] != lua.LString(text) {
			t.Fatalf("%q came out as %q (error: %v)", text, results, err)
		}
	})
}
