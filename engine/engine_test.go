package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/event"
	"moonlark/engine/script"
)

const lights = `
	register_tool("light", function(args) return "the light is " .. args.on end)
	register_tool("slow", function() sleep(3600) return "late" end)
`

func TestAToolCallIsAnsweredOverTheWire(t *testing.T) {
	url := fake(t, func(a *fakeAgent) {
		for i, row := range []struct{ name, args, result, errorType string }{
			{"light", `{"on":"on"}`, "the light is on", ""},
			{"light", `[]`, "light: the arguments must be a JSON object, not []", "external_client"},
			{"lihgt", `{}`, "there is no tool 'lihgt' (did you mean 'light'?); the tools are light, slow", "external_client"},
		} {
			r := a.call(fmt.Sprint("call-", i), row.name, row.args)
			if r.ToolCallID != fmt.Sprint("call-", i) || r.Result != row.result || r.ErrorType != row.errorType || r.IsError != (row.errorType != "") {
				t.Errorf("%s(%s) = %+v", row.name, row.args, r)
			}
		}
		a.close(1000, "done")
	})
	h := build(t, Options{Target: Target{URL: url}}, "a.lua", lights)
	if err := h.start(context.Background())(); err != nil {
		t.Error(err)
	}
	calls, results := h.all(event.ToolCall), h.all(event.ToolResult)
	if results[0].CPU <= 0 || results[0].CPU > results[0].Seconds {
		t.Errorf("Lua ran for %v s of %v s", results[0].CPU, results[0].Seconds)
	}
	if len(calls) != 3 || len(results) != 3 || calls[0].Script != "a.lua" || *results[0].Result != "the light is on" {
		t.Errorf("shown: %+v, %+v", calls, results)
	}
}

func TestAToolRequestRunsNothing(t *testing.T) {
	url := fake(t, func(a *fakeAgent) {
		a.send(&convai.AgentToolRequest{ToolName: "light", ToolCallID: "x", ToolType: "client", EventID: 1})
		a.call("y", "light", `{"on":"on"}`)
		a.close(1000, "")
	})
	h := build(t, Options{Target: Target{URL: url}}, "a.lua", lights)
	h.start(context.Background())()
	if n := len(h.all(event.ToolResult)); n != 1 {
		t.Errorf("%d tools ran, want 1", n)
	}
}

func TestACallIDRunsOnce(t *testing.T) {
	url := fake(t, func(a *fakeAgent) {
		a.call("same", "light", `{"on":"on"}`)
		a.ask("same", "light", `{"on":"off"}`)
		if r := a.call("other", "light", `{"on":"dim"}`); r.ToolCallID != "other" {
			t.Errorf("a second answer to the same call: %+v", r)
		}
		a.close(1000, "")
	})
	h := build(t, Options{Target: Target{URL: url}}, "a.lua", lights)
	h.start(context.Background())()
	h.until(event.Log, "twice")
}

func TestAPongDoesNotWaitForLua(t *testing.T) {
	url := fake(t, func(a *fakeAgent) {
		a.ask("burn", "burn", "{}")
		for i := range 20 {
			began := time.Now()
			a.send(&convai.Ping{EventID: i})
			if p, ok := a.expect("pong").(*convai.Pong); !ok || p.EventID != i {
				t.Errorf("ping %d was answered by %+v", i, p)
			}
			if took := time.Since(began); took > time.Second {
				t.Errorf("the pong took %v", took)
			}
		}
		if r, _ := a.expect("client_tool_result").(*convai.ClientToolResult); r == nil || r.ErrorType != "client_timeout" {
			t.Errorf("burn = %+v", r)
		}
		a.close(1000, "")
	})
	h := build(t, Options{Target: Target{URL: url}}, "a.lua", `register_tool { name = "burn", timeout = 0.3, handler = function() while true do end end }`)
	h.start(context.Background())()
}

func TestEventsReachTheScript(t *testing.T) {
	url := fake(t, func(a *fakeAgent) {
		a.raw(`{"type":"ping","ping_event":{"event_id":7,"ping_ms":null}}`)
		a.send(&convai.Audio{Base64: convai.Base64("AAEC"), EventID: 3})
		a.send(&convai.VADScore{Score: 0.5})
		a.raw(`{"type":"something_new","something":{"a":1}}`)
		a.raw(`{"type":"agent_response","agent_response_event":{"agent_response":5}}`)
		a.raw(`this is not JSON`)
		a.send(&convai.Interruption{EventID: 9})
		a.send(&convai.AgentChatResponsePart{Text: "a", Part: convai.PartDelta, EventID: 4})
		a.send(&convai.ServerError{Message: "too loud", ErrorType: "noise"})
		a.send(&convai.ClientError{ErrorName: "odd", Message: "hm"})
		a.expect("contextual_update")
		a.close(1000, "")
	})
	h := build(t, Options{Target: Target{URL: url}}, "a.lua", `
		on("conversation_initiation_metadata", function(e) print("begins " .. e.conversation_id) end)
		on("ping", function(e) print(e.type .. e.event_id .. tostring(e.ping_ms)) end)
		on("audio", function(e) print(#e.audio .. " bytes, " .. tostring(e.audio_base_64)) end)
		on("vad_score", function(e) print("vad " .. e.vad_score) end)
		on("something_new", function(e) print("new " .. e.something.a) end)
		on("interruption", function(e) print("stop " .. e.event_id) end)
		on("agent_chat_response_part", function(e) print(e.type .. " " .. e.part .. " " .. e.text) end)
		on("error", function(e) print("error " .. e.message) end)
		on("client_error", function(e) print("client_error " .. e.error_name) session.context("heard all") end)
	`)
	h.start(context.Background())()
	for _, want := range []string{"begins conv_fake", "ping7null", "3 bytes, nil", "vad 0.5", "new 1", "stop 9", "agent_chat_response_part delta a", "error too loud", "client_error odd"} {
		h.until(event.Print, want)
	}
	h.until(event.Error, "noise: too loud")
	h.until(event.Error, "odd: hm")
	h.until(event.Log, "agent_response: got number, want string")
	h.until(event.Log, "something_new")
}

