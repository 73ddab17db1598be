package dap_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-dap"

	"moonlark/engine"
	"moonlark/engine/testkit"
	"moonlark/engine/tool"
)

// TestSteps steps through functions. The first line of each body is 2, because the test puts it
// into a tool in line 1. A call stops in its caller, or in the next line if nothing is left to do
// in the line of the call. Each step is "in", "over", "out" or "on", which continues to the next
// breakpoint, and the line at which it must stop; "end" means that the tool ends.
func TestSteps(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, body, start, steps string }{
		{"lines", `local a = 1
local b = 2
return a + b`, "2", "over 3, over 4, over end"},
		{"a breakpoint in a line without code is in the next line", `

local a = 1`, "2", "over 5, over end"},
		{"assignments of local variables", `local a = 1
local b = a
local c = b
a, b = b, a
return a + c`, "3", "over 4, over 5, over 6, over end"},
		{"break", `local n = 0
while true do
  if n < 1 then
    n = n + 1
  else
    break
  end
end
return n`, "4", "over 5, on 4, over 7, over 10, over end"},
		{"goto", `for i = 1, 2 do
  if i < 3 then
    if i > 1 then
      print(i)
    else
      goto done
    end
  end
  ::done::
end
return 1`, "4", "over 7, over 2, over 3, on 4, over 5, over 2, over 12, over end"},
		{"while", `local n = 0
while n < 2 do
  n = n + 1
end
return n`, "3", "over 4, over 3, over 4, on 3, over 6, over end"},
		{"a loop with an iterator", `for i, v in ipairs { 1, 2 } do
  local x = v
end
return 1`, "2", "over 3, on 2, over 3, on 2, over 5, over end"},
		{"repeat with a function", `local n, all = 0, {}
repeat
  local m = n
  n = n + 1
  all[n] = function() return m end
until m == 1
return n`, "7", "over 4, over 5, over 6, on 7, over 8, over end"},
		{"a call", `local function f(x)
  local y = x
  return y
end
local a = f(1)
return a`, "6", "in 3, over 4, over 7, over end"},
		{"over a call", `local function f(x)
  return x
end
f(1)
f(2)
return f(3)`, "5", "over 6, in 3, out 7"},
		{"out of a call in the middle of a line", `local function f(x)
  return x
end
local a = f(1) + f(2)
return a`, "3", "out 5, on 3, out 5, over 6, over end"},
		{"a loop over several lines", `for i = 1, 2 do
  local x = i
end
return`, "2", "over 3, over 2, over 3, over 2, over 5, over end"},
		{"a loop in one line", `local n = 0
while n < 2 do n = n + 1 end
return n`, "3", "over 3, over 3, over 4, over end"},
		{"a loop in one line is reached for each iteration", `local n = 0
repeat n = n + 1 until n == 3
return n`, "3", "on 3, on 3, on end"},
		{"modulo is no loop", `local n, m = 5, math.huge
local r = n % m
return r`, "3", "over 4, over end"},
		{"recursion", `local function f(n)
  if n == 0 then return 0 end
  local r = f(n - 1)
  return r
end
return f(2), 1`, "4", "over 4, over 5, over 5, over 7, over end"},
		{"over recursion", `local function f(n)
  if n == 0 then return 0 end
  local r = f(n - 1)
  return r
end
local a = f(2)
return a`, "7", "over 8, over end"},
		{"a tail call", `local function g(x)
  local y = x
  return y
end
local function f(x)
  return g(x)
end
local a = f(1)
return a`, "7", "in 3, over 4, over 10, over end"},
		{"over a tail call", `local function g(x)
  return x
end
local function f(x)
  return g(x)
end
local a = f(1)
return a`, "6", "over 9, over end"},
		{"pcall", `local function f()
  local x = 1
  error("no")
end
local ok = pcall(f)
return ok`, "6", "in 3, over 4, over 7, over end"},
		{"over pcall", `local ok = pcall(function()
  error("no")
end)
return ok`, "2", "over 5, over end"},
		{"xpcall", `local ok = xpcall(function()
  error("no")
end, function(e)
  return e
end)
return ok`, "3", "in 5, over 7, over end"},
		{"a metamethod", `local t = setmetatable({}, { __add = function(a, b)
  return 1
end, __index = function(t, k)
  return k
end })
local x = t + 1
local y = t.z
return x`, "7", "in 3, over 8, in 5, out 9, over end"},
		{"sort", `local t = { 2, 1 }
table.sort(t, function(a, b)
  return a < b
end)
return t[1]`, "3", "in 4, out 6, over end"},
		{"gsub", `local s = ("ab"):gsub("%a", function(c)
  return c:upper()
end)
return s`, "2", "in 3, in 3, in 5, over end"},
		{"an iterator", `local function each()
  local n = 0
  return function()
    n = n + 1
    if n < 3 then return n end
  end
end
for i in each() do
  local x = i
end
return 1`, "10", "over 9, over 10, over 9, over 12"},
		{"a coroutine", `local co = coroutine.wrap(function(a)
  local b = coroutine.yield(a)
  return b
end)
local x = co(1)
local y = co(2)
return x + y`, "6", "in 3, over 7, in 4, over 8, over end"},
		{"over a coroutine", `local co = coroutine.create(function(a)
  coroutine.yield(a)
end)
coroutine.resume(co)
coroutine.resume(co)
return 1`, "5", "over 6, over 7, over end"},
		{"over a wait", `sleep(0.01)
local a = 1
return a`, "2", "over 3, over 4, over end"},
		{"over a wait in a coroutine", `local co = coroutine.wrap(function()
  sleep(0.01)
  return 1
end)
local a = co()
return a`, "3", "over 4, over 7, over end"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := start(t, engine.Options{}, "script.lua", "register_tool('t', function()\n"+test.body+"\nend)")
			c := f.attach(test.start)
			result := f.call("t", "{}")
			c.stopped("breakpoint")
			var got []string
			for _, step := range strings.Split(test.steps, ", ") {
				kind, _, _ := strings.Cut(step, " ")
				command := map[string]string{"in": "stepIn", "over": "next", "out": "stepOut", "on": "continue"}[kind]
				c.try(command, map[string]any{"threadId": c.thread})
				got = append(got, kind+" "+c.stoppedOrEnd(result))
			}
			if got := strings.Join(got, ", "); got != test.steps {
				t.Errorf("the steps are %s\nwant %s", got, test.steps)
			}
		})
	}
}

