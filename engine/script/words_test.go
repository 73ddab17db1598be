package script

import (
	"strings"
	"testing"
)

func TestErrorsNameWhatWentWrong(t *testing.T) {
	b := newBench(t, Options{})
	b.write("mod.lua", "return function()\n  return nothing.here\nend")
	b.write("a.lua", `
		register_tool("index", function() return config.name end)
		register_tool("call", function() fetch() end)
		register_tool("module", function() return require("mod")() end)
		register_tool("caught", function() return select(2, pcall(function() fetch() end)) end)
		on("ping", function() fetch() end)
	`)
	if _, err := b.Load(b.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	b.want("index", "{}", "! a.lua:2: attempt to index 'config' (a nil value)")
	b.want("call", "{}", "! a.lua:3: attempt to call 'fetch' (a nil value)")
	b.want("module", "{}", "! mod.lua:2: attempt to index 'nothing' (a nil value)")
	b.want("caught", "{}", "a.lua:5: attempt to call a non-function object") // gopher-lua's own words
	b.Dispatch(Event{Type: "ping"})
	b.until("on ping: a.lua:6: attempt to call 'fetch' (a nil value)")
}

func TestTheNearestNameIsAHint(t *testing.T) {
	b := newBench(t, Options{})
	b.write("a.lua", "registr_tool('a', print)")
	_, err := b.Load(b.path("a.lua"))
	load, ok := err.(*LoadError)
	if !ok || load.Hint != "did you mean 'register_tool'?" {
		t.Errorf("got %+v", err)
	}
}

func TestAGlobalThatNothingSetsIsWarnedOfAtLoad(t *testing.T) {
	b := newBench(t, Options{})
	b.write("mod.lua", "shared = 1 function later() lazily = 2 end")
	b.write("a.lua", `
		require "mod"
		count = count or 0
		local address = shared
		register_tool("x", function() return adress, lazily, count end)
	`)
	if _, err := b.Load(b.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	if want := "WARN: a.lua:5: nothing sets 'adress' (did you mean 'address'?)"; strings.TrimSpace(b.all()) != want {
		t.Errorf("said %q, want %q", b.all(), want)
	}
}
