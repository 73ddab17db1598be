package dap_test

import (
	"strings"
	"testing"

	"github.com/google/go-dap"

	"moonlark/engine"
)

const values = `
local up = "upvalue"
register_tool("go", function(args, ...)
  local list = { 1, 2, { deep = true }, name = "n", [10] = false, ["two words"] = 2 }
  local object = setmetatable({}, { __index = function() error("not called") end, __tostring = function() error("not called") end })
  local text = ("x"):rep(10000)
  local code, builtin, nothing = function() return up end, print, nil
  local co = coroutine.create(code)
  local x = 1
  do
    local x = 2
    print(x)
  end
  local many, wide = {}, {}
  for i = 1, 2000 do many[i] = i wide["key" .. i] = i end
  many.extra = "e"
  return list[1] .. tostring(x)
end)`

func TestVariablesAreReadable(t *testing.T) {
	t.Parallel()
	f := start(t, engine.Options{}, "script.lua", values)
	c := f.attach("12")
	result := f.call("go", `{}`)
	c.stopped("breakpoint")
	locals, reference := c.scope("Locals")
	shown := make(map[string]dap.Variable)
	for _, v := range locals {
		shown[v.Name] = v
	}
	for name, want := range map[string]string{
		"list": `{1, 2, {...}, [10] = false, name = "n", ["two words"] = 2}`, "object": "{}", "x": "2", "builtin": "builtin function",
		"code": "function at script.lua:7", "co": "coroutine", "nothing": "nil",
	} {
		if got := shown[name].Value; got != want {
			t.Errorf("%s is %s; want %s", name, got, want)
		}
	}
	if text := shown["text"].Value; len(text) > 5000 || !strings.HasSuffix(text, "... (10000 bytes)") {
		t.Errorf("a long text has %d bytes", len(text))
	}
	if shown["list"].Type != "table" || shown["code"].Type != "function" {
		t.Errorf("the types are %s and %s", shown["list"].Type, shown["code"].Type)
	}
	fields := c.variables(dap.VariablesArguments{VariablesReference: shown["list"].VariablesReference})
	if got, want := list(fields), `[1]=1; [2]=2; [3]={deep = true}; [4]=nil; [5]=nil; [6]=nil; [7]=nil; [8]=nil; [9]=nil; [10]=false; name="n"; ["two words"]=2`; got != want {
		t.Errorf("the fields are %s\nwant %s", got, want)
	}
	if shown["... [1]"].Value == "" {
		t.Errorf("the additional arguments are missing: %s", list(locals))
	}
	c.want("select('#', ...), (...).name", `1, "go"`)
	meta := c.variables(dap.VariablesArguments{VariablesReference: shown["object"].VariablesReference})
	if len(meta) != 1 || meta[0].Name != "(metatable)" || !strings.Contains(meta[0].Value, "__index = function at script.lua:5") {
		t.Errorf("the fields of the object are %s", list(meta))
	}
	set := func(reference int, name, value string) string {
		m := c.try("setVariable", dap.SetVariableArguments{VariablesReference: reference, Name: name, Value: value})
		if e, failed := m.(*dap.ErrorResponse); failed {
			return e.Message
		}
		return m.(*dap.SetVariableResponse).Body.Value
	}
	for _, test := range [][3]string{
		{"x", "x + 40", "42"}, {"nosuch", "1", "nosuch cannot be changed"}, {"x", "error('no')", "no"}, {"x", "1 2", "syntax error near '2'"},
	} {
		if got := set(reference, test[0], test[1]); got != test[2] {
			t.Errorf("%s = %s: %s; want %s", test[0], test[1], got, test[2])
		}
	}
	if got := set(shown["list"].VariablesReference, "[1]", "100"); got != "100" {
		t.Errorf("the field is %s", got)
	}
	if got := set(shown["list"].VariablesReference, "(metatable)", "{}"); !strings.Contains(got, "cannot be changed") {
		t.Errorf("the metatable: %s", got)
	}
	c.goOn()
	f.wantResult(result, "1001")
	c.refused("variables", dap.VariablesArguments{VariablesReference: reference}, "not stopped")
}

func TestLargeTablesComeInPages(t *testing.T) {
	t.Parallel()
	f := start(t, engine.Options{}, "script.lua", values)
	c := f.attach("17")
	f.call("go", `{}`)
	c.stopped("breakpoint")
	many, wide := c.evaluate("many"), c.evaluate("wide")
	if many.IndexedVariables != 2000 || many.NamedVariables != 1 || wide.IndexedVariables != 0 {
		t.Errorf("the numbers of fields are %d, %d and %d", many.IndexedVariables, many.NamedVariables, wide.IndexedVariables)
	}
	page := c.variables(dap.VariablesArguments{VariablesReference: many.VariablesReference, Filter: "indexed", Start: 1500, Count: 100})
	if len(page) != 100 || page[0].Name != "[1501]" || page[99].Value != "1600" {
		t.Errorf("a page has %d fields, from %s", len(page), page[0].Name)
	}
	named := c.variables(dap.VariablesArguments{VariablesReference: many.VariablesReference, Filter: "named"})
	if got := list(named); got != `extra="e"` {
		t.Errorf("the named fields are %s", got)
	}
	// A client that asks for all fields gets them in pages, too.
	for name, reference := range map[string]int{"many": many.VariablesReference, "wide": wide.VariablesReference} {
		count := 0
		for reference != 0 {
			fields := c.variables(dap.VariablesArguments{VariablesReference: reference})
			if len(fields) > 502 {
				t.Fatalf("%s: a page has %d fields", name, len(fields))
			}
			reference = 0
			for _, v := range fields {
				if strings.HasSuffix(v.Name, "...]") {
					reference = v.VariablesReference
				} else if v.Name != "extra" {
					count++
				}
			}
		}
		if count != 2000 {
			t.Errorf("%s: the pages have %d fields", name, count)
		}
	}
	m := c.request("setVariable", dap.SetVariableArguments{VariablesReference: many.VariablesReference, Name: "[1999]", Value: "-1"})
	if got := m.(*dap.SetVariableResponse).Body.Value; got != "-1" {
		t.Errorf("a field is set to %s", got)
	}
	c.want("many[1999]", "-1")
	c.goOn()
}
