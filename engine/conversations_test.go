package engine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/connect"
	"moonlark/engine/convai"
	"moonlark/engine/testkit"
)

// printStatuses is Lua code that prints each change of status with its reason.
const printStatuses = `on("status", function(e) print("status " .. e.status .. " (" .. e.reason .. ")") end)
`

func TestScriptsGetEachStatusWithItsReason(t *testing.T) {
	t.Parallel()
	url := serveInTurn(t, cut, func(a *testAgent) { a.Close(1000, "bye") })
	h := newTestEngine(t, Options{Target: connect.Target{URL: url}, Reconnect: true}, "a.lua", printStatuses)
	if err := h.runToEnd(); err != nil {
		t.Error(err)
	}
	want := []string{
		"connecting ()", "connected ()",
		"reconnecting (the conversation ended: read: cut off: unexpected EOF)", "connected ()",
		"ended (closed with 1000: bye)",
	}
	if got := h.printed("status "); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if h.Status() != "ended" {
		t.Errorf("the status after the end is %s", h.Status())
	}
}

func TestARefusedReconnectEndsRun(t *testing.T) {
	t.Parallel()
	var count atomic.Int64
	agent := testkit.AgentOptions{Handshake: func(w http.ResponseWriter, _ *http.Request, accept func()) {
		if count.Add(1) > 1 {
			http.Error(w, "gone", http.StatusNotFound)
			return
		}
		accept()
	}}.Serve(t, testkit.Opened(func(*testkit.Conversation) {}))
	h := newTestEngine(t, Options{Target: connect.Target{URL: agent.URL}, Reconnect: true}, "a.lua", printStatuses)
	err := h.runToEnd()
	var refused *convai.HandshakeError
	if !errors.As(err, &refused) || refused.Status != 404 || count.Load() != 2 {
		t.Errorf("Run = %v after %d tries", err, count.Load())
	}
	if got := h.printed("status "); len(got) == 0 || got[len(got)-1] != "ended (connect: handshake: HTTP 404: gone)" {
		t.Errorf("got %q", got)
	}
}

func TestACloseBeforeTheMetadataIsAConnectError(t *testing.T) {
	t.Parallel()
	url := serveUnopened(t, func(a *testAgent) { a.Close(1000, "no") })
	h := newTestEngine(t, Options{Target: connect.Target{URL: url}}, "a.lua", "")
	if err := h.runToEnd(); err == nil || err.Error() != "connect: closed with 1000: no" {
		t.Errorf("Run = %v", err)
	}
}

func TestResumeContextIsSentAfterAReconnect(t *testing.T) {
	t.Parallel()
	contexts := make(chan string, 2)
	url := serveInTurn(t, func(a *testAgent) {
		a.call("1", "note", `{}`)
		a.Cut()
	}, func(a *testAgent) {
		contexts <- a.nextFrame()
		contexts <- a.nextFrame()
		a.Close(1000, "")
	})
	h := newTestEngine(t, Options{Target: connect.Target{URL: url}, Reconnect: true}, "script1.lua", `
		local noted = 0
		register_tool("note", function() noted = noted + 1 end)
		session.resume_context(function() return "noted: " .. noted end)
		session.resume_context(function() return nil end)
	`, "script2.lua", `session.resume_context(function() return 5 end) session.resume_context(function() sleep(0.01) return "and the other" end)`)
	h.runToEnd()
	got := []string{<-contexts, <-contexts}
	slices.Sort(got)
	want := []string{`{"type":"contextual_update","text":"and the other"}`, `{"type":"contextual_update","text":"noted: 1"}`}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	h.waitFor(bus.Log, "session.resume_context: the function must return a string, not a number")
}

// A conversation that another process has begun is like one that was cut off.
func TestAConversationCanBeginWithWhatWasSaidBefore(t *testing.T) {
	t.Parallel()
	frames := make(chan string, 4)
	url := serveInTurn(t, func(a *testAgent) {
		frames <- a.nextFrame()
		frames <- a.nextFrame()
		a.Cut()
	}, func(a *testAgent) {
		frames <- a.nextFrame()
		frames <- a.nextFrame()
		a.Close(1000, "")
	})
	begun := 0
	h := newTestEngine(t, Options{Target: connect.Target{URL: url}, Reconnect: true, Resume: func() string {
		begun++
		return fmt.Sprint("said before ", begun)
	}}, "a.lua", `session.resume_context(function() return "noted" end)`)
	h.runToEnd()
	for i, want := range []string{"said before 1", "noted", "said before 2", "noted"} {
		if got := <-frames; got != `{"type":"contextual_update","text":"`+want+`"}` {
			t.Errorf("message %d is %s, want %s", i+1, got, want)
		}
	}
}

