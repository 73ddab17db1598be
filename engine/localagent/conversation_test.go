package localagent

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/convai"

	"github.com/gorilla/websocket"
)

func TestConversationOpensWithMetadataAndGreeting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, startAgent(t, Options{Tools: homeTools}))
		c.send(&convai.ConversationInitiationClientData{})
		meta, ok := c.next().(*convai.ConversationInitiationMetadata)
		if !ok || !strings.HasPrefix(meta.ConversationID, "conv_") || meta.AgentOutputAudioFormat != "pcm_16000" || meta.UserInputAudioFormat != "pcm_16000" {
			t.Errorf("first frame: got %+v", meta)
		}
		first, ok := c.next().(*convai.AgentResponse)
		if want := `Hello! Try "turn on the kitchen light", "what time is it" or "remind me to something", or "help" for all 4 tools.`; !ok || first.Text != want {
			t.Errorf("greeting: got %+v, want %s", first, want)
		}
		if m, ok := c.next().(*convai.AgentResponseComplete); !ok || m.EventID != first.EventID {
			t.Errorf("after the greeting: got %+v", m)
		}
	})
}

func TestOptionsAndClientCanSetTheFirstMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := startAgent(t, Options{FirstMessage: "What now?"})
		for _, row := range []struct{ why, override, want string }{
			{"the options set the first message", `{}`, "What now?"},
			{"a client that sends null does not change the first message", `{"agent":{"first_message":null}}`, "What now?"},
			{"the client overrides the first message", `{"agent":{"first_message":"Speak."}}`, "Speak."},
			{"an empty first message means that the user speaks first", `{"agent":{"first_message":""}}`, noTools},
		} {
			c := connect(t, a)
			c.sendFrame(`{"type":"conversation_initiation_client_data","conversation_config_override":` + row.override + `}`)
			c.say("turn on the light")
			if got := c.awaitResponse(); got != row.want {
				t.Errorf("%s: got %q, want %q", row.why, got, row.want)
			}
		}
	})
}

func TestGoodbyeEndsTheConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openText(t, startAgent(t, Options{Tools: homeTools}), false)
		c.say("turn off the hall light, goodbye")
		c.sendResult(await[*convai.ClientToolCall](c), "ok")
		if got, want := c.awaitResponse(), "Done. Goodbye!"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if end := await[*convai.AgentToolResponse](c); end.ToolName != convai.EndCall || end.ToolType != "system" || end.IsError {
			t.Errorf("got %+v", end)
		}
		c.awaitClose(websocket.CloseNormalClosure, "")
	})
}

func TestPingsMeasureTheRoundTrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openText(t, startAgent(t, Options{PingInterval: 30 * time.Millisecond}), false)
		data := c.nextFrame()
		// the Python SDK (elevenlabs-python) fails if ping_ms is missing
		if !strings.HasSuffix(string(data), `,"ping_ms":null}}`) {
			t.Errorf("first ping: got %s", data)
		}
		f, err := convai.Parse(data)
		first, ok := f.Message.(*convai.Ping)
		if err != nil || !ok {
			t.Fatalf("got %s, want a ping", data)
		}
		time.Sleep(10 * time.Millisecond)
		c.send(&convai.Pong{EventID: first.EventID})
		second := await[*convai.Ping](c)
		if second.EventID != first.EventID+1 || second.PingMS == nil || *second.PingMS != 10 {
			t.Errorf("got %+v after %+v, want 10 ms", second, first)
		}
	})
}

func TestMessagesThatHaveNoEffectAreIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openText(t, startAgent(t, Options{}), false)
		for _, frame := range []string{
			`{"user_audio_chunk":"AAAA"}`, `{"user_audio_chunk":""}`, `{"type":"user_activity"}`, `{"type":"contextual_update","text":"it rains"}`,
			`{"type":"feedback","event_id":1,"score":null}`, `{"type":"pong","event_id":99}`, `{"type":"user_message"}`,
			`{"type":"user_message","text":null}`, `{"type":"user_message","text":"  "}`, `{"type":"multimodal_message","file":{"type":"file_input","file_id":"f"}}`,
			`{"type":"mcp_tool_approval_result","tool_call_id":"x","is_approved":true}`, `{"type":"conversation_initiation_client_data"}`,
			`{"type":"client_tool_result","tool_call_id":"x","result":"y","is_error":false}`,
		} {
			c.sendFrame(frame)
		}
		c.say("thanks")
		if got, want := c.awaitResponse(), "You are welcome."; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestInvalidFramesCloseTheConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := startAgent(t, Options{Tools: homeTools})
		for _, row := range []struct{ why, frame string }{
			{"an object as result", `{"type":"client_tool_result","tool_call_id":"x","result":{"a":1},"is_error":false}`},
			{"null as result", `{"type":"client_tool_result","tool_call_id":"x","result":null,"is_error":false}`},
			{"no result", `{"type":"client_tool_result","tool_call_id":"x","is_error":false}`},
			{"a number as result", `{"type":"client_tool_result","tool_call_id":"x","result":1,"is_error":false}`},
			{"an unknown type", `{"type":"launch"}`},
			{"no type", `{}`},
			{"a type that is not a string", `{"type":7}`},
			{"an array", `[1,2]`},
			{"not JSON", `hello`},
			{"an empty frame", ``},
			{"text that is not a string", `{"type":"user_message","text":{"a":1}}`},
			{"deep nesting", `{"type":` + strings.Repeat("[", 100000)},
			{"a message of the server", `{"type":"ping","ping_event":{"event_id":1}}`},
			{"invalid UTF-8", "{\"type\":\"\xff\"}"},
		} {
			c := openText(t, a, false)
			c.sendFrame(row.frame)
			if e := await[*convai.ServerError](c); e.Code != 1008 || e.ErrorType != "invalid_message" || e.DebugMessage == "" {
				t.Errorf("%s: got %+v", row.why, e)
			}
			c.awaitClose(websocket.ClosePolicyViolation, "Invalid message received")
		}
		c := openText(t, a, false)
		_ = c.ws.WriteMessage(websocket.BinaryMessage, []byte(`{"type":"user_activity"}`))
		c.awaitClose(websocket.ClosePolicyViolation, "Invalid message received")
		c = openText(t, a, false)
		// The error is ignored, because the agent may close the connection before it has read the
		// whole frame.
		_ = c.ws.WriteMessage(websocket.TextMessage, make([]byte, maxFrame+1))
		c.ws.Close()
	})
}

func TestConversationHasToBeOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := startAgent(t, Options{OpenTimeout: 50 * time.Millisecond})
		c := connect(t, a)
		c.awaitClose(websocket.ClosePolicyViolation, "no conversation_initiation_client_data within 50ms")

		c = connect(t, a)
		c.say("hello")
		c.awaitClose(websocket.ClosePolicyViolation, "conversation_initiation_client_data has to come before user_message")

		// This client sends an enclave_setup_config and the sound of the microphone before it opens
		// the conversation.
		c = connect(t, a)
		c.sendFrame(`{"type":"enclave_setup_config","agent_config_dict":{},"override_agent_config_list":[],"tools_config_list":[],"prompt_knowledge_base":[]}`)
		c.sendFrame(`{"user_audio_chunk":"AAAA"}`)
		c.send(&convai.ConversationInitiationClientData{})
		await[*convai.ConversationInitiationMetadata](c)
	})
}
