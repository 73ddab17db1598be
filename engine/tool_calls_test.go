package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/connect"
	"moonlark/engine/convai"
)

// lightTools is the source of two tools.
const lightTools = `
	register_tool("light", function(args) return "the light is " .. args.on end)
	register_tool("slow", function() sleep(3600) return "late" end)
`

func TestAToolCallIsAnsweredOverTheWire(t *testing.T) {
	t.Parallel()
	url := serveAgent(t, func(a *testAgent) {
		for i, row := range []struct{ name, args, result, errorType string }{
			{"light", `{"on":"on"}`, "the light is on", ""},
			{"light", `[]`, "light: the arguments must be a JSON object, not []", "external_client"},
			{"lihgt", `{}`, "there is no tool 'lihgt' (did you mean 'light'?); the tools are light, slow", "external_client"},
		} {
			r := a.call(fmt.Sprint("call-", i), row.name, row.args)
			if r.ID != fmt.Sprint("call-", i) || r.Result != row.result || r.ErrorType != row.errorType || r.IsError != (row.errorType != "") {
				t.Errorf("%s(%s) = %+v", row.name, row.args, r)
			}
		}
		a.Close(1000, "done")
	})
	h := newTestEngine(t, Options{Target: connect.Target{URL: url}}, "a.lua", lightTools)
	if err := h.runToEnd(); err != nil {
		t.Error(err)
	}
	calls, results := h.published(bus.ToolCall), h.published(bus.ToolResult)
	if results[0].CPU <= 0 || results[0].CPU > results[0].Seconds {
		t.Errorf("Lua ran for %v s of %v s", results[0].CPU, results[0].Seconds)
	}
	if len(calls) != 3 || len(results) != 3 || calls[0].Script != "a.lua" || *results[0].Result != "the light is on" {
		t.Errorf("the events are %+v, %+v", calls, results)
	}
}

func TestAToolRequestRunsNothing(t *testing.T) {
	t.Parallel()
	url := serveAgent(t, func(a *testAgent) {
		a.send(&convai.AgentToolRequest{ToolName: "light", ToolCallID: "x", ToolType: "client", EventID: 1})
		a.call("y", "light", `{"on":"on"}`)
		a.Close(1000, "")
	})
	h := newTestEngine(t, Options{Target: connect.Target{URL: url}}, "a.lua", lightTools)
	h.runToEnd()
	if n := len(h.published(bus.ToolResult)); n != 1 {
		t.Errorf("%d tools ran, want 1", n)
	}
}

func TestSeveralScriptsServeOneConversation(t *testing.T) {
	t.Parallel()
	url := serveAgent(t, func(a *testAgent) {
		a.send(&convai.Ping{EventID: 1})
		if r := a.call("1", "one", "{}"); r.Result != "1" {
			t.Errorf("one = %+v", r)
		}
		if r := a.call("2", "two", "{}"); r.Result != "2" {
			t.Errorf("two = %+v", r)
		}
		a.Close(1000, "")
	})
	h := newTestEngine(t, Options{Target: connect.Target{URL: url}},
		"script1.lua", `shared = 1 register_tool("one", function() return shared end) on("ping", function() print("one hears") end)`,
		"script2.lua", `shared = 2 register_tool("two", function() return shared end) on("ping", function() print("two hears") end)`)
	h.runToEnd()
	h.waitFor(bus.Print, "one hears")
	h.waitFor(bus.Print, "two hears")
}

func TestAPongDoesNotWaitForBusyLua(t *testing.T) {
	t.Parallel()
	url := serveAgent(t, func(a *testAgent) {
		a.startCall("burn", "burn", "{}")
		for i := range 20 {
			if took, err := a.Ping(i); err != nil || took > time.Second {
				t.Errorf("the pong took %v, %v", took, err)
			}
		}
		if r := a.nextResult(); r.ErrorType != "client_timeout" {
			t.Errorf("burn = %+v", r)
		}
		a.Close(1000, "")
	})
	h := newTestEngine(t, Options{Target: connect.Target{URL: url}}, "a.lua", `register_tool { name = "burn", timeout = 0.3, handler = function() while true do end end }`)
	h.runToEnd()
}

