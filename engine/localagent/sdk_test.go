package localagent

import (
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"moonlark/engine/convai"
)

// The Python SDK (conversation.py) opens with empty objects, has its
// microphone open before it has heard anything, and answers a ping at once.
func TestPythonClientIsServed(t *testing.T) {
	s := listen(t, Options{Tools: house, PingEvery: 20 * time.Millisecond})
	ws, _, err := websocket.DefaultDialer.Dial(s.URL()+"&source=python_sdk&version=2.59.0", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	c := &client{t, ws}
	c.raw(`{"type":"conversation_initiation_client_data","custom_llm_extra_body":{},"conversation_config_override":{},"dynamic_variables":{},"source_info":{"source":"python_sdk","version":"2.59.0"}}`)
	silence := base64.StdEncoding.EncodeToString(make([]byte, 8000))
	for range 40 {
		c.raw(`{"user_audio_chunk":"` + silence + `"}`)
	}
	if _, ok := c.next().(*convai.ConversationInitiationMetadata); !ok {
		t.Error("the first frame is not the metadata")
	}
	c.raw(`{"type":"user_message","text":"turn off the kitchen light"}`)
	pongs := 0
	for {
		switch m := c.next().(type) {
		case *convai.Ping:
			c.send(&convai.Pong{EventID: m.EventID})
			pongs++
		case *convai.ClientToolCall:
			for pongs < 2 {
				c.send(&convai.Pong{EventID: await[*convai.Ping](c).EventID})
				pongs++
			}
			c.raw(`{"type":"client_tool_result","tool_call_id":"` + m.ToolCallID + `","result":"Client tool: set_light called successfully.","is_error":false}`)
		case *convai.AgentResponse:
			if m.EventID == 1 {
				continue // the greeting
			}
			if want := "Client tool: set_light called successfully."; m.Text != want {
				t.Errorf("got %q, want %q", m.Text, want)
			}
			return
		}
	}
}

// The JavaScript SDK (WebSocketConnection.ts) offers a subprotocol, without
// which a browser refuses the connection, takes whatever comes first for the
// metadata, and says why it leaves.
func TestJavaScriptClientIsServed(t *testing.T) {
	s := listen(t, Options{Tools: house})
	dialer := websocket.Dialer{Subprotocols: []string{"convai", "bearer.token"}}
	ws, _, err := dialer.Dial(s.URL()+"&source=js_sdk&version=1.21.0", http.Header{"Origin": {"http://localhost:5173"}})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	if got := ws.Subprotocol(); got != "convai" {
		t.Errorf("subprotocol: got %q", got)
	}
	c := &client{t, ws}
	c.raw(`{"type":"conversation_initiation_client_data","conversation_config_override":{"agent":{},"tts":{},"conversation":{"text_only":true}},"source_info":{"source":"js_sdk","version":"1.21.0"}}`)
	if _, ok := c.next().(*convai.ConversationInitiationMetadata); !ok {
		t.Error("the first frame is not the metadata")
	}
	await[*convai.AgentResponse](c)
	c.raw(`{"type":"user_message","text":"what time is it"}`)
	call := await[*convai.ClientToolCall](c)
	c.raw(`{"type":"client_tool_result","tool_call_id":"` + call.ToolCallID + `","result":"{\"time\":\"12:30\"}","is_error":false}`)
	if got, want := c.answer(), "time: 12:30"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	_ = ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, "User ended conversation"), time.Now().Add(time.Second))
	c.closed(websocket.CloseNormalClosure, "")
}
