package engine

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/connect"
	"moonlark/engine/convai"
)

func TestTheSessionModuleSendsItsMessages(t *testing.T) {
	t.Parallel()
	rows := []struct{ source, want string }{
		{`session.send("hello")`, `{"type":"user_message","text":"hello"}`},
		{`session.context("it is dark")`, `{"type":"contextual_update","text":"it is dark"}`},
		{`session.context("it is light", "light")`, `{"type":"contextual_update","text":"it is light","context_id":"light"}`},
		{`session.activity()`, `{"type":"user_activity"}`},
		{`session.feedback(7, "like")`, `{"type":"feedback","event_id":7,"score":"like"}`},
		{`session.feedback(7, "dislike")`, `{"type":"feedback","event_id":7,"score":"dislike"}`},
		{`session.feedback(7)`, `{"type":"feedback","event_id":7,"score":null}`},
		{`session.send_file("file_1")`, `{"type":"multimodal_message","file":{"type":"file_input","file_id":"file_1"}}`},
		{`session.send_file("file_1", "look")`, `{"type":"multimodal_message","text":{"type":"user_message","text":"look"},"file":{"type":"file_input","file_id":"file_1"}}`},
	}
	source := `on("conversation_initiation_metadata", function()`
	for _, row := range rows {
		source += "\n\tprint(" + row.source + ")"
	}
	source += `
		print(pcall(session.feedback, 7, "meh"))
		print(session.send(("x"):rep(300000)))
		print(session.context(("x"):rep(300000)))
		print(session.send_file("f", ("x"):rep(300000)))
		session.send("the last message")
	end)`
	url := serveAgent(t, func(a *testAgent) {
		for _, row := range rows {
			if got := a.nextFrame(); got != row.want {
				t.Errorf("%s:\ngot  %s\nwant %s", row.source, got, row.want)
			}
		}
		if got := a.nextFrame(); got != `{"type":"user_message","text":"the last message"}` {
			t.Errorf("got %s", got)
		}
		a.Close(1000, "")
	})
	h := newTestEngine(t, Options{Target: connect.Target{URL: url}}, "a.lua", source)
	h.runToEnd()
	h.waitFor(bus.Print, "'like', 'dislike' or nil expected")
	if got := h.printed("nil\tthe text has 300000 bytes; 262144 are allowed"); len(got) != 3 {
		t.Errorf("%d texts were refused as too long, want 3", len(got))
	}
}

func TestSessionStopWaitsForTheResultAndTheFarewell(t *testing.T) {
	t.Parallel()
	var gotResult atomic.Bool
	left := make(chan struct{})
	url := serveAgent(t, func(a *testAgent) {
		if r := a.call("x", "bye", "{}"); r.Result == "see you" {
			gotResult.Store(true)
		}
		a.send(&convai.AgentResponse{Text: "Goodbye!", EventID: 2})
		a.send(&convai.AgentResponseComplete{EventID: 2})
		a.Wait()
		close(left)
	})
	h := newTestEngine(t, Options{Target: connect.Target{URL: url}}, "a.lua", `register_tool("bye", function() session.stop() return "see you" end)`)
	if err := h.runToEnd(); err != nil {
		t.Error(err)
	}
	<-left
	if !gotResult.Load() || !h.hasPublished(bus.Agent, "Goodbye!") {
		t.Errorf("the agent got the result: %v; it was heard saying %+v", gotResult.Load(), h.published(bus.Agent))
	}
}

func TestOnIdleRunsOnceInEachSilence(t *testing.T) {
	if testing.Short() {
		t.Skip("the user is silent for 8 s of real time")
	}
	t.Parallel()
	url := serveInTurn(t, func(a *testAgent) {
		time.Sleep(3500 * time.Millisecond)
		a.send(&convai.UserTranscript{Text: "hm", EventID: 1})
		time.Sleep(2500 * time.Millisecond)
		a.Close(1000, "")
	}, func(a *testAgent) {
		time.Sleep(1800 * time.Millisecond)
		a.Close(1000, "")
	})
	h := newTestEngine(t, Options{Target: connect.Target{URL: url}, Wait: true}, "a.lua", `
		local n = 0
		on("status", function(e) if e.status == "waiting" then n = n + 1 print("conversation " .. n) if n < 3 then session.start() end end end)
		session.on_idle(1, function(seconds) print("idle 1 " .. math.floor(seconds)) end)
		session.on_idle(2, function(seconds) print("idle 2 " .. math.floor(seconds)) end)
		session.on_idle(60, function() print("idle 60") end)
		print(pcall(session.on_idle, 0, print))
		print(pcall(session.on_idle, 1))
	`)
	ctx, cancel := context.WithCancel(context.Background())
	wait := h.start(ctx)
	h.waitFor(bus.Print, "conversation 3")
	cancel()
	wait()
	// The numbers of seconds that the script prints are not compared: on a busy machine they may be
	// higher by one.
	var got []string
	for _, line := range h.printed("") {
		for _, word := range []string{"conversation 1", "conversation 2", "idle 1", "idle 2", "idle 60"} {
			if strings.HasPrefix(line, word) {
				got = append(got, word)
			}
		}
	}
	want := []string{"conversation 1", "idle 1", "idle 2", "idle 1", "idle 2", "conversation 2", "idle 1"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	h.waitFor(bus.Print, "a number of seconds, at least 1, expected")
	h.waitFor(bus.Print, "function expected")
}
