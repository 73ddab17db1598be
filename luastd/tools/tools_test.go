package tools_test

import (
	"strings"
	"testing"
	"time"

	"moonlark/engine/tool"
	"moonlark/luastd/luastdtest"
)

func TestTheTableOfAToolIsChecked(t *testing.T) {
	for source, want := range map[string]string{
		`register_tool { name = "a", handler = print, decription = "x" }`:                                                      "there is no field 'decription' (did you mean 'description'?)",
		`register_tool { handler = print }`:                                                                                    "name must be a string",
		`register_tool { name = "a" }`:                                                                                         "register_tool a: its handler must be a function, not nil",
		`register_tool("a", { timeout = 500 }, print)`:                                                                         "timeout must be more than 0 and at most 120 seconds",
		`register_tool("a", { phrases = "x" }, print)`:                                                                         "phrases must be a list of strings, not a string",
		`register_tool("a", { phrases = { 1 } }, print)`:                                                                       "phrases[1] must be a string, not a number",
		`register_tool("a", { parameters = { x = { type = "strnig" } } }, print)`:                                              "parameters: x: type must be one of string, number, integer, boolean, object, array, not 'strnig' (did you mean 'string'?)",
		`register_tool("a", { parameters = { x = 1 } }, print)`:                                                                "parameters: x: must be a type such as \"string\", or a table such as { type = \"string\" }, not a number",
		`register_tool("a", { parameters = { x = "strnig" } }, print)`:                                                         "parameters: x: type must be one of string, number, integer, boolean, object, array, not 'strnig' (did you mean 'string'?)",
		`register_tool("a", { parameters = { type = "object", properties = { x = "string" } } }, print)`:                       "parameters: write the parameters themselves",
		`register_tool("a", { parameters = { x = { type = "array" } } }, print)`:                                               "parameters: x: an array needs the type of its items",
		`register_tool("a", { parameters = { x = { type = "number", enum = { "1" } } } }, print)`:                              "parameters: x: enum item 1 must be a number, not a string",
		`register_tool("a", { parameters = { x = { type = "string", enum = {} } } }, print)`:                                   "parameters: x: enum must be a list of the values that the string may have",
		`register_tool("a", { parameters = { x = { type = "boolean", enum = { true } } } }, print)`:                            "parameters: x: enum is allowed only with type = \"string\" or \"number\" or \"integer\"",
		`register_tool("a", { parameters = { x = { type = "integer", minimum = "1" } } }, print)`:                              "parameters: x: minimum must be a number, not a string",
		`register_tool("a", { parameters = { x = { type = "integer", minimum = 1.5 } } }, print)`:                              "parameters: x: minimum must be a whole number, because the type is integer",
		`register_tool("a", { parameters = { x = { type = "number", maximum = 1/0 } } }, print)`:                               "parameters: x: maximum must be a finite number",
		`register_tool("a", { parameters = { x = { type = "number", minimum = 2, maximum = 1 } } }, print)`:                    "parameters: x: minimum is 2, which is more than maximum, 1",
		`register_tool("a", { parameters = { x = { type = "string", minimum = 2 } } }, print)`:                                 "parameters: x: minimum is allowed only with type = \"number\" or \"integer\"",
		`register_tool("a", { parameters = { x = { type = "string", minimun = 2 } } }, print)`:                                 "parameters: x: there is no field 'minimun' (did you mean 'minimum'?)",
		`register_tool("a", { parameters = { x = { type = "string", minLength = -1 } } }, print)`:                              "parameters: x: minLength must be a whole number from 0",
		`register_tool("a", { parameters = { x = { type = "string", maxLength = 1e300 } } }, print)`:                           "parameters: x: maxLength must be a whole number from 0",
		`register_tool("a", { parameters = { x = { type = "string", pattern = "(" } } }, print)`:                               "parameters: x: pattern is not a regular expression: ",
		`register_tool("a", { parameters = { x = { type = "string", format = "dat" } } }, print)`:                              "parameters: x: format must be one of date, time, date-time, email, uri, hostname, ipv4, ipv6, uuid, not 'dat' (did you mean 'date'?)",
		`register_tool("a", { parameters = { x = { type = "integer", default = "1" } } }, print)`:                              "parameters: x: default must be a number, not \"1\"",
		`register_tool("a", { parameters = { x = { type = "boolean", default = print } } }, print)`:                            "parameters: x: default cannot be JSON: a function cannot be JSON",
		`register_tool("a", { parameters = { x = { type = "string", optional = 1 } } }, print)`:                                "parameters: x: optional must be true or false, not a number",
		`register_tool("a", { parameters = { x = { type = "string", optional = true } }, required = { "x" } }, print)`:         "parameters: required has x, which is optional or has a default",
		`register_tool("a", { parameters = { x = { type = "integer", default = 1 } }, required = { "x" } }, print)`:            "parameters: required has x, which is optional or has a default",
		`register_tool("a", { parameters = { x = { type = "array", items = { type = "string", optional = true } } } }, print)`: "parameters: x: items: there is no field 'optional'",
		`register_tool("a", { parameters = { x = { type = "array", items = 1 } } }, print)`:                                    "parameters: x: items: must be a type such as",
		`register_tool("a", { parameters = { x = { type = "number", enum = { 1, 1/0 } } } }, print)`:                           "parameters: x: enum item 2 must be a finite number",
		`register_tool("a", { parameters = { x = { type = "integer", enum = { 1.5 } } } }, print)`:                             "parameters: x: enum item 1 must be a whole number, because the type is integer",
		`register_tool("a", { title = 1 }, print)`:                                                                             "register_tool a: title must be a string, not a number",
		`register_tool("a", { where = "wroker" }, print)`:                                                                      "register_tool a: where must be 'worker', not 'wroker'",
		`register_tool("a", { where = true }, print)`:                                                                          "register_tool a: where must be a string, not a boolean",
		`register_tool("a", { where = "worker", job = 1 }, print)`:                                                             "register_tool a: job must be true or false, not a number",
		`register_tool("a", { job = true }, print)`:                                                                            "register_tool a: job = true needs where = 'worker'",
		`register_tool("a", { where = "worker", expires = 5 }, print)`:                                                         "register_tool a: expires needs job = true",
		`register_tool("a", { where = "worker", job = true, timeout = 5 }, print)`:                                             "register_tool a: a tool with job = true cannot have timeout",
		`register_tool("a", { where = "worker", job = true, expires = 604801 }, print)`:                                        "register_tool a: expires must be from 1 to 604800 seconds",
		`register_tool("a", { where = "worker", job = true, expires = "1 h" }, print)`:                                         "register_tool a: expires must be a number of seconds, not a string",
		`register_tool("a", { read_only = 1 }, print)`:                                                                         "register_tool a: read_only must be true or false, not a number",
		`register_tool("a", { read_only = true, destructive = true }, print)`:                                                  "register_tool a: a tool cannot be both read_only and destructive",
		`register_tool("a", { returns = "string" }, print)`:                                                                    "register_tool a: returns: type must be object, not string",
		`register_tool("a", { returns = { sky = "string" } }, print)`:                                                          "register_tool a: returns: there is no field 'sky'",
		`register_tool("a", { parameters = { x = { type = "string" } }, required = { "y" } }, print)`:                          "parameters: required: there is no 'y'",
		`register_tool("a", { parameters = { x = { type = "string", properties = {} } } }, print)`:                             "parameters: x: properties is allowed only with type = \"object\"",
		`register_tool("a", { parameters = { x = { type = "object", properties = 1 } } }, print)`:                              "parameters: x: properties must be a table, not a number",
		`register_tool("a", { parameters = { x = { type = "object", required = {} } } }, print)`:                               "parameters: x: required is allowed only beside properties",
		`register_tool("a", { name = "b" }, print)`:                                                                            "register_tool a: its table has another name, b",
	} {
		_, err := luastdtest.TryOpen(t, luastdtest.Options{Source: source})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "test.lua:1:") {
			t.Errorf("the error of %s is %v, want test.lua:1: … %s", source, err, want)
		}
	}
}

