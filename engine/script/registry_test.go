package script

import (
	"strings"
	"testing"
)

func TestNothingCanBeRegisteredAfterTheLoad(t *testing.T) {
	f := load(t, `
		for _, name in ipairs { "register_tool", "on", "on_start", "on_unload" } do
			register_tool("late_" .. name, function() _G[name](name == "on" and "ping" or print, print) end)
		end
		register_tool("again", function() end)
	`)
	for _, name := range []string{"on", "on_start", "on_unload"} {
		if r := f.call("late_"+name, "{}"); !r.IsError || !strings.Contains(r.Text, name+": the script has loaded already") {
			t.Errorf("late_%s returned %+v, want an error", name, r)
		}
	}
	f.write("a.lua", `register_tool("x", function() end) register_tool("x", function() end)`)
	if _, err := f.Reload(f.path("a.lua")); err == nil || !strings.Contains(err.Error(), "x is registered already, at ") {
		t.Errorf("the error of a name registered twice is %v", err)
	}
}

func TestAConflictOfToolNamesNamesBothLines(t *testing.T) {
	f := load(t, `register_tool("light", function() end)`)
	f.write("b.lua", "\nregister_tool('light', function() end)")
	_, err := f.Load(f.path("b.lua"))
	if err == nil || !strings.Contains(err.Error(), "b.lua:2:") || !strings.Contains(err.Error(), "a.lua:1") {
		t.Errorf("Load returned %v, want an error that names b.lua:2 and a.lua:1", err)
	}
	if _, err := f.Check(f.path("a.lua"), f.path("b.lua")); err == nil || !strings.Contains(err.Error(), "b.lua:2:") {
		t.Errorf("Check returned %v, want the same error", err)
	}
}
