package engine

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlark/audio/device"
	"moonlark/engine/convai"
	"moonlark/engine/event"
)

func TestAUserWhoSaysNothingIsGone(t *testing.T) {
	t.Parallel()
	began := time.Now()
	left := make(chan time.Time, 1)
	url := fake(t, func(a *fakeAgent) {
		time.Sleep(500 * time.Millisecond)
		a.send(&convai.UserTranscript{Text: "I am here", EventID: 1})
		a.stay()
		left <- time.Now()
	})
	h := build(t, Options{Target: Target{URL: url}, Idle: time.Second}, "a.lua", "")
	if err := h.start(context.Background())(); err != nil {
		t.Error(err)
	}
	if took := (<-left).Sub(began); took < 1400*time.Millisecond || took > 8*time.Second {
		t.Errorf("it took %v, want 1.5 s and a little", took)
	}
	if n := len(slices.DeleteFunc(h.all(event.Log), func(e event.Event) bool { return !strings.Contains(e.Text, "said nothing for 1s") })); n != 1 {
		t.Errorf("it is said %d times", n)
	}
}

// Whoever types is there as much as whoever talks.
func TestAUserWhoTypesIsThere(t *testing.T) {
	t.Parallel()
	for _, source := range []string{`session.send("still here")`, `session.activity()`, `session.send_file("f")`} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			url := fake(t, func(a *fakeAgent) {
				a.frame()
				a.frame()
				a.frame()
				if took := time.Since(began); took < 1500*time.Millisecond {
					t.Errorf("three times in %v", took)
				}
				a.close(1000, "")
			})
			h := build(t, Options{Target: Target{URL: url}, Idle: time.Second}, "a.lua", `every(0.6, function() `+source+` end)`)
			h.start(context.Background())()
			if h.shown(event.Log, "said nothing") {
				t.Error("it was ended")
			}
		})
	}
}

func TestAConversationLastsSoLongAndNoLonger(t *testing.T) {
	t.Parallel()
	left := make(chan struct{})
	url := fake(t, func(a *fakeAgent) {
		for range 12 {
			time.Sleep(100 * time.Millisecond)
			a.send(&convai.UserTranscript{Text: "and another thing", EventID: 1})
		}
		a.stay()
		close(left)
	})
	h := build(t, Options{Target: Target{URL: url}, Longest: time.Second}, "a.lua", "")
	if err := h.start(context.Background())(); err != nil {
		t.Error(err)
	}
	<-left
	h.until(event.Log, "the conversation has lasted 1s: it is ended")
}

func TestOnIdleRunsOnceForEachSilence(t *testing.T) {
	t.Parallel()
	url := inTurn(t, func(a *fakeAgent) {
		time.Sleep(3500 * time.Millisecond)
		a.send(&convai.UserTranscript{Text: "hm", EventID: 1})
		time.Sleep(2500 * time.Millisecond)
		a.close(1000, "")
	}, func(a *fakeAgent) {
		time.Sleep(1800 * time.Millisecond)
		a.close(1000, "")
	})
	h := build(t, Options{Target: Target{URL: url}, Wait: true}, "a.lua", `
		local n = 0
		on("status", function(e) if e.status == "waiting" then n = n + 1 print("conversation " .. n) session.start() end end)
		session.on_idle(1, function(seconds) print("idle 1 " .. math.floor(seconds)) end)
		session.on_idle(2, function(seconds) print("idle 2 " .. math.floor(seconds)) end)
		session.on_idle(60, function() print("idle 60") end)
		print(pcall(session.on_idle, 0, print))
		print(pcall(session.on_idle, 1))
	`)
	ctx, cancel := context.WithCancel(context.Background())
	wait := h.start(ctx)
	h.until(event.Print, "conversation 3")
	cancel()
	wait()
	// A busy machine may be a second late.
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
	h.until(event.Print, "a number of seconds, 1 at least, expected")
	h.until(event.Print, "function expected")
}

