package annotation

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

const lamp = `---@alias lamp.Color "red"|"green"

---A lamp that is switched.
---@class lamp.Lamp: lamp.Thing
---@field name string its name
---@field color? lamp.Color
---@field [integer] number
local Lamp = {}

---Switches the lamp.
---Returns when it is done.
---@param on boolean true for on
---@param fn? fun(on: boolean): string?, integer is called later
---@return true? ok
---@return string? # why not
function Lamp:set(on, fn) end

---@class lamp.Thing

---Lamps.
lamp = {}

---@type userdata
lamp.none = nil

---Returns the lamps.
---@param ... string names
---@return lamp.Lamp[] lamps the lamps that exist
---@overload fun(names: string[], options?: { max: integer }): lamp.Lamp[]
function lamp.all(...) end

---@class lamp.find
---@overload fun(name: string): lamp.Lamp?
lamp.find = {}
`

func TestParse(t *testing.T) {
	d := Parse("lamp", lamp)
	if d.Mistakes != nil || Check(d) != nil {
		t.Fatal(d.Mistakes, Check(d))
	}
	if len(d.Functions) != 2 || len(d.Classes) != 3 || len(d.Values) != 3 || len(d.Aliases) != 1 {
		t.Fatalf("%d functions, %d classes, %d values, %d aliases", len(d.Functions), len(d.Classes), len(d.Values), len(d.Aliases))
	}
	class := d.Classes[0]
	if class.About != "A lamp that is switched." || class.Local != "Lamp" || !slices.Equal(class.Parents, []string{"lamp.Thing"}) {
		t.Errorf("%+v", class)
	}
	if want := []Field{{"name", "string", false, "its name"}, {"color", "lamp.Color", true, ""}, {"[integer]", "number", false, ""}}; !reflect.DeepEqual(class.Fields, want) {
		t.Errorf("got the fields %+v", class.Fields)
	}
	set := d.Functions[0]
	if set.Name != "Lamp:set" || set.Class != class || set.About != "Switches the lamp.\nReturns when it is done." || set.Line != 16 {
		t.Errorf("%+v", set)
	}
	if want := []Field{{"on", "boolean", false, "true for on"}, {"fn", "fun(on: boolean): string?, integer", true, "is called later"}}; !reflect.DeepEqual(set.Params, want) {
		t.Errorf("got the parameters %+v", set.Params)
	}
	if want := []Field{{"ok", "true?", true, ""}, {"", "string?", true, "why not"}}; !reflect.DeepEqual(set.Returns, want) {
		t.Errorf("got the results %+v", set.Returns)
	}
	all := d.Functions[1]
	if want := []Field{{"names", "string[]", false, ""}, {"options", "{ max: integer }", true, ""}}; !reflect.DeepEqual(Parameters(all.Overloads[0]), want) {
		t.Errorf("got the parameters %+v", Parameters(all.Overloads[0]))
	}
	if find := d.Values[2]; find.Call == nil || find.Call.Overloads[0] != "fun(name: string): lamp.Lamp?" {
		t.Errorf("%+v", find)
	}
}

func TestMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"---@param a string\nfunction f(b) end":                                  `a:2: f: the parameters are ["b"], the annotations are for ["a"]`,
		"function f(a) end":                                                      `a:1: f: the parameters are ["a"], the annotations are for []`,
		"---@param a strin\nfunction f(a) end":                                   "a:2: unknown type strin",
		"---@return table<string, Lamp>\nfunction f() end":                       "a:2: unknown type Lamp",
		"---@params a string\nfunction f() end":                                  "a:1: unknown tag @params",
		"---@class A\n---@field a string\n---@field a number":                    "a:3: class A has two fields a",
		"---@field a string":                                                     "a:1: @field without @class: a string",
		"---@class A\n\n---@class A":                                             "a:3: type A is declared twice",
		"---@class A: B":                                                         "a:1: unknown type B",
		"---@class":                                                              "a:1: @class needs a name",
		"function f() end\nfunction f() end":                                     "a:2: name f is declared twice",
		"---@param a string\n\nfunction f(a) end":                                "a:2: the annotations before this line belong to no declaration",
		"---@return string":                                                      "a:1: the annotations at the end of the text belong to no declaration",
		"---@param a {a: string\nfunction f(a) end":                              `a:1: a: "}" expected before ""`,
		"---@param a string|\nfunction f(a) end":                                 `a:1: a: a type expected, not ""`,
		"---@param a (string\nfunction f(a) end":                                 `a:1: a: ")" expected before ""`,
		"---@param a table<string\nfunction f(a) end":                            `a:1: a: ">" expected before ""`,
		"---@param a string, b\nfunction f(a) end":                               `a:1: a: a type ends before ", b"`,
		"---@param a\nfunction f(a) end":                                         "a:1: a name and a type expected, not a",
		"---@overload string\nfunction f() end":                                  "a:1: @overload needs the type of a function, not string",
		"---@overload fun(a: fun(): string, b: string)\nfunction f() end":        "a function with results must be in brackets when a parameter follows",
		"function Lamp:set() end":                                                "a:1: Lamp:set: no class was declared before local Lamp",
		"local Lamp = {}":                                                        "a:1: local Lamp has no @class",
		"print(1)":                                                               "a:1: neither an annotation nor a declaration: print(1)",
		"function f()":                                                           "a:1: f: a function must end in its line",
		"---@generic T\n---@param a T\n---@return T[]\nfunction f(a) end":        "",
		"---@overload fun(a: (fun(): string), b: string): ...\nfunction f() end": "",
		"---@param a { [string]: any, b?: 1|'x'|-2.5 }?\nfunction f(a) end":      "",
	} {
		d := Parse("a", text)
		got := strings.Join(append(d.Mistakes, Check(d)...), "\n")
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s\ngot  %s\nwant %s", text, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(lamp)
	f.Add("---@param a fun(a: fun(): string|{ [string]: any }, ...): ...\nfunction f(a) end")
	f.Fuzz(func(_ *testing.T, text string) { Check(Parse("a", text)) })
}
