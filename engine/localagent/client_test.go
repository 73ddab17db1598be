package localagent

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/tool"

	"github.com/gorilla/websocket"
)

// A testAgent is a Server whose network connections are in memory, so that it can run in a synctest
// bubble.
type testAgent struct {
	*Server
	dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// startAgent starts an agent without a real network, and closes it at the end of the test.
func startAgent(t testing.TB, opts Options) testAgent {
	t.Helper()
	l := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	s := serve(l, opts)
	t.Cleanup(func() { closeAgent(t, s) })
	return testAgent{s, l.dial}
}

// listenAgent starts an agent that listens on a TCP port, and closes it at the end of the test.
func listenAgent(t testing.TB, opts Options) testAgent {
	t.Helper()
	s, err := Listen("", opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeAgent(t, s) })
	return testAgent{s, new(net.Dialer).DialContext}
}

func closeAgent(t testing.TB, s *Server) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Errorf("close: %v", err)
	}
}

// A pipeListener is a net.Listener. It accepts connections in memory, which its dial method
// creates.
type pipeListener struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4711} }

// fixedTools returns a function for Options.Tools that always returns specs.
func fixedTools(specs ...*tool.Spec) func() []*tool.Spec {
	return func() []*tool.Spec { return specs }
}

// homeTools returns the tools of a script that controls the lights and other things in a home. They
// have phrases for the brain of package phrases.
func homeTools() []*tool.Spec {
	room := &tool.Schema{Type: "string", Enum: []string{"kitchen", "hall", "Living Room"}}
	return []*tool.Spec{
		{
			Name: "set_light", Description: "Switch a light on or off",
			Parameters: &tool.Schema{
				Type:       "object",
				Properties: []tool.Property{{Name: "room", Schema: room}, {Name: "on", Schema: &tool.Schema{Type: "boolean"}}},
				Required:   []string{"room", "on"},
			},
			Phrases: []string{"turn {on} the {room} light"},
		},
		{Name: "get_time", Description: "The time of day", Phrases: []string{"what time is it", "tell me the time"}},
		{Name: "remind", Phrases: []string{"remind me to {text}"}},
		{Name: "recite", Phrases: []string{"recite"}},
	}
}

// A client is the client of a conversation. A goroutine reads the frames that the agent sends.
type client struct {
	t  testing.TB
	ws *websocket.Conn
	// frames from the agent; err is set, and then the channel is closed, when the connection ends
	frames chan []byte
	err    error
}

func newClient(t testing.TB, ws *websocket.Conn) *client {
	c := &client{t: t, ws: ws, frames: make(chan []byte, 1<<16)}
	var reader sync.WaitGroup
	reader.Go(func() {
		defer close(c.frames)
		for {
			_, data, err := ws.ReadMessage()
			if err != nil {
				c.err = err
				return
			}
			c.frames <- data
		}
	})
	t.Cleanup(func() {
		ws.Close()
		reader.Wait()
	})
	return c
}

// connectSocket connects to the agent and returns the WebSocket. Nothing reads from the WebSocket.
func connectSocket(t testing.TB, a testAgent) *websocket.Conn {
	t.Helper()
	dialer := websocket.Dialer{NetDialContext: a.dial}
	ws, _, err := dialer.Dial(a.URL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.Close() })
	return ws
}

// connect connects to the agent, but does not open the conversation.
func connect(t testing.TB, a testAgent) *client {
	t.Helper()
	return newClient(t, connectSocket(t, a))
}

// openText opens a conversation and reads the messages up to the agent's first message. If textOnly
// is true, the client asks for text only, which the agent sends word by word.
func openText(t testing.TB, a testAgent, textOnly bool) *client {
	t.Helper()
	c := connect(t, a)
	c.send(&convai.ConversationInitiationClientData{Override: &convai.ConversationConfigOverride{
		Conversation: &convai.ConversationOverride{TextOnly: &textOnly},
	}})
	await[*convai.ConversationInitiationMetadata](c)
	await[*convai.AgentResponseComplete](c)
	return c
}

// openSilent opens a conversation in which the agent does not greet the user.
func openSilent(t testing.TB, a testAgent) *client {
	t.Helper()
	c := connect(t, a)
	c.sendFrame(`{"type":"conversation_initiation_client_data","conversation_config_override":{"agent":{"first_message":""}}}`)
	await[*convai.ConversationInitiationMetadata](c)
	return c
}

func (c *client) send(m convai.Message) {
	c.t.Helper()
	frame, err := convai.Marshal(m)
	if err != nil {
		c.t.Fatal(err)
	}
	c.sendFrame(string(frame))
}

func (c *client) sendFrame(frame string) {
	c.t.Helper()
	if err := c.ws.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		c.t.Fatal(err)
	}
}

// say sends text as a message of the user.
func (c *client) say(text string) {
	c.t.Helper()
	c.send(&convai.UserMessage{Text: text})
}

// nextFrame returns the next frame from the agent.
func (c *client) nextFrame() []byte {
	c.t.Helper()
	select {
	case data, ok := <-c.frames:
		if !ok {
			c.t.Fatalf("read: %v", c.err)
		}
		return data
	case <-time.After(30 * time.Second):
		c.t.Fatal("the agent sends nothing")
	}
	panic("unreachable")
}

// next returns the next message from the agent.
func (c *client) next() convai.Message {
	c.t.Helper()
	data := c.nextFrame()
	f, err := convai.Parse(data)
	if err != nil || f.Message == nil {
		c.t.Fatalf("frame %s: %v", data, err)
	}
	return f.Message
}

// await returns the agent's next message of type M. It skips messages of other types.
func await[M convai.Message](c *client) M {
	c.t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline); {
		if m, ok := c.next().(M); ok {
			return m
		}
	}
	c.t.Fatalf("no %T", *new(M))
	panic("unreachable")
}

// awaitResponse returns the text of the agent's next response.
func (c *client) awaitResponse() string {
	c.t.Helper()
	return await[*convai.AgentResponse](c).Text
}

// sendResult sends the result of a tool call.
func (c *client) sendResult(call *convai.ClientToolCall, result string) {
	c.t.Helper()
	c.send(&convai.ClientToolResult{ToolCallID: call.ToolCallID, Result: result})
}

// awaitClose reads until the agent closes the connection. The test fails if the close code or the
// reason is not the expected one.
func (c *client) awaitClose(code int, reason string) {
	c.t.Helper()
	for range c.frames {
	}
	var got *websocket.CloseError
	if !errors.As(c.err, &got) || got.Code != code || !strings.Contains(got.Text, reason) {
		c.t.Fatalf("got %v, want close %d %q", c.err, code, reason)
	}
}

// nextTypes reads n messages and returns their types, separated by spaces. It skips pings.
func (c *client) nextTypes(n int) string {
	c.t.Helper()
	var names []string
	for len(names) < n {
		if m := c.next(); m.MessageType() != "ping" {
			names = append(names, m.MessageType())
		}
	}
	return strings.Join(names, " ")
}
