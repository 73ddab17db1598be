package engine

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/event"
)

func TestACallThatExpectsNoResponseGetsNone(t *testing.T) {
	t.Parallel()
	url := fake(t, func(a *fakeAgent) {
		for _, name := range []string{"light", "what"} {
			a.send(&convai.ClientToolCall{ToolName: name, ToolCallID: "n" + name, Parameters: []byte(`{"on":"on"}`), EventID: 1, ExpectsResponse: new(false)})
		}
		a.send(&convai.ClientToolCall{ToolName: "light", ToolCallID: "y", Parameters: []byte(`{"on":"off"}`), EventID: 1, ExpectsResponse: new(true)})
		if got := a.frame(); got != `{"type":"client_tool_result","tool_call_id":"y","result":"the light is off","is_error":false}` {
			t.Errorf("got %s", got)
		}
		a.close(1000, "")
	})
	h := build(t, Options{Target: Target{URL: url}}, "a.lua", lights+`on("orphaned_result", function() print("orphan") end)`)
	h.start(context.Background())()
	if n := len(h.all(event.ToolResult)); n != 3 || h.shown(event.Print, "orphan") {
		t.Errorf("%d outcomes were shown, want 3; printed: %q", n, h.printed(""))
	}
}

func TestTheDeadlineThatTheAgentAnnouncesIsKept(t *testing.T) {
	t.Parallel()
	announce := &convai.AgentToolRequest{ToolName: "slow", ToolCallID: "x", ToolType: "client", EventID: 1, ResponseTimeoutSecs: 2}
	for _, row := range []struct {
		name string
		ask  func(*fakeAgent)
	}{
		{"before the call", func(a *fakeAgent) { a.send(announce); a.ask("x", "slow", "{}") }},
		{"after the call", func(a *fakeAgent) { a.ask("x", "slow", "{}"); a.send(announce) }},
		{"twice, and the shorter counts", func(a *fakeAgent) {
			a.send(announce)
			a.ask("x", "slow", "{}")
			longer := *announce
			longer.ResponseTimeoutSecs = 60
			a.send(&longer)
		}},
		{"beside nonsense", func(a *fakeAgent) {
			a.ask("x", "slow", "{}")
			for _, seconds := range []int{0, -5, math.MaxInt} {
				nonsense := *announce
				nonsense.ResponseTimeoutSecs = seconds
				a.send(&nonsense)
			}
			a.send(announce)
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			url := fake(t, func(a *fakeAgent) {
				began := time.Now()
				row.ask(a)
				got := a.frame()
				if took := time.Since(began); took < 1400*time.Millisecond || took > 1900*time.Millisecond && !testing.Short() && took > 8*time.Second {
					t.Errorf("it took %v, want 1.5 s", took)
				}
				if !strings.Contains(got, `"is_error":true,"error_type":"client_timeout"`) || !strings.Contains(got, "slow took longer than 1.5s and was stopped") {
					t.Errorf("got %s", got)
				}
				a.close(1000, "")
			})
			h := build(t, Options{Target: Target{URL: url}}, "a.lua", lights)
			h.start(context.Background())()
		})
	}
}

func TestAnAnnouncementLengthensNoDeadline(t *testing.T) {
	t.Parallel()
	url := fake(t, func(a *fakeAgent) {
		a.send(&convai.AgentToolRequest{ToolName: "brief", ToolCallID: "x", ToolType: "client", EventID: 1, ResponseTimeoutSecs: 60})
		if r := a.call("x", "brief", "{}"); !strings.Contains(r.Result, "brief took longer than 300ms") {
			t.Errorf("got %+v", r)
		}
		// News of a call that has its outcome changes nothing.
		a.send(&convai.AgentToolRequest{ToolName: "brief", ToolCallID: "x", ToolType: "client", EventID: 1, ResponseTimeoutSecs: 1})
		if r := a.call("y", "brief", "{}"); !strings.Contains(r.Result, "brief took longer than 300ms") {
			t.Errorf("got %+v", r)
		}
		a.close(1000, "")
	})
	h := build(t, Options{Target: Target{URL: url}}, "a.lua", `register_tool { name = "brief", timeout = 0.3, handler = function() sleep(9) end }`)
	h.start(context.Background())()
}

