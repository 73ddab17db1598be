package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"moonlark/engine/agentsettings"
	"moonlark/engine/bus"
	"moonlark/engine/dialog"
	"moonlark/engine/localagent"
	"moonlark/engine/localagent/realtime/openai"
	"moonlark/engine/localagent/realtime/realtimetest"
	"moonlark/engine/localagent/realtime/wire"
	"moonlark/engine/provider"
	"moonlark/engine/remote"
)

// withService returns options for an embedded agent that uses the speech-to-speech service of the
// server, and a user who does what user says.
func withService(s *realtimetest.Server, user func(context.Context, *remote.Remote) error) Options {
	return Options{
		LocalAgent: localagent.Options{Realtime: &openai.Service{Service: wire.Service{Endpoint: provider.Endpoint{Server: "test", Base: s.URL, Choice: "tiny", Near: true}}}},
		Agent:      agentsettings.Settings{FirstMessage: new("")},
		User:       user,
	}
}

// says returns a user who says a text and waits for the reply.
func says(text string) func(context.Context, *remote.Remote) error {
	return func(ctx context.Context, r *remote.Remote) error {
		if err := r.Say(text); err != nil {
			return err
		}
		return r.AwaitReply(ctx)
	}
}

const lightTool = `
	register_tool("light", { parameters = { on = { type = "boolean" } } }, function(args) return "the light is " .. tostring(args.on) end)`

func TestASpeechToSpeechServiceRunsATool(t *testing.T) {
	t.Parallel()
	for _, textOnly := range []bool{false, true} {
		output := make(chan string, 1)
		s := realtimetest.Serve(t, func(s *realtimetest.Session) {
			s.Asked().Call("c1", "light", `{"on":true}`).Done()
			e, _ := s.Next("conversation.item.create")
			output <- e.Get("item.output")
			a := s.Asked()
			if textOnly {
				a.Write("a1", "It is bright now.").Done()
			} else {
				a.Speak("a1", "It is bright now.", 300*time.Millisecond).Done()
			}
		})
		opts := withService(s, says("Light, please"))
		opts.TextOnly = textOnly
		h := newTestEngine(t, opts, "a.lua", lightTool)
		if err := h.runToEnd(); err != nil {
			t.Fatal(err)
		}
		if !h.hasPublished(bus.Agent, "It is bright now.") {
			t.Errorf("text only %v: the agent has said %v", textOnly, h.published(bus.Agent))
		}
		if got := <-output; got != "the light is true" {
			t.Errorf("text only %v: the result of the tool is %q", textOnly, got)
		}
		rounds := h.published(bus.ModelRound)
		if len(rounds) != 2 || rounds[0].Round.Calls != 1 || rounds[1].Round.OutputTokens != 10 {
			t.Errorf("text only %v: the rounds are %+v", textOnly, rounds)
		}
	}
}

func TestAnAnswerThatFailsIsReportedToTheUser(t *testing.T) {
	t.Parallel()
	s := realtimetest.Serve(t, func(s *realtimetest.Session) { s.Asked().Fail("no voice today") })
	h := newTestEngine(t, withService(s, says("Hello")), "a.lua", "")
	if err := h.runToEnd(); !errors.Is(err, dialog.ErrNoAnswer) {
		t.Errorf("Run = %v, want ErrNoAnswer", err)
	}
	if errs := h.published(bus.Error); len(errs) != 1 || !strings.Contains(errs[0].Text, "The agent could not answer: test tiny: no voice today") {
		t.Errorf("the errors are %v", errs)
	}
}

func TestAServiceThatCannotBeUsedEndsTheConversationWithTheReason(t *testing.T) {
	t.Parallel()
	opts := withService(&realtimetest.Server{URL: "ws://127.0.0.1:1"}, func(ctx context.Context, _ *remote.Remote) error {
		<-ctx.Done()
		return nil
	})
	service := opts.LocalAgent.Realtime.(*openai.Service)
	service.Server, service.Choice = "openai", ""
	h := newTestEngine(t, opts, "a.lua", "")
	if err := h.runToEnd(); err == nil || !strings.Contains(err.Error(), "no model is chosen") {
		t.Errorf("Run = %v", err)
	}
}
