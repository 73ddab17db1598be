package script

import (
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
)

// limiter is a module with the Lua function limit(seconds), which returns the result of WaitLimit.
var limiter = luastd.Module{Name: "limiter", Globals: []string{"limit"}, Open: func(L *lua.LState, rt luastd.Runtime) lua.LValue {
	t := L.CreateTable(0, 1)
	t.RawSetString("limit", L.NewFunction(func(L *lua.LState) int {
		limit := rt.WaitLimit(time.Duration(float64(L.CheckNumber(1)) * float64(time.Second)))
		L.Push(lua.LNumber(limit.Seconds()))
		return 1
	}))
	return t
}}

func TestOnlyWaitsInToolCallsAreLimited(t *testing.T) {
	f := newFixture(t, Options{Modules: []luastd.Module{limiter}})
	f.write("a.lua", `
		local function between(seconds, min, max) return limit(seconds) > min and limit(seconds) <= max end
		register_tool{name = "long", timeout = 100, handler = function() return between(600, 90, 99.5) and between(0, 90, 99.5) and limit(5) == 5 end}
		register_tool{name = "short", timeout = 0.5, handler = function() return between(600, 0, 0.25) end}
		register_tool{name = "coroutine", timeout = 100, handler = coroutine.wrap(function() return between(600, 90, 99.5) end)}
		register_tool{name = "late", timeout = 0.2, handler = function() sleep(0.15) return limit(600) == 0.001 end}
		assert(limit(600) == 600)
		on_start(function() print("on_start " .. limit(600)) end)
		spawn(function() print("spawn " .. limit(0)) end)
		after(0, function() print("after " .. limit(600)) end)`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"long", "short", "coroutine", "late"} {
		f.want(name, "{}", "true")
	}
	f.until("on_start 600")
	f.until("spawn 0")
	f.until("after 600")
}
