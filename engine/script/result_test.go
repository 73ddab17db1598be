package script

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"moonlark/engine/tool"
)

func TestResultsReachTheAgentAsStrings(t *testing.T) {
	f := load(t, `
		local function tool(name, fn) register_tool(name, fn) end
		tool("text", function() return "hello" end)
		tool("empty", function() return "" end)
		tool("nothing", function() end)
		tool("null", function() return nil end)
		tool("no", function() return false end)
		tool("zero", function() return 0 end)
		tool("big", function() return 123456789012345 end)
		tool("half", function() return 0.5 end)
		tool("object", function() return { room = "hall", on = true } end)
		tool("list", function() return { 1, 2, 3 } end)
		tool("emptylist", function() return json.array() end)
		tool("jsonnull", function() return json.null end)
		tool("why", function() return nil, "the lamp is broken" end)
		tool("raises", function() error("out of milk", 0) end)
		tool("raises_with_place", function() error("out of milk") end)
		tool("rejected", function() error{ message = "not today", type = "user_rejected" } end)
		tool("odd_type", function() error{ message = "hm", type = "sulking" } end)
		tool("nil_error", function() error() end)
		tool("fn", function() return { x = { 1, print } } end)
		tool("long", function() return ("x"):rep(300000) end)
		tool("echo", function(args) return args end)
		tool("who", function(args, call) return call.name .. " " .. tostring(call:cancelled()) .. " " .. type(call.id) end)
		tool("handle", function() return after(60, function() end) end)
		tool("handle_in_table", function() return { timer = after(60, function() end) } end)
		tool("tail", function() return pcall(error, "x") end)
	`)
	for _, row := range []struct{ tool, args, want string }{
		{"text", "{}", "hello"},
		{"empty", "{}", ""},
		{"nothing", "{}", "ok"},
		{"null", "{}", "ok"},
		{"no", "{}", "false"},
		{"zero", "{}", "0"},
		{"big", "{}", "123456789012345"},
		{"half", "{}", "0.5"},
		{"object", "{}", `{"room":"hall","on":true}`},
		{"list", "{}", `[1,2,3]`},
		{"emptylist", "{}", `[]`},
		{"jsonnull", "{}", `null`},
		{"handle", "{}", "timer (after 60 s)"},
		{"handle_in_table", "{}", "! result: timer: a userdata cannot be JSON"},
		{"why", "{}", "! the lamp is broken"},
		{"raises", "{}", "! out of milk"},
		{"raises_with_place", "{}", "! a.lua:17: out of milk"},
		{"rejected", "{}", "! not today"},
		{"odd_type", "{}", "! hm"},
		{"echo", `{"a":[1,null,{}],"b":"ü"}`, `{"a":[1,null,{}],"b":"ü"}`},
		{"echo", ``, `{}`},
		{"echo", `null`, `{}`},
		{"echo", `[1]`, `! echo: the arguments must be a JSON object, not [1]`},
		{"who", "{}", "who false string"},
		{"tail", "{}", "false"},
		{"nosuch", "{}", ""},
	} {
		if row.tool != "nosuch" {
			f.want(row.tool, row.args, row.want)
		}
	}
	for tool, want := range map[string]string{
		"fn":     "x[2]",
		"long":   "300000 bytes",
		"nosuch": "there is no tool 'nosuch'; the tools are text, empty",
		"whyy":   "did you mean 'why'?",
	} {
		if r := f.call(tool, "{}"); !r.IsError || !strings.Contains(r.Text, want) {
			t.Errorf("%s returned %+v, want an error with %q", tool, r, want)
		}
	}
	if r := f.call("rejected", "{}"); r.Type != tool.UserRejected {
		t.Errorf("error type = %q, want user_rejected", r.Type)
	}
	if r := f.call("odd_type", "{}"); r.Type != tool.Unknown {
		t.Errorf("error type = %q, want unknown", r.Type)
	}
	if r := f.call("nil_error", "{}"); !r.IsError || r.Text == "" {
		t.Errorf("error() returned %+v, want an error with some text", r)
	}
}

func TestAnErrorOfAGoFunctionIsShownAsText(t *testing.T) {
	f := newFixture(t, Options{Globals: map[string]any{"open": func() (any, error) { return nil, errors.New("no such port") }}})
	f.write("a.lua", `
		register_tool("returned", function() local port, err = open() return nil, err end)
		register_tool("raised", function() local port, err = open() error(err) end)
	`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	f.want("returned", "{}", "! no such port")
	f.want("raised", "{}", "! no such port")
}

func TestNoResultIsLongerThanTheMaximum(t *testing.T) {
	f := load(t, fmt.Sprintf(`
		local bytes = ("\255a"):rep(%d) -- becomes twice as long as text
		register_tool("returned", function() return bytes end)
		register_tool("why", function() return nil, bytes end)
		register_tool("raised", function() error(bytes, 0) end)
		register_tool("json", function() return { bytes } end)
	`, tool.MaxResult/2))
	for _, name := range []string{"returned", "why", "raised", "json"} {
		if r := f.call(name, "{}"); !r.IsError || len(r.Text) > tool.MaxResult {
			t.Errorf("the result of %s has %d bytes, is an error: %v", name, len(r.Text), r.IsError)
		}
	}
}
