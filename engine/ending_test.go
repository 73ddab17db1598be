package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"moonlark/audio/device"
	"moonlark/engine/bus"
	"moonlark/engine/connect"
	"moonlark/engine/convai"
	"moonlark/engine/dialog"
	"moonlark/engine/script"
	"moonlark/engine/testkit"
	"moonlark/engine/voice"
)

func TestTheCloseCodeReachesTheUserWithAHint(t *testing.T) {
	t.Parallel()
	url := serveAgent(t, func(a *testAgent) { a.Close(1008, "Missing required dynamic variables in first message: {'name'}") })
	h := newTestEngine(t, Options{Target: connect.Target{URL: url}}, "a.lua", lightTools)
	err := h.runToEnd()
	var ended *dialog.EndedError
	if !errors.As(err, &ended) {
		t.Errorf("Run = %v, want an EndedError", err)
	}
	d := h.published(bus.Disconnected)
	if len(d) != 1 || d[0].Code != 1008 || !strings.Contains(d[0].Hint, "name") {
		t.Errorf("the events are %+v, want one with the code 1008 and a hint with the name", d)
	}
}

func TestAScriptThatDoesNotLoadEndsRunBeforeItConnects(t *testing.T) {
	t.Parallel()
	h := newTestEngine(t, Options{Target: connect.Target{URL: "ws://127.0.0.1:1/"}}, "a.lua", "x = = 1")
	err := h.runToEnd()
	var load *script.LoadError
	if !errors.As(err, &load) || !strings.Contains(load.Text, "a.lua:1:") {
		t.Errorf("Run = %v, want a LoadError with a.lua:1:", err)
	}
}

func TestEveryToolCallIsAnsweredWhenTheProgramEnds(t *testing.T) {
	t.Parallel()
	answers := make(chan testkit.ToolResult, 2)
	running := make(chan struct{})
	url := serveAgent(t, func(a *testAgent) {
		a.startCall("slow", "slow", "{}")
		a.startCall("soon", "soon", "{}")
		a.WaitFor("contextual_update")
		close(running)
		for range 2 {
			answers <- a.nextResult()
		}
		a.Wait()
	})
	h := newTestEngine(t, Options{Target: connect.Target{URL: url}}, "a.lua", lightTools+`
		register_tool("soon", function() session.context("the call is running") sleep(0.2) return "just in time" end)
		on_unload(function() print("unloaded") end)
	`)
	ctx, cancel := context.WithCancel(context.Background())
	wait := h.start(ctx)
	<-running
	began := time.Now()
	cancel()
	if err := wait(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 4*time.Second { // Run needs at most 2 s on a machine that is not busy
		t.Errorf("Run returned after %v", took)
	}
	one, two := <-answers, <-answers
	if one.Result != "just in time" || two.Result != "shutting down" {
		t.Errorf("the answers are %+v, %+v", one, two)
	}
	h.waitFor(bus.Print, "unloaded")
}

// The agent hangs up with end_call after a farewell of 1.2 s. The client must not close the
// connection before it has played the farewell.
func TestTheFarewellIsHeardBeforeTheConversationEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("plays a farewell in real time")
	}
	t.Parallel()
	for _, wait := range []bool{false, true} {
		t.Run(fmt.Sprint("wait ", wait), func(t *testing.T) {
			t.Parallel()
			lasted := make(chan time.Duration, 1)
			url := serveAgentWith(t, soundMetadata, func(a *testAgent) {
				began := time.Now()
				a.send(&convai.AgentResponse{Text: "Goodbye!", EventID: 1})
				a.send(silence(1200 * time.Millisecond))
				a.send(&convai.AgentToolResponse{ToolName: "end_call", ToolType: "system", IsCalled: true})
				a.Wait()
				lasted <- time.Since(began)
			})
			h := newTestEngine(t, Options{Target: connect.Target{URL: url}, Wait: wait, Voice: &voice.Settings{Choice: device.Choice{Speaker: "none", Microphone: "none"}}}, "a.lua", printStatuses+`
				local once = true
				on("status", function(e) if e.status == "waiting" and once then once = false session.start() end end)
			`)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			end := h.start(ctx)
			if wait {
				testkit.Until(t, "the program waits for the next conversation", func() bool { return len(h.printed("status waiting")) == 2 })
				cancel()
			}
			if err := end(); err != nil {
				t.Error(err)
			}
			if took := <-lasted; took < time.Second || took > 8*time.Second {
				t.Errorf("the conversation lasted %v; printed: %q", took, h.printed(""))
			}
		})
	}
}

func TestALongFarewellDoesNotDelayTheEndOfTheProgram(t *testing.T) {
	t.Parallel()
	url := serveAgentWith(t, soundMetadata, func(a *testAgent) {
		a.send(silence(20 * time.Second))
		a.send(&convai.AgentToolResponse{ToolName: "end_call", ToolType: "system", IsCalled: true})
		a.Wait()
	})
	h := newTestEngine(t, Options{Target: connect.Target{URL: url}, Voice: &voice.Settings{Choice: device.Choice{Speaker: "none", Microphone: "none"}}}, "a.lua", "")
	ctx, cancel := context.WithCancel(context.Background())
	wait := h.start(ctx)
	h.waitFor(bus.Speaking, "")
	began := time.Now()
	cancel()
	if err := wait(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 6*time.Second { // Run needs at most 2 s on a machine that is not busy
		t.Errorf("Run returned after %v", took)
	}
}
