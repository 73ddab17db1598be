package localagent

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"moonlark/engine/convai"
	"moonlark/engine/tool"
)

// listen starts an agent and closes it at the end of the test.
func listen(t testing.TB, opts Options) *Server {
	t.Helper()
	s, err := Listen("", opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// these makes a list of tools that never changes.
func these(specs ...*tool.Spec) func() []*tool.Spec {
	return func() []*tool.Spec { return specs }
}

// A client is the other end of a conversation, as a test holds it.
type client struct {
	t  testing.TB
	ws *websocket.Conn
}

// connect dials without opening the conversation.
func connect(t testing.TB, s *Server) *client {
	t.Helper()
	ws, _, err := websocket.DefaultDialer.Dial(s.URL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.Close() })
	return &client{t, ws}
}

// talk opens a conversation and reads as far as its first message.
func talk(t testing.TB, s *Server, textOnly bool) *client {
	t.Helper()
	c := connect(t, s)
	c.send(&convai.ConversationInitiationClientData{Override: &convai.ConversationConfigOverride{
		Conversation: &convai.ConversationOverride{TextOnly: &textOnly},
	}})
	await[*convai.ConversationInitiationMetadata](c)
	await[*convai.AgentResponseComplete](c)
	return c
}

func (c *client) send(m convai.Message) {
	c.t.Helper()
	frame, err := convai.Marshal(m)
	if err != nil {
		c.t.Fatal(err)
	}
	c.raw(string(frame))
}

func (c *client) raw(frame string) {
	c.t.Helper()
	if err := c.ws.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) say(text string) {
	c.t.Helper()
	c.send(&convai.UserMessage{Text: text})
}

func (c *client) next() convai.Message {
	c.t.Helper()
	_ = c.ws.SetReadDeadline(time.Now().Add(5 * time.Second))
	_, data, err := c.ws.ReadMessage()
	if err != nil {
		c.t.Fatalf("read: %v", err)
	}
	f, err := convai.Parse(data)
	if err != nil || f.Message == nil {
		c.t.Fatalf("frame %s: %v", data, err)
	}
	return f.Message
}

// await is the next message of type M; those before it are skipped.
func await[M convai.Message](c *client) M {
	c.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if m, ok := c.next().(M); ok {
			return m
		}
	}
	c.t.Fatalf("no %T", *new(M))
	panic("unreachable")
}

// answer is what the agent says next.
func (c *client) answer() string {
	c.t.Helper()
	return await[*convai.AgentResponse](c).Text
}

// result answers a tool call.
func (c *client) result(call *convai.ClientToolCall, result string) {
	c.t.Helper()
	c.send(&convai.ClientToolResult{ToolCallID: call.ToolCallID, Result: result})
}

// closed reads on until the agent closes, and checks with what.
func (c *client) closed(code int, reason string) {
	c.t.Helper()
	_ = c.ws.SetReadDeadline(time.Now().Add(5 * time.Second))
	for {
		if _, _, err := c.ws.ReadMessage(); err != nil {
			var got *websocket.CloseError
			if !errors.As(err, &got) || got.Code != code || !strings.Contains(got.Text, reason) {
				c.t.Fatalf("got %v, want close %d %q", err, code, reason)
			}
			return
		}
	}
}

// types reads n messages and says what they are, parts and pings apart.
func (c *client) types(n int) string {
	c.t.Helper()
	var names []string
	for len(names) < n {
		m := c.next()
		switch m.(type) {
		case *convai.Ping:
			continue
		}
		names = append(names, m.MessageType())
	}
	return strings.Join(names, " ")
}
