package script

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/tool"
)

// startFor calls a tool for a program, which gets the progress. The returned channel receives the result.
func (f *fixture) startFor(client, name string, progress func(done, total float64, message string)) (*Call, <-chan tool.Result) {
	answer := make(chan tool.Result, 2)
	c := &Call{ID: "mcp-1", Name: name, Client: client, Progress: progress, Reply: func(_ *Call, r tool.Result) { answer <- r }}
	f.Call(c)
	return c, answer
}

func TestAHandlerSeesWhatCalledIt(t *testing.T) {
	f := load(t, `register_tool("who", function(args, call) return call.client .. " " .. call.id .. " " .. tostring(call.params) .. " " .. tostring(call) end)`)
	f.want("who", "{}", "agent call-1 nil call")
	_, answer := f.startFor("claude-code", "who", nil)
	if r := f.await(answer); r.Text != "claude-code mcp-1 nil call" {
		t.Errorf("got %q", r.Text)
	}
}

func TestProgressReachesTheCallerAndOnlyGrows(t *testing.T) {
	f := load(t, `register_tool("work", function(args, call)
		call:progress(0)
		call:progress(1, 4, "first")
		call:progress(1, 4, "the same")
		call:progress(0.5)
		call:progress(2, 4)
		call:progress(4, 4, ("x"):rep(5000))
		return "done"
	end)`)
	f.want("work", "{}", "done") // nobody wants to know the progress
	var got []string
	_, answer := f.startFor("a", "work", func(done, total float64, message string) {
		got = append(got, fmt.Sprintf("%v/%v %d", done, total, len(message)))
	})
	if r := f.await(answer); r.Text != "done" {
		t.Errorf("got %+v", r)
	}
	if want := "0/0 0, 1/4 5, 2/4 0, 4/4 1003"; strings.Join(got, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), want)
	}
}

func TestWrongProgressIsAnErrorAlsoInAConversation(t *testing.T) {
	f := load(t, `register_tool("work", function(args, call)
		local calls = {
			a = function() call:progress() end, b = function() call:progress(-1) end, c = function() call:progress(0/0) end,
			d = function() call:progress(1, math.huge) end, e = function() call:progress(1, 0) end, f = function() call:progress(1, 2, {}) end,
			g = function() call.progress(1) end,
		}
		return calls[args.which]()
	end)`)
	for which, want := range map[string]string{
		"a": "number expected, got nil", "b": "-1 is not an amount: want a finite number of 0 or more", "c": "is not an amount",
		"d": "is not an amount", "e": "the total must be more than 0; leave it out if it is not known", "f": "string expected, got table",
		"g": "a call expected: use a colon, as in call:progress(done, total, message)",
	} {
		if r := f.call("work", `{"which":"`+which+`"}`); !r.IsError || !strings.Contains(r.Text, want) {
			t.Errorf("%s: got %+v, want %q", which, r, want)
		}
	}
}

func TestACancelWakesAHandlerThatMayCleanUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := load(t, `
			register_tool("plain", function() print("begun") sleep(10) print("went on") end)
			register_tool("guarded", function(args, call)
				print("begun")
				local ok, why = pcall(sleep, 10)
				sleep(1)
				return tostring(ok) .. " " .. why .. " " .. tostring(call:cancelled())
			end)
			register_tool("children", function()
				print("begun")
				local ok, why = pcall(task.all, { function() sleep(10) print("a child went on") end })
				sleep(11)
				return tostring(why)
			end)
		`)
		for name, want := range map[string]string{"plain": "! a.lua:2: the call was cancelled", "guarded": "false the call was cancelled true", "children": "the call was cancelled"} {
			began := time.Now()
			c, answer := f.startFor("a", name, nil)
			synctest.Wait()
			c.Cancel()
			c.Cancel()
			r := f.await(answer)
			if r.IsError {
				r.Text = "! " + r.Text
			}
			if took := time.Since(began); !strings.HasSuffix(r.Text, want) || took > 12*time.Second {
				t.Errorf("%s: got %q after %v, want %q", name, r.Text, took, want)
			}
		}
		if all := f.all(); strings.Contains(all, "went on") || strings.Contains(all, "WARN") {
			t.Errorf("the lines are\n%s", all)
		}
	})
}