func TestAScriptStartsOneConversationAfterTheOther(t *testing.T) {
	t.Parallel()
	firsts := make(chan string, 3)
	url := serveInTurn(t, func(a *testAgent) {
		firsts <- string(a.First.Text)
		a.nextFrame() // the script sends this frame when it has seen the status connected
		a.Close(1000, "enough")
	})
	h := newTestEngine(t, Options{Target: connect.Target{URL: url}, Wait: true}, "a.lua", `
		agent { language = "en", dynamic_variables = { name = "Ann", count = 0 } }
		local n = 0
		on("status", function(e)
			print("status " .. e.status .. " (" .. e.reason .. ")")
			if e.status == "connected" then print(session.start()) session.activity() end
			if e.status ~= "waiting" then return end
			n = n + 1
			if n == 1 then print(pcall(session.start, { first_mesage = "hi" })) print(pcall(session.start, { speed = "fast" })) print(pcall(session.start, 5)) end
			if n == 1 then session.start() end
			if n == 2 then print(session.start { first_message = "", dynamic_variables = { count = n }, preroll = true }) end
			if n == 3 then print(session.start { preroll = true }) end
		end)
	`)
	ctx, cancel := context.WithCancel(context.Background())
	wait := h.start(ctx)
	for _, want := range []string{
		`{"type":"conversation_initiation_client_data","conversation_config_override":{"agent":{"language":"en"}},"dynamic_variables":{"count":0,"name":"Ann"}}`,
		`{"type":"conversation_initiation_client_data","conversation_config_override":{"agent":{"first_message":"","language":"en"}},"dynamic_variables":{"count":2,"name":"Ann"}}`,
		`{"type":"conversation_initiation_client_data","conversation_config_override":{"agent":{"language":"en"}},"dynamic_variables":{"count":0,"name":"Ann"}}`,
	} {
		select {
		case got := <-firsts:
			if !sameJSON(got, want) {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		case <-time.After(testkit.Timeout):
			t.Fatalf("no conversation, want %s; printed: %q", want, h.printed(""))
		}
	}
	testkit.Until(t, "the script waits after the third conversation", func() bool { return len(h.printed("status waiting")) >= 4 })
	if n := len(h.published(bus.Disconnected)); n > 3 {
		t.Errorf("there were %d conversations, want 3", n)
	}
	cancel()
	if err := wait(); err != nil {
		t.Error(err)
	}
	want := []string{"waiting ()"}
	for range 3 {
		want = append(want, "connecting ()", "connected ()", "waiting (closed with 1000: enough)")
	}
	want = append(want, "ended ()")
	if got := h.printed("status "); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for _, want := range []string{
		"unknown setting 'first_mesage' (did you mean 'first_message'?)",
		"speed: got string, want number",
		"table expected, got number",
		"there is a conversation already",
	} {
		h.waitFor(bus.Print, want)
	}
}

func TestAFailedStartIsReportedAndTheScriptCanTryAgain(t *testing.T) {
	t.Parallel()
	var count atomic.Int64
	url := serveUnopened(t, func(a *testAgent) {
		if count.Add(1) == 1 {
			a.Close(1008, "Override for field 'language' is not allowed by config.")
			return
		}
		a.nextFrame()
		a.send(&convai.ConversationInitiationMetadata{ConversationID: "conv_2"})
		a.Wait()
	})
	h := newTestEngine(t, Options{Target: connect.Target{URL: url}, Wait: true}, "a.lua", printStatuses+`
		on("status", function(e)
			if e.status == "waiting" then session.start() elseif e.status == "connected" then session.stop() end
		end)
	`)
	ctx, cancel := context.WithCancel(context.Background())
	wait := h.start(ctx)
	h.waitFor(bus.Error, "the agent does not allow language to be overridden")
	h.waitFor(bus.Print, "status waiting (connect: closed with 1008: Override for field 'language' is not allowed by config.)")
	h.waitFor(bus.Print, "status connected")
	cancel()
	if err := wait(); err != nil {
		t.Error(err)
	}
}
