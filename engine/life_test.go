package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/engine/agent"
	"moonlark/engine/convai"
	"moonlark/engine/event"
)

// inTurn is fake for several conversations, conv_1, conv_2 and so on: each is
// played by the next of the agents, and those that come after by the last.
func inTurn(t testing.TB, agents ...func(*fakeAgent)) string {
	t.Helper()
	var count atomic.Int64
	return raw(t, func(a *fakeAgent) {
		n := int(count.Add(1))
		_, first, _ := a.conn.ReadMessage()
		a.first = string(first)
		a.send(&convai.ConversationInitiationMetadata{ConversationID: fmt.Sprint("conv_", n)})
		agents[min(n, len(agents))-1](a)
	})
}

// raw is fake without metadata, or anything else.
func raw(t testing.TB, agent func(*fakeAgent)) string {
	t.Helper()
	var wg sync.WaitGroup
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wg.Add(1)
		defer wg.Done()
		conn, err := (&websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		agent(&fakeAgent{t: t, conn: conn, request: r})
	}))
	t.Cleanup(func() { server.Close(); wg.Wait() })
	return "ws" + strings.TrimPrefix(server.URL, "http")
}

// frame is the next message of the client but a pong, as it came; "" at the end.
func (a *fakeAgent) frame() string {
	for {
		a.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		_, frame, err := a.conn.ReadMessage()
		if err != nil {
			return ""
		}
		if !strings.Contains(string(frame), `"type":"pong"`) {
			return string(frame)
		}
	}
}

// cut ends the connection without a word.
func (a *fakeAgent) cut() { a.conn.Close() }

// stay listens until the client leaves.
func (a *fakeAgent) stay() {
	for a.frame() != "" {
	}
}

// statuses prints each change of status with its reason.
const statuses = `on("status", function(e) print("status " .. e.status .. " (" .. e.reason .. ")") end)
`

// printed are the lines that scripts have printed, and that begin with prefix.
func (h *house) printed(prefix string) []string {
	var lines []string
	for _, e := range h.all(event.Print) {
		if strings.HasPrefix(e.Text, prefix) {
			lines = append(lines, strings.TrimPrefix(e.Text, prefix))
		}
	}
	return lines
}

func TestTheStatusIsToldInOrderWithReasons(t *testing.T) {
	t.Parallel()
	url := inTurn(t, (*fakeAgent).cut, func(a *fakeAgent) { a.close(1000, "bye") })
	h := build(t, Options{Target: Target{URL: url}, Reconnect: true}, "a.lua", statuses)
	if err := h.start(context.Background())(); err != nil {
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
		t.Errorf("at last it is %s", h.Status())
	}
}

func TestAConversationIsTakenUpAgainUnlessThatMendsNothing(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		end   func(*fakeAgent)
		again bool
	}{
		{"cut", (*fakeAgent).cut, true},
		{"closed with 1000", func(a *fakeAgent) { a.close(1000, "") }, false},
		{"closed with 1001", func(a *fakeAgent) { a.close(1001, "") }, true},
		{"closed with 1002", func(a *fakeAgent) { a.close(1002, "") }, true},
		{"closed with 1008", func(a *fakeAgent) { a.close(1008, "") }, false},
		{"closed with 1011", func(a *fakeAgent) { a.close(1011, "") }, true},
		{"closed with 4000", func(a *fakeAgent) { a.close(4000, "") }, true},
		{"closed without a code", func(a *fakeAgent) {
			a.conn.WriteControl(websocket.CloseMessage, nil, time.Now().Add(time.Second))
		}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var count atomic.Int64
			url := inTurn(t, func(a *fakeAgent) { count.Add(1); row.end(a) }, func(a *fakeAgent) { count.Add(1); a.close(1000, "") })
			h := build(t, Options{Target: Target{URL: url}, Reconnect: true}, "a.lua", `on("reconnected", function(e) print("again " .. e.conversation_id) end)`)
			h.start(context.Background())()
			want, said := int64(1), []string(nil)
			if row.again {
				want, said = 2, []string{"conv_2"}
			}
			if got := count.Load(); got != want || !slices.Equal(h.printed("again "), said) {
				t.Errorf("%d conversations, want %d; the script was told of %q", got, want, h.printed("again "))
			}
		})
	}
}

func TestAReconnectThatIsRefusedForGoodEndsTheProgram(t *testing.T) {
	t.Parallel()
	var count atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if count.Add(1) > 1 {
			http.Error(w, "gone", http.StatusNotFound)
			return
		}
		conn, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		conn.ReadMessage()
		(&fakeAgent{t: t, conn: conn}).send(&convai.ConversationInitiationMetadata{ConversationID: "conv_1"})
	}))
	defer server.Close()
	h := build(t, Options{Target: Target{URL: "ws" + strings.TrimPrefix(server.URL, "http")}, Reconnect: true}, "a.lua", statuses)
	err := h.start(context.Background())()
	var refused *convai.HandshakeError
	if !errors.As(err, &refused) || refused.Status != 404 || count.Load() != 2 {
		t.Errorf("Run = %v after %d tries", err, count.Load())
	}
	if got := h.printed("status "); len(got) == 0 || got[len(got)-1] != "ended (connect: handshake: HTTP 404: gone)" {
		t.Errorf("got %q", got)
	}
}

