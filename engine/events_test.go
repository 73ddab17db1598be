package engine

import (
	"context"
	"testing"

	"moonlark/engine/bus"
	"moonlark/engine/connect"
	"moonlark/engine/convai"
	"moonlark/engine/testkit"
	"moonlark/engine/tool"
)

func TestEventsReachTheScript(t *testing.T) {
	t.Parallel()
	url := serveAgent(t, func(a *testAgent) {
		a.Send(`{"type":"ping","ping_event":{"event_id":7,"ping_ms":null}}`)
		a.send(&convai.Audio{Sound: []byte{0, 1, 2}, EventID: 3})
		a.send(&convai.VADScore{Score: 0.5})
		a.Send(`{"type":"something_new","something":{"a":1}}`)
		a.Send(`{"type":"agent_response","agent_response_event":{"agent_response":5}}`)
		a.Send(`this is not JSON`)
		a.send(&convai.Interruption{EventID: 9})
		a.send(&convai.AgentChatResponsePart{Text: "a", Part: convai.PartDelta, EventID: 4})
		a.send(&convai.ServerError{Message: "too loud", ErrorType: "noise"})
		a.send(&convai.ClientError{ErrorName: "odd", Message: "hm"})
		a.WaitFor("contextual_update")
		a.Close(1000, "")
	})
	h := newTestEngine(t, Options{Target: connect.Target{URL: url}}, "a.lua", `
		on("conversation_initiation_metadata", function(e) print("begins " .. e.conversation_id) end)
		on("ping", function(e) print(e.type .. e.event_id .. tostring(e.ping_ms)) end)
		on("audio", function(e) print(#e.audio .. " bytes, " .. tostring(e.audio_base_64)) end)
		on("vad_score", function(e) print("vad " .. e.vad_score) end)
		on("something_new", function(e) print("new " .. e.something.a) end)
		on("interruption", function(e) print("stop " .. e.event_id) end)
		on("agent_chat_response_part", function(e) print(e.type .. " " .. e.part .. " " .. e.text) end)
		on("error", function(e) print("error " .. e.message) end)
		on("client_error", function(e) print("client_error " .. e.error_name) session.context("the last event") end)
	`)
	h.runToEnd()
	for _, want := range []string{"begins conv_1", "ping7null", "3 bytes, nil", "vad 0.5", "new 1", "stop 9", "agent_chat_response_part delta a", "error too loud", "client_error odd"} {
		h.waitFor(bus.Print, want)
	}
	h.waitFor(bus.Error, "noise: too loud")
	h.waitFor(bus.Error, "odd: hm")
	h.waitFor(bus.Log, "agent_response: got number, want string")
	h.waitFor(bus.Log, "something_new")
}

// A job has its result while the scripts run. The event goes to the script of its tool, and the result of a
// tool whose script is not known to all.
func TestTheResultOfAJobGoesToTheScriptOfItsTool(t *testing.T) {
	t.Parallel()
	const listen = `on("job_done", function(e) print(NAME .. " " .. e.tool .. " " .. e.id .. " " .. e.args.n .. " " .. e.result .. " " .. tostring(e.is_error)) end)`
	h := newTestEngine(t, Options{Wait: true},
		"a.lua", `local NAME = "a" `+listen, "script_b.lua", `local NAME = "b" `+listen+` on_start(function() print("b runs") end)`)
	ctx, cancel := context.WithCancel(t.Context())
	wait := h.start(ctx)
	h.waitFor(bus.Print, "b runs")
	for _, script := range []string{"a.lua", ""} {
		h.bus.Publish(bus.FromJob(script, tool.JobResult{ID: "J" + script, Tool: "film", Args: []byte(`{"n":3}`), Result: tool.Failed(tool.ClientTimeout, "late")}))
	}
	h.waitFor(bus.Print, "b film J 3 late true")
	h.waitFor(bus.Print, "a film J 3 late true")
	cancel()
	wait()
	if got := h.printed("a film Ja.lua"); len(got) != 1 {
		t.Errorf("a.lua has got %q", got)
	}
	if got := h.printed("b film Ja.lua"); len(got) != 0 {
		t.Errorf("script_b.lua has got %q", got)
	}
}

func TestAScriptThatListensForAllEventsGetsEachOnce(t *testing.T) {
	t.Parallel()
	kinds := convai.KnownServerTypes()
	url := serveAgent(t, func(a *testAgent) {
		for _, kind := range kinds {
			if kind != "conversation_initiation_metadata" {
				a.Send(anyFrame(kind))
			}
		}
		a.Send(`{"type":"unknown_type","deep":{"er":[1,{"x":null}]}}`)
		a.WaitFor("user_message")
		a.Close(1000, "")
	})
	h := newTestEngine(t, Options{Target: connect.Target{URL: url}}, "a.lua", `
		on("*", function(e)
			if e.type == "unknown_type" then session.send("seen") end
			print("event " .. e.type)
		end)
	`)
	h.runToEnd()
	got := map[string]int{}
	for _, line := range h.printed("event ") {
		got[line]++
	}
	for _, kind := range append(kinds, "unknown_type") {
		if got[kind] != 1 {
			t.Errorf("the script got %s %d times, want once", kind, got[kind])
		}
	}
	if got["status"] == 0 {
		t.Error("the script did not get status, which is an event of Moonlark")
	}
}

// anyFrame returns a frame of the agent of this type.
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
	// The name of the field that holds the data can differ from the type. Package convai knows both.
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

func TestAudioThatIsNotBase64CountsAsNoSound(t *testing.T) {
	t.Parallel()
	url := serveAgent(t, func(a *testAgent) {
		a.Send(`{"type":"audio","audio_event":{"audio_base_64":"not base64!","event_id":1}}`)
		a.call("x", "light", `{"on":"on"}`)
		a.Close(1000, "")
	})
	h := newTestEngine(t, Options{Target: connect.Target{URL: url}}, "a.lua", lightTools+`on("audio", function(e) print(#e.audio .. " bytes of event " .. e.event_id) end)`)
	h.runToEnd()
	h.waitFor(bus.Log, "audio_base_64: illegal base64")
	h.waitFor(bus.Print, "0 bytes of event 1")
}

func TestRaiseSendsScriptsNoEventOfTheConversation(t *testing.T) {
	t.Parallel()
	h := newTestEngine(t, Options{Wait: true}, "a.lua", `
		on("*", function(e) print("any " .. e.type) end)
		on("bell", function(e) print("bell " .. json.encode(e.data)) end)
	`)
	h.start(t.Context())
	testkit.Until(t, "the scripts are loaded", func() bool { return h.Status() == "waiting" })
	for _, name := range eventNames() {
		if err := h.Raise(name, nil); err == nil {
			t.Errorf("Raise(%q) succeeded", name)
		}
	}
	if err := h.Raise("bell", []byte(`{"type":"ping","at":[1]}`)); err != nil {
		t.Error(err)
	}
	h.waitFor(bus.Print, `"at":[1]`)
	h.waitFor(bus.Print, "any bell")
	if h.hasPublished(bus.Print, "any ping") || h.hasPublished(bus.Log, "no event is known") {
		t.Errorf("printed %v, logged %v", h.published(bus.Print), h.published(bus.Log))
	}
}
