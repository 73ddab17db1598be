package dap_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-dap"

	"moonlark/engine"
	"moonlark/engine/remote"
	"moonlark/engine/script"
)

const lights = `-- switches lights
local lights = { kitchen = false, hall = true }

local function set(room, on)
  local before = lights[room]
  lights[room] = on
  return before
end

register_tool("set_light", function(args)
  local before = set(args.room, args.on)
  count = (count or 0) + 1
  return args.room .. " was " .. tostring(before)
end)
`

func TestABreakpointStopsAToolWhileTheConversationGoesOn(t *testing.T) {
	t.Parallel()
	said := make(chan struct{})
	opts := engine.Options{User: func(ctx context.Context, r *remote.Remote) error {
		if err := r.AwaitGreeting(ctx); err != nil {
			return err
		}
		<-said
		if err := r.Say("ping"); err != nil {
			return err
		}
		<-ctx.Done()
		return nil
	}}
	f := startWith(t, opts, nil, "script.lua", lights, "script2.lua", `register_tool { name = "ping", phrases = { "ping" }, handler = function() print("pinged") return "pong" end }`)
	c := f.attach("6")
	result := f.call("set_light", `{"room": "kitchen", "on": true}`)
	if line := c.stopped("breakpoint"); line != 6 {
		t.Errorf("stopped in line %d; want 6", line)
	}
	if got, want := c.calls(), "set:6 function:11"; got != want {
		t.Errorf("the calls are %s; want %s", got, want)
	}
	if got := c.stack()[0].Source.Path; got != f.path("script.lua") {
		t.Errorf("the path is %s", got)
	}
	close(said) // the agent calls the tool of the other script
	f.waitFor("pinged")
	c.output("pinged")
	c.neverStops()

	locals, reference := c.scope("Locals")
	if got, want := list(locals), `room="kitchen"; on=true; before=false`; got != want {
		t.Errorf("the locals are %s; want %s", got, want)
	}
	upvalues, _ := c.scope("Upvalues")
	if got, want := list(upvalues), `lights={hall = true, kitchen = false}`; got != want && got != `lights={kitchen = false, hall = true}` {
		t.Errorf("the upvalues are %s; want %s", got, want)
	}
	c.want("room .. '!'", `"kitchen!"`)
	c.want("lights.hall, on", "true, true")
	c.want("before = 'dark'", "")
	c.want("before", `"dark"`)
	c.want("nothing.x", "error: attempt to index a non-table object(nil) with key 'x'")
	c.want("1 +", "error: syntax error near the end")
	c.want("sleep(1)", "error: an expression of the debugger cannot wait")
	c.want("coroutine.yield()", "error: attempt to yield from outside a coroutine")
	c.request("setVariable", dap.SetVariableArguments{VariablesReference: reference, Name: "before", Value: "'very ' .. before"})
	c.want("before", `"very dark"`)
	c.goOn()
	f.wantResult(result, "kitchen was very dark")
	c.refused("stackTrace", dap.StackTraceArguments{ThreadId: c.thread}, "there is no thread")

	result = f.call("set_light", `{"room": "hall", "on": false}`)
	c.stopped("breakpoint")
	globals, _ := c.scope("Globals")
	if got, want := list(globals), "count=1"; got != want {
		t.Errorf("the globals are %s; want %s", got, want)
	}
	c.breakpoints(f.path("script.lua"))
	c.goOn()
	f.wantResult(result, "hall was true")
}

func TestTheLimitsOfATaskPauseWhileItIsStopped(t *testing.T) {
	t.Parallel()
	limits := script.Limits{BurstWarning: time.Second, Burst: 1500 * time.Millisecond, Handler: 1500 * time.Millisecond}
	f := start(t, engine.Options{Limits: limits}, "script.lua", `
on("go", function()
  print("begins")
  print("goes on")
end)
register_tool("go", function() emit("go") end)
`)
	c := f.attach("3")
	f.call("go", "{}")
	c.stopped("breakpoint")
	time.Sleep(2 * time.Second)
	c.request("next", map[string]any{"threadId": c.thread})
	c.stopped("step")
	time.Sleep(2 * time.Second)
	c.goOn()
	f.waitFor("goes on")
	f.mu.Lock()
	defer f.mu.Unlock()
	if all := strings.Join(f.lines, "\n"); strings.Contains(all, "without a wait") || strings.Contains(all, "longer than") {
		t.Errorf("the lines are:\n%s", all)
	}
}