func TestAResultWhoseConversationIsOverIsReported(t *testing.T) {
	url := fake(t, func(a *fakeAgent) {
		a.ask("late", "late", "{}")
		time.Sleep(20 * time.Millisecond)
		a.close(1000, "bye")
	})
	h := build(t, Options{Target: Target{URL: url}}, "a.lua", `
		register_tool("late", function(_, call) sleep(0.2) print("cancelled " .. tostring(call:cancelled())) return "done" end)
		on("orphaned_result", function(e) print(e.tool_name .. " " .. e.tool_call_id .. " " .. e.result .. " " .. tostring(e.is_error) .. " " .. e.conversation_id) end)
	`)
	if err := h.start(context.Background())(); err != nil {
		t.Error(err)
	}
	h.until(event.Print, "cancelled true")
	h.until(event.Print, "late late done false conv_fake")
	if r := h.all(event.ToolResult); len(r) != 1 || !r[0].Orphaned {
		t.Errorf("shown: %+v, want one orphaned result", r)
	}
}

func TestTheCloseCodeReachesTheUserWithAHint(t *testing.T) {
	url := fake(t, func(a *fakeAgent) { a.close(1008, "Missing required dynamic variables in first message: {'name'}") })
	h := build(t, Options{Target: Target{URL: url}}, "a.lua", lights)
	err := h.start(context.Background())()
	var ended *EndedError
	if !errors.As(err, &ended) {
		t.Errorf("Run = %v, want an EndedError", err)
	}
	d := h.all(event.Disconnected)
	if len(d) != 1 || d[0].Code != 1008 || !strings.Contains(d[0].Hint, "name") {
		t.Errorf("shown: %+v", d)
	}
}

func TestSessionStopLetsResultAndFarewellOutFirst(t *testing.T) {
	var result atomic.Bool
	left := make(chan struct{})
	url := fake(t, func(a *fakeAgent) {
		if r := a.call("x", "bye", "{}"); r.Result == "see you" {
			result.Store(true)
		}
		a.send(&convai.AgentResponse{Text: "Goodbye!", EventID: 2})
		a.send(&convai.AgentResponseComplete{EventID: 2})
		for m := a.next(); m != nil; m = a.next() {
		}
		close(left)
	})
	h := build(t, Options{Target: Target{URL: url}}, "a.lua", `register_tool("bye", function() session.stop() return "see you" end)`)
	if err := h.start(context.Background())(); err != nil {
		t.Error(err)
	}
	<-left
	if !result.Load() || !h.shown(event.Agent, "Goodbye!") {
		t.Errorf("result sent: %v, shown: %+v", result.Load(), h.all(event.Agent))
	}
}