// stoppedOrEnd waits until a thread has stopped, for any reason, and returns the line. It returns
// "end" if the tool call ends instead.
func (c *client) stoppedOrEnd(result <-chan tool.Result) string {
	c.t.Helper()
	line := "end"
	testkit.Until(c.t, "a stop or the end of the tool call", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		for i, e := range c.events {
			if e, ok := e.(*dap.StoppedEvent); ok {
				c.thread, line = e.Body.ThreadId, ""
				c.events = append(c.events[:i:i], c.events[i+1:]...)
				return true
			}
		}
		return len(result) > 0
	})
	if line == "" {
		line = fmt.Sprint(c.stack()[0].Line)
	}
	return line
}

func TestAStepOverAWaitStaysInItsTask(t *testing.T) {
	t.Parallel()
	f := start(t, engine.Options{}, "script.lua", `
register_tool("wait", function()
  sleep(0.05)
  return "waited"
end)
register_tool("other", function()
  local x = 1
  return x
end)`)
	c := f.attach("3")
	result := f.call("wait", "{}")
	c.stopped("breakpoint")
	other := f.call("other", "{}") // runs while the task sleeps
	if line := c.step("next"); line != 4 {
		t.Errorf("the step ends in line %d; want 4", line)
	}
	f.wantResult(other, "1")
	c.goOn()
	f.wantResult(result, "waited")
}

func TestTheStackOfACoroutineHasTheCallsOfItsResumer(t *testing.T) {
	t.Parallel()
	f := start(t, engine.Options{}, "script.lua", `
local function generate()
  local mine = "inner"
  pcall(function()
    coroutine.yield(mine)
  end)
end
register_tool("go", function()
  local mine = "outer"
  local co = coroutine.wrap(generate)
  return co()
end)`)
	c := f.attach("5")
	result := f.call("go", "{}")
	c.stopped("breakpoint")
	if got, want := c.calls(), "function:5 generate:4 resumed by function:11"; got != want {
		t.Errorf("the calls are %s; want %s", got, want)
	}
	threads := c.request("threads", nil).(*dap.ThreadsResponse).Body.Threads
	var names []string
	for _, th := range threads {
		names = append(names, th.Name)
	}
	if len(names) != 2 || names[0] != "script.lua: tool go" || !strings.HasPrefix(names[1], "script.lua: coroutine ") {
		t.Errorf("the threads are %q", names)
	}
	for _, frame := range c.stack() {
		if frame.PresentationHint == "label" {
			continue
		}
		m := c.request("evaluate", dap.EvaluateArguments{Expression: "mine", FrameId: frame.Id}).(*dap.EvaluateResponse)
		want := `"inner"`
		if frame.Line == 11 {
			want = `"outer"`
		}
		if m.Body.Result != want {
			t.Errorf("mine is %s in line %d; want %s", m.Body.Result, frame.Line, want)
		}
	}
	c.goOn()
	f.wantResult(result, "inner")
}
