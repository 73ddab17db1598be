package dap_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-dap"

	"moonlark/engine"
	"moonlark/engine/testkit"
)

const counting = `
register_tool("count", function()
  local log = {}
  for i = 1, 5 do
    log[i] = i
  end
  return #log
end)`

func TestConditionsHitCountsAndLogPoints(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, breakpoint, stops, output string }{
		{"condition", "5?i > 3", "4 5", ""},
		{"condition with a local table", "5?#log == 2", "3", ""},
		{"condition that assigns", "5?(function() i = i + 0 return false end)()", "", ""},
		{"condition that fails", "5?nothing.x", "1 2 3 4 5", "the condition of the breakpoint in line 5 has failed: attempt to index"},
		{"hit count", "5#3", "3", ""},
		{"hit count >=", "5#>= 4", "4 5", ""},
		{"hit count %", "5#%2", "2 4", ""},
		{"log point", "5!i is {i}, log {log} {nothing.x}", "", "i is 2, log {1} {attempt to index"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := start(t, engine.Options{}, "script.lua", counting)
			c := f.attach(test.breakpoint)
			result := f.call("count", "{}")
			var stops []string
			for c.stoppedOrEnd(result) != "end" {
				stops = append(stops, c.evaluate("i").Result)
				c.goOn()
			}
			if got := strings.Join(stops, " "); got != test.stops {
				t.Errorf("it stops at %s; want %s", got, test.stops)
			}
			c.output(test.output)
			f.wantResult(result, "5")
		})
	}
}

func TestAConditionThatNeverEndsStopsAtTheBreakpoint(t *testing.T) {
	t.Parallel()
	f := start(t, engine.Options{}, "script.lua", lights)
	c := f.attach("6?(function() while true do end end)()")
	result := f.call("set_light", `{"room": "hall", "on": false}`)
	c.stopped("breakpoint")
	c.output("the condition of the breakpoint in line 6 has failed: took longer than 1s")
	c.goOn()
	f.wantResult(result, "hall was true")
}

func TestMistakesInBreakpointsAreReported(t *testing.T) {
	t.Parallel()
	f := start(t, engine.Options{}, "script.lua", lights)
	c := f.attach()
	var got []string
	for _, b := range c.breakpoints(f.path("script.lua"), "3", "5?room ==", "5#often", "5!{room", "5#%0", "99") {
		got = append(got, fmt.Sprintf("%d %v %s", b.Line, b.Verified, b.Message))
	}
	want := []string{
		"4 true ",
		"5 false condition: syntax error near the end",
		`5 false hit count: "often" is not a number such as 3, >= 3 or % 3`,
		"5 false log message: a } is missing",
		"5 false hit count: % 0 is not possible",
		"99 false there is no code in this line or after it",
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("the breakpoints are\n%s\nwant\n%s", g, w)
	}
	if b := c.breakpoints(f.path("other.lua"), "1"); b[0].Verified || b[0].Message != "no script has loaded this file" {
		t.Errorf("the breakpoint in another file is %+v", b[0])
	}
}

func TestScriptsAreLoadedWhenTheClientHasSetItsBreakpoints(t *testing.T) {
	t.Parallel()
	connected := make(chan *client, 1)
	var opts engine.Options
	f := startWith(t, opts, func(f *fixture) {
		// The path leads through a symbolic link, as the folders of some systems do.
		link := filepath.Join(t.TempDir(), "link")
		if err := os.Symlink(f.dir, link); err != nil {
			t.Skip(err)
		}
		c := attach(t, f.server.Addr())
		if b := c.breakpoints(filepath.Join(link, "helper.lua"), "2")[0]; b.Verified {
			t.Errorf("the breakpoint is %+v", b)
		}
		c.breakpoints(f.path("script.lua"), "3")
		connected <- c
	}, "script.lua", "-- uses a helper\n\nlocal helper = require 'helper'\nregister_tool('double', function(a) return helper.double(4) end)\n",
		"helper.lua", "local h = {}\n\nfunction h.double(x)\n  return 2 * x\nend\n\nreturn h\n")
	c := <-connected
	if line := c.stopped("breakpoint"); line != 3 || c.calls() != "top level:3" {
		t.Errorf("stopped in line %d, %s", line, c.calls())
	}
	c.step("stepIn")
	for b := next[*dap.BreakpointEvent](c).Body.Breakpoint; !b.Verified || b.Line != 3; b = next[*dap.BreakpointEvent](c).Body.Breakpoint {
	}
	if frame := c.stack()[0]; frame.Source.Name != "helper.lua" || frame.Line != 1 {
		t.Errorf("the step ends in %s:%d", frame.Source.Name, frame.Line)
	}
	c.goOn()
	c.stopped("breakpoint") // line 3 of the helper: the definition of the function
	c.goOn()
	f.waitFor("loaded")
	f.wantResult(f.call("double", "{}"), "8")
}