func TestEndingTheProcessAnswersEveryCall(t *testing.T) {
	answers := make(chan *convai.ClientToolResult, 2)
	ready := make(chan struct{})
	url := fake(t, func(a *fakeAgent) {
		a.ask("slow", "slow", "{}")
		a.ask("soon", "soon", "{}")
		a.expect("contextual_update")
		close(ready)
		for range 2 {
			r, _ := a.expect("client_tool_result").(*convai.ClientToolResult)
			answers <- r
		}
		for m := a.next(); m != nil; m = a.next() {
		}
	})
	h := build(t, Options{Target: Target{URL: url}}, "a.lua", lights+`
		register_tool("soon", function() session.context("here") sleep(0.2) return "just in time" end)
		on_unload(function() print("unloaded") end)
	`)
	ctx, cancel := context.WithCancel(context.Background())
	wait := h.start(ctx)
	<-ready
	began := time.Now()
	cancel()
	if err := wait(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 4*time.Second { // promised: 2 s
		t.Errorf("the end took %v", took)
	}
	one, two := <-answers, <-answers
	if one.Result != "just in time" || two.Result != "shutting down" {
		t.Errorf("answers: %+v, %+v", one, two)
	}
	h.until(event.Print, "unloaded")
}

func TestHeadlessTheFirstConnectionIsTriedAgain(t *testing.T) {
	var url atomic.Value
	server := fake(t, func(a *fakeAgent) { a.close(1000, "") })
	h := build(t, Options{Target: Target{URL: "ws://127.0.0.1:1/"}, Retry: true}, "a.lua", lights)
	url.Store(server)
	ctx, cancel := context.WithCancel(context.Background())
	wait := h.start(ctx)
	h.until(event.Retrying, "connection refused")
	cancel()
	if err := wait(); err != nil {
		t.Error(err)
	}
	once := build(t, Options{Target: Target{URL: "ws://127.0.0.1:1/"}}, "a.lua", lights)
	if err := once.start(context.Background())(); err == nil || len(once.all(event.Retrying)) > 0 {
		t.Errorf("without Retry: %v", err)
	}
}

func TestSeveralScriptsServeOneConversation(t *testing.T) {
	url := fake(t, func(a *fakeAgent) {
		a.send(&convai.Ping{EventID: 1})
		if r := a.call("1", "one", "{}"); r.Result != "1" {
			t.Errorf("one = %+v", r)
		}
		if r := a.call("2", "two", "{}"); r.Result != "2" {
			t.Errorf("two = %+v", r)
		}
		a.close(1000, "")
	})
	h := build(t, Options{Target: Target{URL: url}},
		"script1.lua", `shared = 1 register_tool("one", function() return shared end) on("ping", function() print("one hears") end)`,
		"script2.lua", `shared = 2 register_tool("two", function() return shared end) on("ping", function() print("two hears") end)`)
	h.start(context.Background())()
	h.until(event.Print, "one hears")
	h.until(event.Print, "two hears")
}

func TestAScriptThatDoesNotLoadEndsRunBeforeAnythingIsConnected(t *testing.T) {
	h := build(t, Options{Target: Target{URL: "ws://127.0.0.1:1/"}}, "a.lua", "x = = 1")
	err := h.start(context.Background())()
	var load *script.LoadError
	if !errors.As(err, &load) || !strings.Contains(load.Text, "a.lua:1:") {
		t.Errorf("Run = %v, want a LoadError with a.lua:1:", err)
	}
}

func TestTheEmbeddedAgentRunsATool(t *testing.T) {
	h := build(t, Options{TextOnly: true, Talk: func(ctx context.Context, e *Engine) error {
		e.AwaitGreeting(ctx)
		e.Say("switch the hall light on")
		return e.AwaitReply(ctx)
	}}, "a.lua", `
		register_tool("light", {
			parameters = { room = { type = "string", enum = { "hall", "attic" } }, on = { type = "boolean" } },
			phrases = { "switch the {room} light {on}" },
		}, function(a) return a.room .. " " .. tostring(a.on) end)
	`)
	if err := h.start(context.Background())(); err != nil {
		t.Error(err)
	}
	if !h.shown(event.Agent, "hall true") || len(h.all(event.AgentPart)) == 0 {
		t.Errorf("shown: %+v", h.all(event.Agent))
	}
}

func TestCallRunsOneTool(t *testing.T) {
	h := build(t, Options{}, "a.lua", lights+`on_start(function() print("started") end)`)
	r, err := Call(context.Background(), Options{Scripts: []string{h.path("a.lua")}, Show: h.note}, "light", json.RawMessage(`{"on":"red"}`))
	if err != nil || r.Text != "the light is red" {
		t.Errorf("got %+v, %v", r, err)
	}
	h.until(event.Print, "started")
	h.close()
}

func TestCheckRunsNoHandler(t *testing.T) {
	h := build(t, Options{}, "a.lua", `
		register_tool("x", function() print("tool ran") end)
		on("ping", function() end)
		on_start(function() print("on_start ran") end)
		on_unload(function() print("on_unload ran") end)
		after(0, function() print("timer ran") end)
		spawn(function() print("spawn ran") end)
		print("top level ran")
	`)
	all, err := Check(Options{Scripts: []string{h.path("a.lua")}, Show: h.note})
	if err != nil || len(all) != 1 || len(all[0].Tools) != 1 || all[0].On[0] != "ping" {
		t.Errorf("got %+v, %v", all, err)
	}
	h.until(event.Print, "top level ran")
	if n := len(h.all(event.Print)); n != 1 {
		t.Errorf("%d lines were printed, want the top level's", n)
	}
	h.close()
}

func TestAudioIsDecodedOnlyWhenAScriptListens(t *testing.T) {
	broken := func(a *fakeAgent) {
		a.raw(`{"type":"audio","audio_event":{"audio_base_64":"not base64!","event_id":1}}`)
		a.call("x", "light", `{"on":"on"}`)
		a.close(1000, "")
	}
	deaf := build(t, Options{Target: Target{URL: fake(t, broken)}}, "a.lua", lights)
	deaf.start(context.Background())()
	if deaf.shown(event.Log, "audio") {
		t.Errorf("it was decoded, and nobody listens: %+v", deaf.all(event.Log))
	}
	listening := build(t, Options{Target: Target{URL: fake(t, broken)}}, "a.lua", lights+`on("audio", function() end)`)
	listening.start(context.Background())()
	listening.until(event.Log, "audio: ")
}