func TestAnAnnouncedTimeoutDoesNotLengthenTheTools(t *testing.T) {
	t.Parallel()
	url := serveAgent(t, func(a *testAgent) {
		a.send(&convai.AgentToolRequest{ToolName: "brief", ToolCallID: "x", ToolType: "client", EventID: 1, ResponseTimeoutSecs: 60})
		if r := a.call("x", "brief", "{}"); !strings.Contains(r.Result, "brief took longer than 300ms") {
			t.Errorf("got %+v", r)
		}
		// An announcement after the result has no effect.
		a.send(&convai.AgentToolRequest{ToolName: "brief", ToolCallID: "x", ToolType: "client", EventID: 1, ResponseTimeoutSecs: 1})
		if r := a.call("y", "brief", "{}"); !strings.Contains(r.Result, "brief took longer than 300ms") {
			t.Errorf("got %+v", r)
		}
		a.Close(1000, "")
	})
	h := newTestEngine(t, Options{Target: connect.Target{URL: url}}, "a.lua", `register_tool { name = "brief", timeout = 0.3, handler = function() sleep(9) end }`)
	h.runToEnd()
}

func TestAResultAfterTheEndOfTheConversationIsAnEvent(t *testing.T) {
	t.Parallel()
	url := serveAgent(t, func(a *testAgent) {
		a.startCall("late", "late", "{}")
		a.WaitFor("user_activity")
		a.Close(1000, "bye")
	})
	h := newTestEngine(t, Options{Target: connect.Target{URL: url}}, "a.lua", `
		register_tool("late", function(_, call) session.activity() sleep(0.2) print("cancelled " .. tostring(call:cancelled())) return "done" end)
		on("orphaned_result", function(e) print(e.tool_name .. " " .. e.tool_call_id .. " " .. e.result .. " " .. tostring(e.is_error) .. " " .. e.conversation_id) end)
	`)
	if err := h.runToEnd(); err != nil {
		t.Error(err)
	}
	h.waitFor(bus.Print, "cancelled true")
	h.waitFor(bus.Print, "late late done false conv_1")
	if r := h.published(bus.ToolResult); len(r) != 1 || !r[0].Orphaned {
		t.Errorf("the results are %+v, want one that is orphaned", r)
	}
}

func TestAResultNeverReachesTheNextConversation(t *testing.T) {
	t.Parallel()
	running := make(chan struct{})
	url := serveInTurn(t, func(a *testAgent) {
		a.startCall("a", "slow", "{}")
		a.startCall("b", "slow", "{}")
		<-running
		a.Cut()
	}, func(a *testAgent) {
		// The id "a" was used in the conversation before.
		if r := a.call("a", "quick", "{}"); r.Result != "quick" {
			t.Errorf("quick = %+v", r)
		}
		a.send(&convai.AgentResponse{Text: "Bye.", EventID: 2})
		a.send(&convai.AgentResponseComplete{EventID: 2}) // otherwise the client waits for a response before it closes
		a.send(&convai.AgentToolResponse{ToolName: "end_call", ToolType: "system"})
		for f := a.nextFrame(); f != ""; f = a.nextFrame() {
			t.Errorf("the client sent %s in the new conversation", f)
		}
	})
	h := newTestEngine(t, Options{Target: connect.Target{URL: url}, Reconnect: true}, "a.lua", `
		local over = false
		register_tool("slow", function(_, call) print("began") repeat sleep(0.01) until over sleep(0.05) return call.id end)
		register_tool("quick", function() over = true sleep(0.3) return "quick" end)
		on("orphaned_result", function(e) print("orphan " .. e.conversation_id .. " " .. e.tool_call_id .. " " .. e.result) end)
	`)
	wait := h.start(context.Background())
	h.waitFor(bus.Print, "began")
	close(running)
	began := time.Now()
	if err := wait(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("Run returned after %v", took)
	}
	got := h.printed("orphan ")
	slices.Sort(got)
	if want := []string{"conv_1 a a", "conv_1 b b"}; !slices.Equal(got, want) {
		t.Errorf("the orphaned results are %q, want %q", got, want)
	}
	counts := map[string]int{}
	for _, r := range h.published(bus.ToolResult) {
		counts[fmt.Sprint(r.CallID, r.Orphaned)]++
	}
	if counts["atrue"] != 1 || counts["btrue"] != 1 || counts["afalse"] != 1 || len(counts) != 3 {
		t.Errorf("the numbers of results, by call and whether orphaned: %v", counts)
	}
}
