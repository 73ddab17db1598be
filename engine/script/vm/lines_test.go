package vm_test

import (
	"fmt"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/script/source"
	"moonlark/engine/script/vm"
)

func TestEachStatementIsReachedAsOftenAsItRuns(t *testing.T) {
	t.Parallel()
	for _, program := range programs {
		lines := strings.Split(program, "\n")
		var counting []string
		for i, line := range lines {
			counting = append(counting, strings.Replace(line, "@", fmt.Sprintf("count(%d) ", i+1), 1))
		}
		_, want := runCounting(t, strings.Join(counting, "\n"))
		got, _ := runCounting(t, strings.ReplaceAll(program, "@", ""))
		for i, line := range lines {
			if strings.Contains(line, "@") && got[i+1] != want[i+1] {
				t.Errorf("line %d, %q, is reached %d times; want %d", i+1, line, got[i+1], want[i+1])
			}
		}
	}
}

// runCounting runs a Lua source. It returns how often the Watcher was told that each line is
// reached, and how often the source called count with each number.
func runCounting(t *testing.T, text string) (reached lineCounts, counted map[int]int) {
	t.Helper()
	proto, err := source.Compile([]byte(text), "a.lua")
	if err != nil {
		t.Fatal(err)
	}
	reached, counted = make(lineCounts), make(map[int]int)
	x := vm.New(vm.Options{Watcher: reached})
	defer x.Close()
	L := x.State()
	for _, open := range []lua.LGFunction{lua.OpenBase, lua.OpenTable} {
		L.Push(L.NewFunction(open))
		L.Call(0, 0)
	}
	L.SetGlobal("coroutine", x.CoroutineLibrary())
	x.ProtectedCalls().ForEach(func(name, fn lua.LValue) { L.SetGlobal(name.String(), fn) })
	L.SetGlobal("count", L.NewFunction(func(L *lua.LState) int { counted[L.CheckInt(1)]++; return 0 }))
	main := L.NewFunctionFromProto(proto)
	x.Watch(true)
	x.Start()
	ended := make(chan error, 1)
	x.Post(func() {
		x.StartTask(&vm.Task{Name: "main", Fn: main, End: func(_ *lua.LState, err error) { ended <- err }})
	})
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return reached, counted
}

// lineCounts is a Watcher that counts how often each line is reached.
type lineCounts map[int]int

func (c lineCounts) Moved(f vm.Frame, reached bool) {
	if reached {
		c[f.Line()]++
	}
}

func (c lineCounts) Raised(lua.LValue, bool) {}

// programs are Lua sources for the test. @ is before each statement that the test counts: those
// that are in one line, and that no other line jumps back to.
var programs = []string{`
@local a, b = 1, 2
@local c = a
@local d = b
@local e
@local f
@a = nil
@b = nil
@local function g(x)
  @local y = x
  @local z = y
  @if z then
    @return z
  end
  @return nil
end
for i = 1, 3 do
  @local q = i
  @if q == 2 then
    @c = q
  elseif q == 3 then
    @d = q
  else
    @e = q
  end
  @f = g(q)
end
@local t = {}
for k, v in pairs({1, 2, 3}) do
  @if v == 2 then
    @t.x = v
  end
end
do
  @local w = a
end
@return
`, `
@local n = 0
while true do
  @n = n + 1
  @if n > 5 then
    @break
  end
  @if n % 2 == 0 then
    @goto continue
  end
  local u = function() return n end
  @local v = u()
  @if v == 1 then
  else
    @goto continue
  end
  @v = u
  ::continue::
end
repeat
  @n = n - 1
  @local k = n
  local fn = function() return k end
  @if n == 3 then
    @n = n - 1
  end
until fn() <= 0
@local x = n == 0 and 1 or 2
@local y = x == 1
@local z = not y
@x, y = y, x
@x = y and z
@y = x or z
`, `
@local co = coroutine.wrap(function(a)
  @local b = coroutine.yield(a)
  @local c = b
  @local d = coroutine.yield(c)
  @return d
end)
@co(1)
@co(2)
@co(3)
@local ok = pcall(function()
  @local x = 1
  @error("x")
end)
@local function f(n)
  @if n == 0 then
    @return 0
  end
  @return f(n - 1)
end
@f(5)
@local function v(...)
  @local a, b = ...
  @return select("#", ...)
end
@local r = v(1, 2, 3)
@local s = v()
local m = setmetatable({}, {__index = function(t, k)
  @return k
end, __lt = function(a, b)
  @return true
end})
@local o = m.x
@local p = m < m
@if m < m then
  @p = 1
else
  @p = 2
end
@if not (m < m) then
  @p = 1
else
  @p = 2
end
for i in function(_, i)
  @i = (i or 0) + 1
  @if i < 4 then
    @return i
  end
end do
  @p = i
end
table.sort({3, 2, 1}, function(a, b)
  @return a < b
end)
for i = 1, 3 do
  for j = 1, 3 do
    @if j == i then
      @break
    end
    @p = j
  end
end
for i = 3, 1 do
  @p = i
end
while p do
  @p = nil
end
local cc = (o == "x") and {
  1,
} or nil
@if cc and p or o then
  @p = 3
elseif p then
  @p = 4
end
@if p == 4 then
  @p = 5
elseif p == 3 then
  @p = 6
end
`}
