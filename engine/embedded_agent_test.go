package engine

import (
	"context"
	"strings"
	"testing"

	"moonlark/engine/agentsettings"
	"moonlark/engine/bus"
	"moonlark/engine/remote"
)

func TestTheEmbeddedAgentRunsATool(t *testing.T) {
	t.Parallel()
	h := newTestEngine(t, Options{TextOnly: true, User: func(ctx context.Context, r *remote.Remote) error {
		r.AwaitGreeting(ctx)
		r.Say("switch the hall light on")
		return r.AwaitReply(ctx)
	}}, "a.lua", `
		register_tool("light", {
			parameters = { room = { type = "string", enum = { "hall", "attic" } }, on = { type = "boolean" } },
			phrases = { "switch the {room} light {on}" },
		}, function(a) return a.room .. " " .. tostring(a.on) end)
	`)
	if err := h.runToEnd(); err != nil {
		t.Error(err)
	}
	if !h.hasPublished(bus.Agent, "hall true") || len(h.published(bus.AgentPart)) == 0 {
		t.Errorf("the agent said %+v in %d parts", h.published(bus.Agent), len(h.published(bus.AgentPart)))
	}
}

func TestTheUserMayActAsSoonAsTheConversationBegins(t *testing.T) {
	t.Parallel()
	noGreeting := agentsettings.Settings{FirstMessage: new("")} // AwaitReply could mistake a greeting for the reply
	for range 10 {
		h := newTestEngine(t, Options{TextOnly: true, Agent: noGreeting, User: func(ctx context.Context, r *remote.Remote) error {
			if err := r.Say("repeat me"); err != nil {
				return err
			}
			return r.AwaitReply(ctx)
		}}, "a.lua", `register_tool("repeat", { phrases = { "repeat me" } }, function() return "repeated" end)`)
		if err := h.runToEnd(); err != nil || !h.hasPublished(bus.Agent, "repeated") {
			t.Errorf("Run = %v; the agent said %v", err, h.published(bus.Agent))
		}

		h = newTestEngine(t, Options{TextOnly: true, User: func(ctx context.Context, r *remote.Remote) error {
			err := r.Stop()
			<-ctx.Done()
			return err
		}}, "a.lua", ``)
		if err := h.runToEnd(); err != nil {
			t.Errorf("Run = %v", err)
		}
	}
}

// A line that is piped into the command can have 1 MiB. Only scripts are limited to 256 KiB.
func TestTheUserMaySendLongerTextsThanAScript(t *testing.T) {
	t.Parallel()
	h := newTestEngine(t, Options{TextOnly: true, User: func(ctx context.Context, r *remote.Remote) error {
		if err := r.Say(strings.Repeat("long ", 100_000)); err != nil {
			return err
		}
		return r.AwaitReply(ctx)
	}}, "a.lua", ``)
	if err := h.runToEnd(); err != nil || len(h.published(bus.Agent)) == 0 {
		t.Errorf("Run = %v; the agent said %v", err, h.published(bus.Agent))
	}
}