// task.retry does not call its function again when the error was that of a cancel. It does so when the
// handler cleans up after the cancel.
func TestACancelEndsTheAttemptsOfRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := load(t, `
			local function attempt() sleep(10) return nil, "no answer" end
			register_tool("raises", function() return task.retry(50, attempt) end)
			register_tool("fails", function()
				return task.retry(50, function() return nil, select(2, pcall(attempt)) end)
			end)
			register_tool("cleans", function()
				local n, _, why = 0, pcall(sleep, 10)
				task.retry(5, function()
					n = n + 1
					return n == 3 or nil, "again"
				end)
				return n .. " " .. why
			end)
		`)
		for name, want := range map[string]string{"raises": "the call was cancelled", "fails": "the call was cancelled", "cleans": "3 the call was cancelled"} {
			began := time.Now()
			c, answer := f.startFor("a", name, nil)
			synctest.Wait()
			c.Cancel()
			r := f.await(answer)
			if took := time.Since(began); !strings.HasSuffix(r.Text, want) || took > 5*time.Second {
				t.Errorf("%s: got %+v after %v, want %q", name, r, took, want)
			}
		}
	})
}

// A handler that has learned of the cancel by call:cancelled can wait while it cleans up.
func TestAHandlerThatNoticesACancelIsNotInterrupted(t *testing.T) {
	var c *Call
	f := newFixture(t, Options{Globals: map[string]any{"cancel": func() { c.Cancel() }}})
	f.write("a.lua", `register_tool("work", function(args, call)
		cancel()
		if args.how == "asks" then call:cancelled() end
		if args.how == "a child asks" then spawn(function() call:cancelled() end) end
		local waited, why = pcall(sleep, 0.01)
		return tostring(waited) .. " " .. tostring(why)
	end)`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	for how, want := range map[string]string{"asks": "true nil", "does not ask": "false the call was cancelled", "a child asks": "false the call was cancelled"} {
		answer := make(chan tool.Result, 2)
		c = &Call{ID: "c", Name: "work", Args: json.RawMessage(`{"how":"` + how + `"}`), Reply: func(_ *Call, r tool.Result) { answer <- r }}
		f.Call(c)
		if r := f.await(answer); r.Text != want {
			t.Errorf("%s: got %q, want %q", how, r.Text, want)
		}
	}
}

func TestACancelledCallThatHasNotBegunDoesNotBegin(t *testing.T) {
	f, release := loadBlocked(t, `register_tool("quick", function() print("ran") end)`)
	block := f.start("block", "{}")
	f.until("blocking")
	c, answer := f.startFor("a", "quick", nil)
	c.Cancel()
	release()
	if r := f.await(answer); r.Text != "quick did not begin: the call was cancelled" {
		t.Errorf("got %+v", r)
	}
	f.await(block)
	if f.hasLine("ran") {
		t.Error("the handler ran")
	}
}

func TestACancelOfARefusedCallDoesNothing(t *testing.T) {
	f := load(t, "")
	c, answer := f.startFor("a", "nothing", nil)
	c.Cancel()
	if r := f.await(answer); r.Text != "there is no tool 'nothing': no tools are registered" {
		t.Errorf("got %+v", r)
	}
}

// Cancels at any moment, also during reloads, lose no answer.
func TestEachCancelledCallIsAnsweredOnce(t *testing.T) {
	n := 300
	if testing.Short() {
		n = 60
	}
	source := `register_tool("work", function(args, call) pcall(sleep, 0.001) pcall(sleep, 60) sleep(0.001) return "done" end)`
	f := load(t, source)
	answers := make([]<-chan tool.Result, n)
	for i := range n {
		c, answer := f.startFor("a", "work", nil)
		answers[i] = answer
		time.AfterFunc(time.Duration(i%7)*time.Millisecond/2, c.Cancel)
		if i%20 == 0 {
			f.reload()
		}
	}
	for _, answer := range answers {
		r := f.await(answer)
		if r.Text != "done" && !strings.Contains(r.Text, "cancelled") && !strings.Contains(r.Text, "busy") && !strings.Contains(r.Text, "replaced") && r.Type != tool.ClientTimeout {
			t.Errorf("got %+v", r)
		}
		if len(answer) > 0 {
			t.Error("a call was answered twice")
		}
	}
}
