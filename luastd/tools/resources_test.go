package tools_test

import (
	"strings"
	"testing"
	"time"

	"moonlark/engine/tool"
	"moonlark/luastd/luastdtest"
)

func TestTheTablesOfResourcesAndPromptsAreChecked(t *testing.T) {
	for source, want := range map[string]string{
		`register_resource("a:b", print)`:                                                            "bad argument #1 to register_resource (table expected, got string)",
		`register_resource { url = "a:b", read = print }`:                                            "register_resource: there is no field 'url' (did you mean 'uri'?)",
		`register_resource { read = print }`:                                                         "register_resource: uri must be a string such as \"notes://all\", not nil",
		`register_resource { uri = "notes", read = print }`:                                          "register_resource: uri must begin with a scheme, such as notes://all, not \"notes\"",
		`register_resource { uri = "n://{a b}", read = print }`:                                      "register_resource: uri has {a b}: a parameter is a name of letters",
		`register_resource { uri = "a:b" }`:                                                          "register_resource a:b: read must be a function, not nil",
		`register_resource { uri = "a:b", raed = print }`:                                            "register_resource a:b: there is no field 'raed' (did you mean 'read'?)",
		`register_resource { uri = "a:b", read = print, name = "" }`:                                 "register_resource a:b: name must not be empty",
		`register_resource { uri = "a:b", read = print, name = 5 }`:                                  "register_resource a:b: name must be a string, not a number",
		`register_resource { uri = "a:b", read = print, title = {} }`:                                "register_resource a:b: title must be a string, not a table",
		`register_resource { uri = "a:b", read = print, mime = "text/" }`:                            "register_resource a:b: mime must be a media type such as text/markdown, not \"text/\"",
		`register_resource { uri = "a:b", read = print, timeout = 0 }`:                               "register_resource a:b: timeout must be more than 0 and at most 120 seconds",
		`register_resource { uri = "a:b", read = print, timeout = 0/0 }`:                             "register_resource a:b: timeout must be more than 0 and at most 120 seconds",
		`for _ = 1, 2 do register_resource { uri = "a:b", read = print } end`:                        "register_resource: a:b is registered already, at ",
		`for _, n in ipairs { "a:{b}", "a:{c}" } do register_resource { uri = n, read = print } end`: "register_resource: a:{b} is registered already, at ",

		`register_prompt("a", print)`:                                                                               "bad argument #1 to register_prompt (table expected, got string)",
		`register_prompt { handler = print }`:                                                                       "register_prompt: name must be a string, not nil",
		`register_prompt { nane = "a", handler = print }`:                                                           "register_prompt: there is no field 'nane' (did you mean 'name'?)",
		`register_prompt { name = "plan a trip", handler = print }`:                                                 "register_prompt: \"plan a trip\" is not the name of a prompt (1 to 64 of a-z, A-Z, 0-9, _ and -)",
		`register_prompt { name = "a" }`:                                                                            "register_prompt a: handler must be a function, not nil",
		`register_prompt { name = "a", handler = print, parameters = {} }`:                                          "register_prompt a: there is no field 'parameters'",
		`register_prompt { name = "a", handler = print, arguments = "city" }`:                                       "register_prompt a: arguments must be a table, not a string",
		`register_prompt { name = "a", handler = print, arguments = { 5 } }`:                                        "register_prompt a: arguments: [1]: must be a name, or a table such as { name = \"city\" }, not a number",
		`register_prompt { name = "a", handler = print, arguments = { "a", { nme = "b" } } }`:                       "register_prompt a: arguments: [2]: there is no field 'nme' (did you mean 'name'?)",
		`register_prompt { name = "a", handler = print, arguments = { {} } }`:                                       "register_prompt a: arguments: [1]: \"\" is not the name of an argument",
		`register_prompt { name = "a", handler = print, arguments = { "a", "a" } }`:                                 "register_prompt a: arguments: a is there twice",
		`register_prompt { name = "a", handler = print, arguments = { city = "the city" } }`:                        "register_prompt a: arguments: city: the type must be \"string\", not 'the city': all arguments of prompts are texts",
		`register_prompt { name = "a", handler = print, arguments = { city = "strnig" } }`:                          "register_prompt a: arguments: city: the type must be \"string\", not 'strnig' (did you mean 'string'?)",
		`register_prompt { name = "a", handler = print, arguments = { n = { type = "number" } } }`:                  "register_prompt a: arguments: n: the type must be \"string\", not 'number'",
		`register_prompt { name = "a", handler = print, arguments = { n = 5 } }`:                                    "register_prompt a: arguments: n: must be \"string\", or a table such as { description = ... }, not a number",
		`register_prompt { name = "a", handler = print, arguments = { n = { name = "m" } } }`:                       "register_prompt a: arguments: n: its table has another name, m",
		`register_prompt { name = "a", handler = print, arguments = { n = { required = 1 } } }`:                     "register_prompt a: arguments: n: required must be true or false, not a number",
		`register_prompt { name = "a", handler = print, arguments = { n = { required = true, optional = true } } }`: "register_prompt a: arguments: n: it cannot be both optional and required",
		`for _ = 1, 2 do register_prompt { name = "a", handler = print } end`:                                       "register_prompt: a is registered already, at ",
	} {
		_, err := luastdtest.TryOpen(t, luastdtest.Options{Source: source})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "test.lua:1:") {
			t.Errorf("the error of %s is %v, want test.lua:1: … %s", source, err, want)
		}
	}
}