// What a script may say, as it stands on the wire.
func TestWhatAScriptSaysOnTheWire(t *testing.T) {
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
		source += "\n\tprint((\"said %s %s\"):format(tostring(" + row.source + ")))"
		source = strings.Replace(source, "%s %s", "%s", 1)
	}
	source += `
		print(pcall(session.feedback, 7, "meh"))
		print(session.send(("x"):rep(300000)))
		print(session.context(("x"):rep(300000)))
		print(session.send_file("f", ("x"):rep(300000)))
		session.send("that is all")
	end)`
	url := fake(t, func(a *fakeAgent) {
		for _, row := range rows {
			if got := a.frame(); got != row.want {
				t.Errorf("%s:\ngot  %s\nwant %s", row.source, got, row.want)
			}
		}
		if got := a.frame(); got != `{"type":"user_message","text":"that is all"}` {
			t.Errorf("got %s", got)
		}
		a.close(1000, "")
	})
	h := build(t, Options{Target: Target{URL: url}}, "a.lua", source)
	h.start(context.Background())()
	h.until(event.Print, "'like', 'dislike' or nil expected")
	if got := h.printed("nil\tthe text has 300000 bytes; 262144 are allowed"); len(got) != 3 {
		t.Errorf("%d were too long, want 3", len(got))
	}
}

// Every message that a server can send reaches a script that listens for all.
func TestEveryEventReachesAScriptThatListensForAll(t *testing.T) {
	t.Parallel()
	kinds := convai.KnownServerTypes()
	url := fake(t, func(a *fakeAgent) {
		for _, kind := range kinds {
			if kind != "conversation_initiation_metadata" {
				a.raw(anyFrame(kind))
			}
		}
		a.raw(`{"type":"of_tomorrow","deep":{"er":[1,{"x":null}]}}`)
		a.expect("user_message")
		a.close(1000, "")
	})
	h := build(t, Options{Target: Target{URL: url}}, "a.lua", `
		on("*", function(e)
			if e.type == "of_tomorrow" then session.send("seen") end
			print("event " .. e.type)
		end)
	`)
	h.start(context.Background())()
	got := map[string]int{}
	for _, line := range h.printed("event ") {
		got[line]++
	}
	for _, kind := range append(kinds, "of_tomorrow") {
		if got[kind] != 1 {
			t.Errorf("%s came %d times", kind, got[kind])
		}
	}
	for _, kind := range []string{"status"} {
		if got[kind] == 0 {
			t.Errorf("%s did not come: our own count too", kind)
		}
	}
}

// anyFrame is a frame of a type.
func anyFrame(kind string) string {
	switch kind {
	case "audio":
		return `{"type":"audio","audio_event":{"audio_base_64":"AAAA","event_id":1}}`
	case "client_tool_call":
		return `{"type":"client_tool_call","client_tool_call":{"tool_name":"t","tool_call_id":"c","parameters":{},"event_id":1}}`
	case "agent_response_correction":
		return `{"type":"agent_response_correction","agent_response_correction_event":{"original_agent_response":"a","corrected_agent_response":"b","event_id":1}}`
	case "mcp_tool_call":
		return `{"type":"mcp_tool_call","mcp_tool_call":{"service_id":"s","tool_call_id":"m","tool_name":"t","parameters":{},"state":"loading"}}`
	}
	// The envelope is not always the type's own name; Lua gets what is inside.
	for _, m := range []convai.Message{
		new(convai.AgentResponse), new(convai.AgentResponseComplete), new(convai.AgentResponseMetadata), new(convai.AgentChatResponsePart),
		new(convai.AgentReasoningResponsePart), new(convai.UserTranscript), new(convai.TentativeUserTranscript), new(convai.Interruption),
		new(convai.Ping), new(convai.VADScore), new(convai.AgentToolRequest), new(convai.AgentToolResponse), new(convai.AgentToolResponseFullPayload),
		new(convai.MCPConnectionStatus), new(convai.ASRInitiationMetadata), new(convai.GuardrailTriggered), new(convai.ContextUsage),
		new(convai.RichContent), new(convai.AgentTyping), new(convai.ExternalAgentConnected), new(convai.ExternalAgentDisconnected),
		new(convai.InternalTurnProbability), new(convai.InternalTentativeAgentResponse), new(convai.ServerError), new(convai.ClientError),
	} {
		if m.MessageType() == kind {
			frame, err := convai.Marshal(m)
			if err == nil {
				return string(frame)
			}
		}
	}
	return `{"type":"` + kind + `"}`
}