func TestAServerThatClosesBeforeTheMetadataHasNotHeldAConversation(t *testing.T) {
	t.Parallel()
	url := raw(t, func(a *fakeAgent) { a.close(1000, "no") })
	h := build(t, Options{Target: Target{URL: url}}, "a.lua", "")
	if err := h.start(context.Background())(); err == nil || err.Error() != "connect: closed with 1000: no" {
		t.Errorf("Run = %v", err)
	}
}

func TestTheNewAgentIsToldWhatTheScriptWantsItToKnow(t *testing.T) {
	t.Parallel()
	told := make(chan string, 2)
	url := inTurn(t, func(a *fakeAgent) {
		a.call("1", "note", `{}`)
		a.cut()
	}, func(a *fakeAgent) {
		told <- a.frame()
		told <- a.frame()
		a.close(1000, "")
	})
	h := build(t, Options{Target: Target{URL: url}, Reconnect: true}, "script1.lua", `
		local noted = 0
		register_tool("note", function() noted = noted + 1 end)
		session.resume_context(function() return "noted: " .. noted end)
		session.resume_context(function() return nil end)
	`, "script2.lua", `session.resume_context(function() return 5 end) session.resume_context(function() sleep(0.01) return "and the other" end)`)
	h.start(context.Background())()
	got := []string{<-told, <-told}
	slices.Sort(got)
	want := []string{`{"type":"contextual_update","text":"and the other"}`, `{"type":"contextual_update","text":"noted: 1"}`}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	h.until(event.Log, "session.resume_context: the function returned a number, a string is wanted")
}

func TestAResultNeverReachesTheNextConversation(t *testing.T) {
	t.Parallel()
	ready := make(chan struct{})
	url := inTurn(t, func(a *fakeAgent) {
		a.ask("a", "slow", "{}")
		a.ask("b", "slow", "{}")
		<-ready
		a.cut()
	}, func(a *fakeAgent) {
		// The ids mean something else now, even the same.
		if r := a.call("a", "quick", "{}"); r.Result != "quick" {
			t.Errorf("quick = %+v", r)
		}
		a.send(&convai.AgentToolResponse{ToolName: "end_call", ToolType: "system"})
		for f := a.frame(); f != ""; f = a.frame() {
			t.Errorf("the new conversation was sent %s", f)
		}
	})
	h := build(t, Options{Target: Target{URL: url}, Reconnect: true}, "a.lua", `
		local over = false
		register_tool("slow", function(_, call) print("began") repeat sleep(0.01) until over sleep(0.05) return call.id end)
		register_tool("quick", function() over = true sleep(0.3) return "quick" end)
		on("orphaned_result", function(e) print("orphan " .. e.conversation_id .. " " .. e.tool_call_id .. " " .. e.result) end)
	`)
	wait := h.start(context.Background())
	h.until(event.Print, "began")
	close(ready)
	began := time.Now()
	if err := wait(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("the end took %v", took)
	}
	got := h.printed("orphan ")
	slices.Sort(got)
	if want := []string{"conv_1 a a", "conv_1 b b"}; !slices.Equal(got, want) {
		t.Errorf("orphans: %q, want %q", got, want)
	}
	counts := map[string]int{}
	for _, r := range h.all(event.ToolResult) {
		counts[fmt.Sprint(r.CallID, r.Orphaned)]++
	}
	if counts["atrue"] != 1 || counts["btrue"] != 1 || counts["afalse"] != 1 || len(counts) != 3 {
		t.Errorf("outcomes: %v", counts)
	}
}

// A call of the conversation before does not count in this one: session.stop
// waits for what is under way here, and for nothing else.
func TestALateResultOfOneConversationIsNoneOfTheNext(t *testing.T) {
	tracker := newTurnTracker()
	first := tracker.begin()
	tracker.callBegan()
	tracker.hungUp()
	second := tracker.begin()
	tracker.callAnswered(first, true)
	if tracker.calls != 0 || tracker.fresh {
		t.Errorf("%d calls, a fresh result: %v", tracker.calls, tracker.fresh)
	}
	tracker.callBegan()
	tracker.callAnswered(second, true)
	if tracker.calls != 0 || !tracker.fresh {
		t.Errorf("%d calls, a fresh result: %v", tracker.calls, tracker.fresh)
	}
}