func TestErrorsStopTasks(t *testing.T) {
	t.Parallel()
	const source = `
register_tool("fail", function()
  local nothing
  return nothing.x
end)
register_tool("caught", function()
  local ok = pcall(error, "caught")
  local co = coroutine.create(function()
    error("in a coroutine")
  end)
  coroutine.resume(co)
  return ok
end)
register_tool("wrapped", function()
  local co = coroutine.wrap(function()
    error("wrapped")
  end)
  co()
end)`
	f := start(t, engine.Options{}, "script.lua", source, "broken.lua", "\nerror('broken')")
	c := f.attach()
	f.wantResult(f.call("fail", "{}"), "attempt to index") // nobody has asked for stops

	c.request("setExceptionBreakpoints", dap.SetExceptionBreakpointsArguments{Filters: []string{"uncaught"}})
	f.wantResult(f.call("caught", "{}"), "false")
	result := f.call("fail", "{}")
	if line := c.stopped("exception"); line != 4 {
		t.Errorf("stopped in line %d; want 4", line)
	}
	info := c.request("exceptionInfo", map[string]any{"threadId": c.thread}).(*dap.ExceptionInfoResponse).Body
	if !strings.Contains(info.Description, "script.lua:4: attempt to index 'nothing' (a nil value)") {
		t.Errorf("the error is %q", info.Description)
	}
	c.want("nothing", "nil")
	c.goOn()
	f.wantResult(result, "attempt to index")

	result = f.call("wrapped", "{}")
	if line := c.stopped("exception"); line != 16 {
		t.Errorf("stopped in line %d; want 16", line)
	}
	c.goOn()
	f.wantResult(result, "wrapped") // it does not stop again in the function that has called co

	c.request("setExceptionBreakpoints", dap.SetExceptionBreakpointsArguments{Filters: []string{"caught"}})
	result = f.call("caught", "{}")
	c.stopped("exception")
	c.goOn()
	if line := c.stopped("exception"); line != 9 {
		t.Errorf("stopped in line %d; want 9", line)
	}
	c.goOn()
	f.wantResult(result, "false")
	c.refused("setExceptionBreakpoints", dap.SetExceptionBreakpointsArguments{Filters: []string{"some"}}, `there is no exception filter "some"`)
}

func TestAnErrorInARequiredFileStopsWhereItIsRaised(t *testing.T) {
	t.Parallel()
	f := start(t, engine.Options{}, "script.lua", "register_tool('go', function()\n  return require 'broken'\nend)", "broken.lua", "\nerror('broken')")
	c := f.attach()
	c.request("setExceptionBreakpoints", dap.SetExceptionBreakpointsArguments{Filters: []string{"uncaught"}})
	result := f.call("go", "{}")
	c.stopped("exception")
	if got, want := c.calls(), "top level:2 function:2"; got != want {
		t.Errorf("the calls are %s; want %s", got, want)
	}
	c.goOn()
	f.wantResult(result, "broken")
}

func TestPause(t *testing.T) {
	t.Parallel()
	f := start(t, engine.Options{}, "script.lua", `
register_tool("spin", function()
  local n = 0
  while not stop do
    n = n + 1
  end
  return "spun"
end)
register_tool("wait", function()
  for i = 1, 1000 do
    sleep(0.02)
    if stop then return "waited" end
  end
end)`)
	c := f.attach()
	pause := func(name string) {
		t.Helper()
		testkit.Until(t, name, func() bool {
			for _, th := range c.request("threads", nil).(*dap.ThreadsResponse).Body.Threads {
				if th.Name == name {
					c.request("pause", map[string]any{"threadId": th.Id})
					return true
				}
			}
			return false
		})
	}
	spin := f.call("spin", "{}")
	pause("script.lua: tool spin")
	if line := c.stopped("pause"); line < 4 || line > 6 {
		t.Errorf("stopped in line %d", line)
	}
	c.want("stop == nil and n >= 0", "true")
	c.evaluate("stop = true")
	c.goOn()
	f.wantResult(spin, "spun")

	pause("script.lua: no task")
	wait := f.call("wait", "{}")
	if line := c.stopped("pause"); line != 10 {
		t.Errorf("stopped in line %d; want 10", line)
	}
	c.evaluate("(function() stop = false end)()")
	c.goOn()
	pause("script.lua: tool wait")
	c.stopped("pause")
	c.evaluate("(function() stop = true end)()")
	c.goOn()
	f.wantResult(wait, "waited")
}
