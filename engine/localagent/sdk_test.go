package localagent

import (
	"encoding/base64"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/convai"

	"github.com/gorilla/websocket"
)

// The Python SDK (conversation.py) opens the conversation with empty objects, sends sound before it
// has received any message, and answers each ping at once. The agent has to serve such a client.
func TestPythonClientIsServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := startAgent(t, Options{Tools: homeTools, PingInterval: 20 * time.Millisecond})
		dialer := websocket.Dialer{NetDialContext: a.dial}
		ws, _, err := dialer.Dial(a.URL()+"&source=python_sdk&version=2.59.0", nil)
		if err != nil {
			t.Fatal(err)
		}
		c := newClient(t, ws)
		c.sendFrame(`{"type":"conversation_initiation_client_data","custom_llm_extra_body":{},"conversation_config_override":{},"dynamic_variables":{},"source_info":{"source":"python_sdk","version":"2.59.0"}}`)
		silence := base64.StdEncoding.EncodeToString(make([]byte, 8000))
		for range 40 {
			c.sendFrame(`{"user_audio_chunk":"` + silence + `"}`)
		}
		if _, ok := c.next().(*convai.ConversationInitiationMetadata); !ok {
			t.Error("the first frame is not the metadata")
		}
		c.sendFrame(`{"type":"user_message","text":"turn off the kitchen light"}`)
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
				c.sendFrame(`{"type":"client_tool_result","tool_call_id":"` + m.ToolCallID + `","result":"Client tool: set_light called successfully.","is_error":false}`)
			case *convai.AgentResponse:
				if m.EventID == 1 {
					continue // skip the agent's greeting
				}
				if want := "Client tool: set_light called successfully."; m.Text != want {
					t.Errorf("got %q, want %q", m.Text, want)
				}
				return
			}
		}
	})
}

// The JavaScript SDK (WebSocketConnection.ts) asks for a subprotocol. A browser refuses the
// connection if the agent does not accept this subprotocol. The SDK takes the first frame for the
// metadata, and it ends the conversation with a close frame that contains a reason.
func TestJavaScriptClientIsServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := startAgent(t, Options{Tools: homeTools})
		dialer := websocket.Dialer{NetDialContext: a.dial, Subprotocols: []string{"convai", "bearer.token"}}
		ws, _, err := dialer.Dial(a.URL()+"&source=js_sdk&version=1.21.0", http.Header{"Origin": {"http://localhost:5173"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := ws.Subprotocol(); got != "convai" {
			t.Errorf("subprotocol: got %q", got)
		}
		c := newClient(t, ws)
		c.sendFrame(`{"type":"conversation_initiation_client_data","conversation_config_override":{"agent":{},"tts":{},"conversation":{"text_only":true}},"source_info":{"source":"js_sdk","version":"1.21.0"}}`)
		if _, ok := c.next().(*convai.ConversationInitiationMetadata); !ok {
			t.Error("the first frame is not the metadata")
		}
		await[*convai.AgentResponse](c)
		c.sendFrame(`{"type":"user_message","text":"what time is it"}`)
		call := await[*convai.ClientToolCall](c)
		c.sendFrame(`{"type":"client_tool_result","tool_call_id":"` + call.ToolCallID + `","result":"{\"time\":\"12:30\"}","is_error":false}`)
		if got, want := c.awaitResponse(), "time: 12:30"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		_ = ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, "User ended conversation"), time.Now().Add(time.Second))
		c.awaitClose(websocket.CloseNormalClosure, "")
	})
}
