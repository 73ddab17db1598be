package script

import (
	"strings"
	"testing"
)

func TestErrorMessagesContainTheNameOfTheVariable(t *testing.T) {
	f := newFixture(t, Options{})
	f.write("mod.lua", "return function()\n  return nothing.here\nend")
	f.write("a.lua", `
		register_tool("index", function() return config.name end)
		register_tool("call", function() fetch() end)
		register_tool("module", function() return require("mod")() end)
		register_tool("caught", function() return select(2, pcall(function() fetch() end)) end)
		on("ping", function() fetch() end)
	`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	f.want("index", "{}", "! a.lua:2: attempt to index 'config' (a nil value)")
	f.want("call", "{}", "! a.lua:3: attempt to call 'fetch' (a nil value)")
	f.want("module", "{}", "! mod.lua:2: attempt to index 'nothing' (a nil value)")
	// pcall gives the script the message of gopher-lua unchanged
	f.want("caught", "{}", "a.lua:5: attempt to call a non-function object")
	f.Dispatch(Event{Type: "ping"})
	f.until("on ping: a.lua:6: attempt to call 'fetch' (a nil value)")
}

func TestTheHintOfALoadErrorIsTheNearestName(t *testing.T) {
	f := newFixture(t, Options{})
	f.write("a.lua", "registr_tool('a', print)")
	_, err := f.Load(f.path("a.lua"))
	load, ok := err.(*LoadError)
	if !ok || load.Hint != "did you mean 'register_tool'?" {
		t.Errorf("Load returned %+v, want a hint", err)
	}
}

func TestALoadWarnsAboutAGlobalThatHidesAModule(t *testing.T) {
	f := newFixture(t, Options{})
	f.write("a.lua", "json = 1 register_tool('x', function() return json end)")
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	if want := "WARN: a.lua:1: the global 'json' of the script hides the module 'json': use a local or another name"; strings.TrimSpace(f.all()) != want {
		t.Errorf("the log is %q, want %q", f.all(), want)
	}
}

func TestALoadWarnsAboutGlobalsThatNothingSets(t *testing.T) {
	f := newFixture(t, Options{})
	f.write("mod.lua", "shared = 1 function later() lazily = 2 end")
	f.write("a.lua", `
		require "mod"
		count = count or 0
		local address = shared
		register_tool("x", function() return adress, lazily, count end)
	`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	if want := "WARN: a.lua:5: nothing sets 'adress' (did you mean 'address'?)"; strings.TrimSpace(f.all()) != want {
		t.Errorf("the log is %q, want %q", f.all(), want)
	}
}