func TestAToolIsReadFromItsTable(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `
		register_tool("first", function() return 1 end)
		register_tool("second", { description = "the second", timeout = 3, phrases = { "do {x}" },
			parameters = { x = { type = "string" }, deep = { type = "object", properties = { list = { type = "array", items = { type = "integer" } } } } } },
			function() return 2 end)
		register_tool { name = "third", handler = function() return 3 end }
		register_tool { name = "fourth", where = "worker", job = true, handler = print }
		register_tool { name = "fifth", where = "worker", job = true, expires = 60, handler = print }
	`})
	// the first tool is luastdtest_run, with which the test runs code
	specs := s.Scripts.Tools()[1:]
	if len(specs) != 5 || specs[1].Description != "the second" || specs[1].Deadline() != 3*time.Second || specs[0].Deadline() != 15*time.Second {
		t.Errorf("the tools are %+v", specs)
	}
	if a, b := specs[3], specs[4]; !a.Job || a.Expiry() != time.Hour || !b.Job || b.Expiry() != time.Minute || specs[2].Job {
		t.Errorf("the jobs are %+v, %+v", a, b)
	}
	schema, err := specs[1].Parameters.MarshalJSON()
	want := `{"type":"object","properties":{"x":{"type":"string"},"deep":{"type":"object","properties":{"list":{"type":"array","items":{"type":"integer"}}},"required":["list"]}},"required":["x","deep"]}`
	if err != nil || string(schema) != want {
		t.Errorf("the schema is %s, %v; want %s", schema, err, want)
	}
	if !strings.HasSuffix(specs[1].Source, "test.lua:3") {
		t.Errorf("the source is %s, want test.lua:3", specs[1].Source)
	}
}

