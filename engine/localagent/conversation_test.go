package localagent

import (
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"moonlark/engine/convai"
)

func TestConversationOpensWithMetadataAndGreeting(t *testing.T) {
	c := connect(t, listen(t, Options{Tools: house}))
	c.send(&convai.ConversationInitiationClientData{})
	meta, ok := c.next().(*convai.ConversationInitiationMetadata)
	if !ok || !strings.HasPrefix(meta.ConversationID, "conv_") || meta.AgentOutputAudioFormat != "pcm_16000" || meta.UserInputAudioFormat != "pcm_16000" {
		t.Errorf("first frame: got %+v", meta)
	}
	first, ok := c.next().(*convai.AgentResponse)
	if want := `Hello! Try "turn on the kitchen light", "set the heating to 5 degrees" or "what time is it", or "help" for all 7 tools.`; !ok || first.Text != want {
		t.Errorf("greeting: got %+v, want %s", first, want)
	}
	if m, ok := c.next().(*convai.AgentResponseComplete); !ok || m.EventID != first.EventID {
		t.Errorf("after the greeting: got %+v", m)
	}
}

func TestFirstMessageCanBeChosen(t *testing.T) {
	s := listen(t, Options{FirstMessage: "What now?"})
	for _, row := range []struct{ why, override, want string }{
		{"by the options", `{}`, "What now?"},
		{"null leaves it", `{"agent":{"first_message":null}}`, "What now?"},
		{"by the client", `{"agent":{"first_message":"Speak."}}`, "Speak."},
		{"empty: the user begins", `{"agent":{"first_message":""}}`, noTools},
	} {
		c := connect(t, s)
		c.raw(`{"type":"conversation_initiation_client_data","conversation_config_override":` + row.override + `}`)
		c.say("turn on the light")
		if got := c.answer(); got != row.want {
			t.Errorf("%s: got %q, want %q", row.why, got, row.want)
		}
	}
}

func TestGoodbyeEndsTheCall(t *testing.T) {
	c := talk(t, listen(t, Options{Tools: house}), false)
	c.say("turn off the hall light, goodbye")
	c.result(await[*convai.ClientToolCall](c), "ok")
	if got, want := c.answer(), "Done. Goodbye!"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if end := await[*convai.AgentToolResponse](c); end.ToolName != convai.EndCall || end.ToolType != "system" || end.IsError {
		t.Errorf("got %+v", end)
	}
	c.closed(websocket.CloseNormalClosure, "")
}

func TestPingsMeasureThePongBefore(t *testing.T) {
	c := talk(t, listen(t, Options{PingEvery: 30 * time.Millisecond}), false)
	_, data, err := c.ws.ReadMessage()
	if err != nil || !strings.HasSuffix(string(data), `,"ping_ms":null}}`) { // null, not left out: elevenlabs-python fails without
		t.Errorf("first ping: got %s %v", data, err)
	}
	f, err := convai.Parse(data)
	first, ok := f.Message.(*convai.Ping)
	if err != nil || !ok {
		t.Fatalf("got %s, want a ping", data)
	}
	last, took := first.EventID, (*int)(nil) // not 1 when the greeting came late
	for took == nil {                        // a pong that comes after the next ping does not count: this machine may be busy
		time.Sleep(10 * time.Millisecond)
		c.send(&convai.Pong{EventID: last})
		ping := await[*convai.Ping](c)
		if ping.EventID != last+1 {
			t.Fatalf("got ping %d after %d", ping.EventID, last)
		}
		last, took = ping.EventID, ping.PingMS
	}
	if *took < 10 || *took > 1000 {
		t.Errorf("got ping_ms %d, want 10 or a little more", *took)
	}
}

func TestWhatIsNotActedOnDoesNoHarm(t *testing.T) {
	c := talk(t, listen(t, Options{}), false)
	for _, frame := range []string{
		`{"user_audio_chunk":"AAAA"}`, `{"user_audio_chunk":""}`, `{"type":"user_activity"}`, `{"type":"contextual_update","text":"it rains"}`,
		`{"type":"feedback","event_id":1,"score":null}`, `{"type":"pong","event_id":99}`, `{"type":"user_message"}`,
		`{"type":"user_message","text":null}`, `{"type":"user_message","text":"  "}`, `{"type":"multimodal_message","file":{"type":"file_input","file_id":"f"}}`,
		`{"type":"mcp_tool_approval_result","tool_call_id":"x","is_approved":true}`, `{"type":"conversation_initiation_client_data"}`,
		`{"type":"client_tool_result","tool_call_id":"x","result":"y","is_error":false}`,
	} {
		c.raw(frame)
	}
	c.say("thanks")
	if got, want := c.answer(), "You are welcome."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestHostileFramesCloseTheConversation(t *testing.T) {
	s := listen(t, Options{Tools: house})
	for _, row := range []struct{ why, frame string }{
		{"an object as result", `{"type":"client_tool_result","tool_call_id":"x","result":{"a":1},"is_error":false}`},
		{"null as result", `{"type":"client_tool_result","tool_call_id":"x","result":null,"is_error":false}`},
		{"no result", `{"type":"client_tool_result","tool_call_id":"x","is_error":false}`},
		{"a number as result", `{"type":"client_tool_result","tool_call_id":"x","result":1,"is_error":false}`},
		{"an unknown type", `{"type":"launch"}`},
		{"no type", `{}`},
		{"a type that is no string", `{"type":7}`},
		{"no object", `[1,2]`},
		{"no JSON", `hello`},
		{"nothing", ``},
		{"text that is no string", `{"type":"user_message","text":{"a":1}}`},
		{"deep nesting", `{"type":` + strings.Repeat("[", 100000)},
		{"a message of the server's", `{"type":"ping","ping_event":{"event_id":1}}`},
		{"letters that are none", "{\"type\":\"\xff\"}"},
	} {
		t.Run(row.why, func(t *testing.T) {
			c := talk(t, s, false)
			c.raw(row.frame)
			if e := await[*convai.ServerError](c); e.Code != 1008 || e.ErrorType != "invalid_message" || e.DebugMessage == "" {
				t.Errorf("got %+v", e)
			}
			c.closed(websocket.ClosePolicyViolation, "Invalid message received")
		})
	}
	c := talk(t, s, false)
	_ = c.ws.WriteMessage(websocket.BinaryMessage, []byte(`{"type":"user_activity"}`))
	c.closed(websocket.ClosePolicyViolation, "Invalid message received")
	c = talk(t, s, false)
	_ = c.ws.WriteMessage(websocket.TextMessage, make([]byte, mostFrame+1)) // it may be cut off while it writes
	c.ws.Close()
}

func TestConversationHasToBeOpened(t *testing.T) {
	c := connect(t, listen(t, Options{Patience: 50 * time.Millisecond}))
	c.closed(websocket.ClosePolicyViolation, "no conversation_initiation_client_data within 50ms")

	s := listen(t, Options{})
	c = connect(t, s)
	c.say("hello")
	c.closed(websocket.ClosePolicyViolation, "conversation_initiation_client_data has to come before user_message")

	c = connect(t, s) // an on-prem client, and a microphone that is open already
	c.raw(`{"type":"enclave_setup_config","agent_config_dict":{},"override_agent_config_list":[],"tools_config_list":[],"prompt_knowledge_base":[]}`)
	c.raw(`{"user_audio_chunk":"AAAA"}`)
	c.send(&convai.ConversationInitiationClientData{})
	await[*convai.ConversationInitiationMetadata](c)
}