func TestTheDeadlineOfAToolCallAnswersTheAgentWhileTheCallIsStopped(t *testing.T) {
	t.Parallel()
	f := start(t, engine.Options{}, "script.lua", `
register_tool { name = "slow", timeout = 2, handler = function()
  print("one")
  print("two")
  sleep(0.01)
  print("three")
end }`)
	c := f.attach("3")
	result := f.call("slow", "{}")
	c.stopped("breakpoint")
	f.wantResult(result, "took longer than 2s")
	queued := f.call("slow", "{}")
	f.wantResult(queued, "did not begin in 2s: its script is busy")
	c.want("1 + 1", "2")
	if line := c.step("next"); line != 4 {
		t.Errorf("the step ends in line %d; want 4", line)
	}
	c.step("next")
	if line := c.step("next"); line != 6 {
		t.Errorf("the step over sleep ends in line %d; want 6", line)
	}
	c.goOn()
	f.waitFor("three")
	f.waitFor("after the call was answered: the result is dropped")
}

func TestAReloadWhileATaskIsStopped(t *testing.T) {
	t.Parallel()
	const source = `
on("go", function()
  print("handler")
end)
register_tool("go", function() emit("go") end)
register_tool("version", function()
  return "old"
end)`
	f := start(t, engine.Options{}, "script.lua", source)
	c := f.attach("3", "7")

	f.call("go", "{}")
	c.stopped("breakpoint")
	f.write("script.lua", strings.ReplaceAll(source, "old", "new"))
	f.Remote().Reload()
	if e := next[*dap.ContinuedEvent](c); e.Body.ThreadId != c.thread {
		t.Errorf("thread %d goes on; want %d", e.Body.ThreadId, c.thread)
	}
	call := f.call("version", "{}")
	if line := c.stopped("breakpoint"); line != 7 {
		t.Errorf("stopped in line %d; want 7", line)
	}
	f.write("script.lua", "register_tool('version', function() return 'newest' end)")
	f.Remote().Reload()
	if b := next[*dap.BreakpointEvent](c).Body.Breakpoint; b.Verified || b.Message != "there is no code in this line or after it" {
		t.Errorf("the breakpoint is %+v", b)
	}
	f.wantResult(f.call("version", "{}"), "newest")
	c.want("1 + 1", "2") // the call of the old version is still stopped
	c.goOn()
	f.wantResult(call, "new")
}

func TestTheAgentEndsAlthoughScriptsAreStopped(t *testing.T) {
	t.Parallel()
	f := start(t, engine.Options{}, "script.lua", `
register_tool("a", function()
  return pcall(function()
    return 1
  end)
end)
on_unload(function() print("unloaded") end)`)
	c := f.attach("4")
	result := f.call("a", "{}")
	c.stopped("breakpoint")
	f.wait()
	f.wantResult(result, "shutting down")
	f.waitFor("unloaded")
	next[*dap.ContinuedEvent](c)
}

func TestScriptsGoOnWhenTheClientVanishes(t *testing.T) {
	t.Parallel()
	f := start(t, engine.Options{}, "script.lua", lights)
	c := f.attach("6")
	result := f.call("set_light", `{"room": "hall", "on": false}`)
	c.stopped("breakpoint")
	c.send("evaluate", dap.EvaluateArguments{Expression: "(function() while true do end end)()", FrameId: c.stack()[0].Id})
	c.conn.Close()
	f.wantResult(result, "hall was true")
	f.wantResult(f.call("set_light", `{"room": "hall", "on": false}`), "hall was false") // no breakpoint is left

	c = f.attach("6") // another client can connect
	result = f.call("set_light", `{"room": "hall", "on": true}`)
	c.stopped("breakpoint")
	c.request("disconnect", nil)
	c.closed()
	f.wantResult(result, "hall was false")
}

func TestOnlyOneClientCanBeConnected(t *testing.T) {
	t.Parallel()
	f := start(t, engine.Options{}, "script.lua", lights)
	c := f.attach()
	second := dial(t, f.server.Addr())
	second.refused("initialize", dap.InitializeRequestArguments{AdapterID: "x"}, "another debugger is connected")
	second.closed()
	c.request("disconnect", nil)
	c.closed()
	f.attach()
}

func TestEvaluationIsBounded(t *testing.T) {
	t.Parallel()
	f := start(t, engine.Options{}, "script.lua", lights)
	c := f.attach("6")
	result := f.call("set_light", `{"room": "hall", "on": false}`)
	c.stopped("breakpoint")
	c.want("(function() while true do end end)()", "error: took longer than 1s")
	c.want("(function() while true do pcall(function() while true do end end) end end)()", "error: took longer than 1s")
	c.want("room", `"hall"`)
	c.goOn()
	f.wantResult(result, "hall was true")
}