func TestTheAgentsSettingsMustBeJSON(t *testing.T) {
	for source, want := range map[string]string{
		`agent { prompt = print }`: "prompt: a function cannot be JSON",
		`agent { promt = "x" }`:    "did you mean",
		`agent("x")`:               "bad argument #1 to agent (table expected, got string)",
	} {
		if _, err := luastdtest.TryOpen(t, luastdtest.Options{Source: source}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error of %s is %v, want %s", source, err, want)
		}
	}
}

func TestParametersHaveAShortForm(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `
		register_tool("short", {
			parameters = {
				city = "string",
				n = { type = "integer", minimum = 1, maximum = 5, default = 2, description = "how many" },
				day = { type = "string", format = "date", optional = true },
				size = { type = "number", enum = { 1, 2.5 } },
				tags = { type = "array", items = "string", maxItems = 3, default = {} },
				where = { type = "object", properties = { floor = "integer", room = { type = "string", optional = true, minLength = 1, maxLength = 9, pattern = "^[a-z]" } } },
			},
		}, print)
		register_tool("listed", { parameters = { a = "string", b = "boolean" }, required = { "b" } }, print)
	`})
	for i, want := range []string{
		`{"type":"object","properties":{"city":{"type":"string"},"n":{"type":"integer","description":"how many","minimum":1,"maximum":5,"default":2},` +
			`"day":{"type":"string","format":"date"},"size":{"type":"number","enum":[1,2.5]},"tags":{"type":"array","items":{"type":"string"},"maxItems":3,"default":[]},` +
			`"where":{"type":"object","properties":{"floor":{"type":"integer"},"room":{"type":"string","pattern":"^[a-z]","minLength":1,"maxLength":9}},"required":["floor"]}},"required":["city","size","where"]}`,
		`{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"boolean"}},"required":["b"]}`,
	} {
		// the first tool is luastdtest_run
		if schema, err := s.Scripts.Tools()[i+1].Parameters.MarshalJSON(); err != nil || string(schema) != want {
			t.Errorf("got  %s, %v\nwant %s", schema, err, want)
		}
	}
}

func TestAToolSaysWhatItsCallsDo(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `
		register_tool("nothing", {}, print)
		register_tool("reads", { title = "Read it", read_only = true, returns = { type = "object", properties = { sky = "string" } } }, print)
		register_tool("sets", { idempotent = true, open_world = false }, print)
	`})
	specs := s.Scripts.Tools()[1:]
	if specs[0].Hints != nil || specs[0].Returns != nil {
		t.Errorf("got %+v", specs[0])
	}
	if h := specs[1].Hints; specs[1].Title != "Read it" || *h != (tool.Hints{ReadOnly: true, OpenWorld: true}) || specs[1].Returns.Property("sky").Type != "string" {
		t.Errorf("got %+v, %+v", specs[1], h)
	}
	if h := specs[2].Hints; *h != (tool.Hints{Destructive: true, Idempotent: true}) {
		t.Errorf("got %+v", h)
	}
}
