package luastd_test

import (
	"slices"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/luastdtest"
)

// openScript loads a script that can use a module "greeter", and a module "counter" with global
// functions. It returns how many times each of the two has been opened.
func openScript(t *testing.T, source string) (s *luastdtest.Script, greeter, counter *int) {
	t.Helper()
	greeter, counter = new(int), new(int)
	s = luastdtest.Open(t, luastdtest.Options{Source: source},
		luastd.Module{Name: "greeter", Doc: "greeter = {}", Open: func(L *lua.LState, _ luastd.Runtime) lua.LValue {
			*greeter++
			module := L.NewTable()
			module.RawSetString("hello", lua.LString("hello"))
			return module
		}},
		luastd.Module{Name: "counter", Globals: []string{"count_one", "count_two"}, Open: func(L *lua.LState, _ luastd.Runtime) lua.LValue {
			*counter++
			module := L.NewTable()
			module.RawSetString("count_one", lua.LNumber(1))
			module.RawSetString("count_two", lua.LNumber(2))
			return module
		}})
	return s, greeter, counter
}

func TestAModuleOpensWhenCodeThatNamesItIsLoaded(t *testing.T) {
	for _, row := range []struct {
		why, load, run, want string
		greeter, counter     int // how many times each module should have been opened
	}{
		{"code that names no module", "local x = 1", "return 1", "1", 0, 0},
		{"code of the script", "x = greeter.hello", "return x", "hello", 1, 0},
		{"a function inside a function", "function f() return function() return greeter.hello end end", "return f()()", "hello", 1, 0},
		{"text that is loaded later", "", "return assert(loadstring('return greeter' .. '.hello'))()", "hello", 1, 0},
		{"a function of a module with several", "", "return count_two, count_one", "2, 1", 0, 1},
		{"require with a literal", "", "return require('greeter').hello", "hello", 1, 0},
		{"require with a computed name", "", "return require('greet' .. 'er').hello", "hello", 1, 0},
		{"a name that exists only when the script runs", "", "return _G['greet' .. 'er'].hello", "hello", 1, 1},
		{"the environment of a function", "", "return getfenv(1)['greet' .. 'er'].hello", "hello", 1, 1},
		{"iteration over the globals", "", "for k, v in pairs(_G) do if k == 'greet' .. 'er' then return v.hello end end", "hello", 1, 1},
		{"rawget", "", "return rawget(_G, 'greeter').hello", "hello", 1, 1},
		{"a metatable for the globals", "setmetatable(_G, {__index = function(_, k) error('nothing sets ' .. k) end})", "return greeter.hello", "hello", 1, 1},
		{"an environment that inherits the globals", "", "local env = setmetatable({}, {__index = _G}) return setfenv(function() return greeter.hello end, env)()", "hello", 1, 1},
		{"a global of the script", "greeter = 'mine'", "return greeter", "mine", 1, 0},
		{"a global that the script has removed", "greeter = nil", "return greeter, require('greeter').hello", "nil, hello", 1, 0},
		{"a global that the script reads before it sets it", "function add(s) greeter = (greeter or '') .. s end", "add('a') add('b') return greeter, require('greeter').hello", "ab, hello", 1, 0},
		{"a global that has the module if it is not set", "greeter = greeter or require 'greeter'", "return greeter.hello", "hello", 1, 0},
		{"require after the script has set the global", "greeter = 'mine'", "return greeter, require('greeter').hello", "mine, hello", 1, 0},
		{"a global that the script sets by a computed name", "rawset(_G, 'greet' .. 'er', 'mine')", "return greeter", "mine", 1, 1},
	} {
		s, greeter, counter := openScript(t, row.load)
		if got := s.Run(row.run); got != row.want {
			t.Errorf("%s: got %s, want %s", row.why, got, row.want)
		}
		if *greeter != row.greeter || *counter != row.counter {
			t.Errorf("%s: greeter has been opened %d times, counter %d; want %d and %d", row.why, *greeter, *counter, row.greeter, row.counter)
		}
	}
}

func TestRequireDoesNotFindModulesOfGlobalFunctions(t *testing.T) {
	s, _, _ := openScript(t, "")
	if got := s.Run("return (pcall(require, 'counter'))"); got != "false" {
		t.Errorf("got %s, want an error", got)
	}
}

func TestAListReturnsTheNamesOfItsModules(t *testing.T) {
	open := func(L *lua.LState, _ luastd.Runtime) lua.LValue { return L.NewTable() }
	list := luastd.NewList(
		luastd.Module{Name: "b", Open: open},
		luastd.Module{Name: "functions", Globals: []string{"y", "x"}, Open: open},
		luastd.Module{Name: "a", Open: open},
	)
	if got, want := list.Globals(), []string{"a", "b", "x", "y"}; !slices.Equal(got, want) {
		t.Errorf("globals %v, want %v", got, want)
	}
	if got, want := list.Required(), []string{"a", "b"}; !slices.Equal(got, want) {
		t.Errorf("required %v, want %v", got, want)
	}
}