func TestAResourceIsReadFromItsTable(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `
		register_resource { uri = "a:b", read = print }
		register_resource { uri = "a:{x}/c", name = "c", title = "C", description = "about c", mime = "text/markdown; charset=utf-8", timeout = 0.5, read = print }
	`})
	all := s.Scripts.Resources()
	if r := all[0]; r.URI != "a:b" || r.Name != "a:b" || r.IsTemplate() || r.Deadline() != tool.DefaultTimeout || !strings.HasSuffix(r.Source, "test.lua:2") {
		t.Errorf("got %+v", r)
	}
	r := all[1]
	if r.Name != "c" || r.Title != "C" || r.Description != "about c" || r.MIME != "text/markdown; charset=utf-8" || r.Timeout != time.Second/2 || !r.IsTemplate() {
		t.Errorf("got %+v", r)
	}
}

func TestArgumentsOfPromptsHaveTwoForms(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `
		register_prompt { name = "named", title = "N", description = "about n", timeout = 2, handler = print, arguments = {
			city = "string", day = { description = "which day", optional = true }, style = { title = "Style", type = "string", required = false }, last = {},
		} }
		register_prompt { name = "list", handler = print, arguments = { "city", { name = "day", description = "which day", required = false }, { name = "last", required = true } } }
		register_prompt { name = "none", handler = print }
	`})
	all := s.Scripts.Prompts()
	if p := all[0]; p.Title != "N" || p.Description != "about n" || p.Deadline() != 2*time.Second || !strings.HasSuffix(p.Source, "test.lua:2") {
		t.Errorf("got %+v", p)
	}
	for i, want := range [][]tool.PromptArgument{
		{{Name: "city", Required: true}, {Name: "day", Description: "which day"}, {Name: "style", Title: "Style"}, {Name: "last", Required: true}},
		{{Name: "city", Required: true}, {Name: "day", Description: "which day"}, {Name: "last", Required: true}},
		nil,
	} {
		got := all[i].Arguments
		if len(got) != len(want) {
			t.Errorf("%s: got %+v", all[i].Name, got)
			continue
		}
		for j := range want {
			if got[j] != want[j] {
				t.Errorf("%s: argument %d is %+v, want %+v", all[i].Name, j, got[j], want[j])
			}
		}
	}
}