func TestScriptsBeginConversationsOneAfterTheOther(t *testing.T) {
	t.Parallel()
	firsts := make(chan string, 3)
	url := inTurn(t, func(a *fakeAgent) {
		firsts <- a.first
		a.frame() // the script has seen it
		a.close(1000, "enough")
	})
	h := build(t, Options{Target: Target{URL: url}, Wait: true}, "a.lua", `
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
		case <-time.After(10 * time.Second):
			t.Fatalf("no more conversations; printed: %q", h.printed(""))
		}
	}
	for len(h.printed("status waiting")) < 4 && !t.Failed() {
		time.Sleep(5 * time.Millisecond)
		if len(h.all(event.Disconnected)) > 3 {
			t.Error("there was a fourth conversation")
		}
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
		"there is no setting 'first_mesage' (did you mean 'first_message'?)",
		"speed: got string, want number",
		"table expected, got number",
		"there is a conversation already",
	} {
		h.until(event.Print, want)
	}
}

func TestAConversationIsAskedForOnce(t *testing.T) {
	e := &Engine{status: statusWaiting, wake: make(chan struct{}, 1)}
	if err := e.Start(agent.Settings{}, false); err != nil {
		t.Error(err)
	}
	if err := e.Start(agent.Settings{}, false); err == nil || err.Error() != "a conversation has been asked for already" {
		t.Errorf("the second time: %v", err)
	}
	if e.asked() == nil || e.asked() != nil {
		t.Error("what was asked for is not there once")
	}
	for status, want := range map[string]string{"": "there is no conversation", statusEnded: "there is no conversation", statusConnected: "there is a conversation already"} {
		e.status = status
		if err := e.Start(agent.Settings{}, false); err == nil || err.Error() != want {
			t.Errorf("%s: %v", status, err)
		}
	}
}

func sameJSON(a, b string) bool {
	var x, y any
	json.Unmarshal([]byte(a), &x)
	json.Unmarshal([]byte(b), &y)
	ax, _ := json.Marshal(x)
	by, _ := json.Marshal(y)
	return string(ax) == string(by)
}

func TestAStartThatFailsIsSaidAndTheScriptMayTryAgain(t *testing.T) {
	t.Parallel()
	var count atomic.Int64
	url := raw(t, func(a *fakeAgent) {
		if count.Add(1) == 1 {
			a.close(1008, "Override for field 'language' is not allowed by config.")
			return
		}
		a.frame()
		a.send(&convai.ConversationInitiationMetadata{ConversationID: "conv_2"})
		a.stay()
	})
	h := build(t, Options{Target: Target{URL: url}, Wait: true}, "a.lua", statuses+`
		on("status", function(e)
			if e.status == "waiting" then session.start() elseif e.status == "connected" then session.stop() end
		end)
	`)
	ctx, cancel := context.WithCancel(context.Background())
	wait := h.start(ctx)
	h.until(event.Error, "the agent does not allow language to be overridden")
	h.until(event.Print, "status waiting (connect: closed with 1008: Override for field 'language' is not allowed by config.)")
	h.until(event.Print, "status connected")
	cancel()
	if err := wait(); err != nil {
		t.Error(err)
	}
}

// A conversation that was asked for while another was being waited for is that
// one: no second follows by itself.
func TestAStartWhileReconnectingAsksForOneConversation(t *testing.T) {
	t.Parallel()
	var count atomic.Int64
	firsts := make(chan string, 9)
	url := raw(t, func(a *fakeAgent) {
		n := count.Add(1)
		firsts <- a.frame()
		switch n {
		case 2: // the first try to connect again fails
			a.cut()
			return
		}
		a.send(&convai.ConversationInitiationMetadata{ConversationID: fmt.Sprint("conv_", n)})
		if n == 1 {
			a.frame()
			a.cut()
			return
		}
		a.close(1000, "")
	})
	h := build(t, Options{Target: Target{URL: url}, Wait: true, Reconnect: true}, "a.lua", statuses+`
		local once = true
		on("status", function(e)
			if e.status == "waiting" and once then once = false session.start() end
			if e.status == "connected" then session.activity() end
			if e.status == "reconnecting" then
				sleep(0.6) -- the first try has failed by now, the second is waited for
				print("asked", session.start { user_id = "new" })
			end
		end)
	`)
	ctx, cancel := context.WithCancel(context.Background())
	wait := h.start(ctx)
	h.until(event.Print, "status waiting (closed with 1000)")
	time.Sleep(300 * time.Millisecond)
	if n := count.Load(); n > 4 || h.Status() != "waiting" {
		t.Errorf("%d conversations, and it is %s", n, h.Status())
	}
	cancel()
	wait()
	var last string
	for range int(count.Load()) {
		last = <-firsts
	}
	if !strings.Contains(last, `"user_id":"new"`) {
		t.Errorf("the last began with %s", last)
	}
}

func TestStopGivesUpWhatIsStillWaitedFor(t *testing.T) {
	t.Parallel()
	for _, wait := range []bool{true, false} {
		t.Run(fmt.Sprint("wait ", wait), func(t *testing.T) {
			t.Parallel()
			url := inTurn(t, (*fakeAgent).cut, func(a *fakeAgent) {
				t.Error("there was a second conversation")
			})
			h := build(t, Options{Target: Target{URL: url}, Wait: wait, Reconnect: true}, "a.lua", statuses+`
				local once = true
				on("status", function(e)
					if e.status == "waiting" and once then once = false session.start() end
					if e.status == "reconnecting" then session.stop() end
				end)
			`)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			end := h.start(ctx)
			if wait {
				h.until(event.Print, "status waiting (stopped)")
				time.Sleep(600 * time.Millisecond)
				cancel()
			}
			if err := end(); err != nil {
				t.Error(err)
			}
			if n := len(h.all(event.Error)); n > 0 {
				t.Errorf("errors: %+v", h.all(event.Error))
			}
		})
	}
}

func TestAConversationThatIsBeingLeftIsNotTakenUpAgain(t *testing.T) {
	t.Parallel()
	url := inTurn(t, func(a *fakeAgent) {
		a.ask("x", "stop", "{}")
		a.frame() // the activity: it is being left, and the call goes on
		a.cut()
	}, func(a *fakeAgent) { t.Error("there was a second conversation") })
	h := build(t, Options{Target: Target{URL: url}, Reconnect: true}, "a.lua", statuses+`
		register_tool("stop", function() session.stop() session.activity() sleep(1) end)
	`)
	if err := h.start(context.Background())(); err != nil {
		t.Error(err)
	}
	if h.shown(event.Print, "status reconnecting") {
		t.Errorf("got %q", h.printed("status "))
	}
}

func TestStartsAreCountedByTheHour(t *testing.T) {
	t.Parallel()
	url := inTurn(t, func(a *fakeAgent) { a.close(1000, "") })
	h := build(t, Options{Target: Target{URL: url}, Wait: true, StartsPerHour: 3}, "a.lua", `
		on("status", function(e) if e.status == "waiting" then print(session.start()) end end)
	`)
	ctx, cancel := context.WithCancel(context.Background())
	wait := h.start(ctx)
	h.until(event.Print, "3 conversations were begun within an hour: no more are, for now")
	cancel()
	wait()
	if n := len(h.all(event.Connected)); n != 3 {
		t.Errorf("%d conversations, want 3", n)
	}
}

func TestAReconnectBeyondTheHoursStartsIsSaidAndWaits(t *testing.T) {
	t.Parallel()
	url := inTurn(t, (*fakeAgent).cut)
	h := build(t, Options{Target: Target{URL: url}, Reconnect: true, StartsPerHour: 2}, "a.lua", "")
	ctx, cancel := context.WithCancel(context.Background())
	wait := h.start(ctx)
	h.until(event.Retrying, "2 conversations were begun within an hour --starts-per-hour allows more")
	cancel()
	if err := wait(); err != nil {
		t.Error(err)
	}
	if n := len(h.all(event.Connected)); n != 2 {
		t.Errorf("%d conversations, want 2", n)
	}
	if first := h.all(event.Retrying)[0]; first.Seconds > 0.5 {
		t.Errorf("the first pause was %v s", first.Seconds)
	}
}

func TestTheHourOfAStartPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &Engine{opts: Options{StartsPerHour: 2}}
		for range 2 {
			if _, free := e.allowance(time.Now()); !free {
				t.Fatal("none allowed")
			}
			e.begun = append(e.begun, time.Now())
			time.Sleep(time.Minute)
		}
		when, free := e.allowance(time.Now())
		if free || time.Until(when) != 58*time.Minute {
			t.Errorf("free %v, in %v", free, time.Until(when))
		}
		time.Sleep(time.Until(when))
		if _, free := e.allowance(time.Now()); !free || len(e.begun) != 1 {
			t.Errorf("still none, %d remembered", len(e.begun))
		}
	})
}

func TestPausesGrowAndAreNeverTheSame(t *testing.T) {
	t.Parallel()
	h := build(t, Options{Target: Target{URL: "ws://127.0.0.1:1/"}, Retry: true}, "a.lua", "")
	ctx, cancel := context.WithCancel(context.Background())
	wait := h.start(ctx)
	for end := time.Now().Add(10 * time.Second); len(h.all(event.Retrying)) < 3 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	wait()
	most := 0.5
	for i, e := range h.all(event.Retrying) {
		if e.Seconds < most/2 || e.Seconds > most {
			t.Errorf("pause %d is %v s, want %v to %v", i, e.Seconds, most/2, most)
		}
		most *= 2
	}
}