func TestTheFarewellOfAnAgentThatHangsUpIsHeard(t *testing.T) {
	t.Parallel()
	for _, wait := range []bool{false, true} {
		heard := make(chan time.Duration, 1)
		url := fakeWith(t, voiced, func(a *fakeAgent) {
			began := time.Now()
			a.send(&convai.AgentResponse{Text: "Goodbye!", EventID: 1})
			a.send(silence(1200 * time.Millisecond))
			a.send(&convai.AgentToolResponse{ToolName: "end_call", ToolType: "system", IsCalled: true})
			a.stay()
			heard <- time.Since(began)
		})
		h := build(t, Options{Target: Target{URL: url}, Wait: wait, Voice: &Voice{Choice: device.Choice{Speaker: "none", Microphone: "none"}}}, "a.lua", statuses+`
			local once = true
			on("status", function(e) if e.status == "waiting" and once then once = false session.start() end end)
		`)
		ctx, cancel := context.WithCancel(context.Background())
		end := h.start(ctx)
		if wait {
			h.until(event.Print, "status waiting ()")
			for end := time.Now().Add(20 * time.Second); len(h.printed("status waiting")) < 2 && time.Now().Before(end); {
				time.Sleep(5 * time.Millisecond)
			}
			cancel()
		}
		if err := end(); err != nil {
			t.Error(err)
		}
		cancel()
		if took := <-heard; took < time.Second || took > 8*time.Second {
			t.Errorf("wait %v: it hung up after %v; %q", wait, took, h.printed(""))
		}
	}
}

func TestATooLongFarewellDoesNotKeepTheProgram(t *testing.T) {
	t.Parallel()
	url := fakeWith(t, voiced, func(a *fakeAgent) {
		a.send(silence(20 * time.Second))
		a.send(&convai.AgentToolResponse{ToolName: "end_call", ToolType: "system", IsCalled: true})
		a.stay()
	})
	h := build(t, Options{Target: Target{URL: url}, Voice: &Voice{Choice: device.Choice{Speaker: "none", Microphone: "none"}}}, "a.lua", "")
	ctx, cancel := context.WithCancel(context.Background())
	wait := h.start(ctx)
	h.until(event.Speaking, "")
	began := time.Now()
	cancel()
	if err := wait(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 6*time.Second { // promised: 2 s
		t.Errorf("the end took %v", took)
	}
}

func TestAnEndCallThatFailedEndsNothing(t *testing.T) {
	t.Parallel()
	url := fake(t, func(a *fakeAgent) {
		a.send(&convai.AgentToolResponse{ToolName: "end_call", ToolType: "system", IsError: true})
		a.send(&convai.AgentToolResponseFullPayload{AgentToolResponse: convai.AgentToolResponse{ToolName: "end_call", ToolType: "system", IsBlocked: true}})
		time.Sleep(300 * time.Millisecond)
		if r := a.call("x", "light", `{"on":"on"}`); r.Result != "the light is on" {
			t.Errorf("got %+v", r)
		}
		a.close(1000, "still here")
	})
	h := build(t, Options{Target: Target{URL: url}}, "a.lua", lights)
	if err := h.start(context.Background())(); err != nil {
		t.Error(err)
	}
	if d := h.all(event.Disconnected); len(d) != 1 || d[0].Text != "still here" {
		t.Errorf("shown: %+v", d)
	}
}

// voiced is what a server says that speaks and hears.
var voiced = convai.ConversationInitiationMetadata{
	ConversationID: "conv_fake", AgentOutputAudioFormat: "pcm_16000", UserInputAudioFormat: "pcm_16000",
}

// silence is so much of it from the agent.
func silence(d time.Duration) *convai.Audio {
	sound := make([]byte, int(d.Seconds()*16000)*2)
	return &convai.Audio{Base64: convai.EncodeSound(sound), EventID: 1}
}
