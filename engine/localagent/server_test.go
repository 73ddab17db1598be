package localagent

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/tool"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestServerListensOnALoopbackPort(t *testing.T) {
	a := listenAgent(t, Options{})
	if got := a.Addr().String(); !strings.HasPrefix(got, "127.0.0.1:") {
		t.Errorf("listens on %s", got)
	}
	c := openText(t, a, false)
	c.say("thanks")
	if got, want := c.awaitResponse(), "You are welcome."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	_ = a.Close(t.Context())
	c.awaitClose(websocket.CloseGoingAway, "shutting down")
	if _, _, err := websocket.DefaultDialer.Dial(a.URL(), nil); err == nil {
		t.Error("the server still listens after Close")
	}
}

func TestCloseEndsEveryConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := startAgent(t, Options{Tools: homeTools})
		idle, busy := openText(t, a, false), openText(t, a, true)
		busy.say("turn on the hall light")
		opening := connect(t, a)
		done := make(chan error)
		go func() { done <- a.Close(context.Background()) }()
		for _, c := range []*client{idle, busy, opening} {
			c.awaitClose(websocket.CloseGoingAway, "shutting down")
		}
		if err := <-done; err != nil {
			t.Errorf("close: %v", err)
		}
	})
}

func TestCloseDoesNotWaitForClientsThatDoNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := startAgent(t, Options{})
		connectSocket(t, a)
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		start := time.Now()
		if err := a.Close(ctx); err != context.DeadlineExceeded {
			t.Errorf("got %v", err)
		}
		if took := time.Since(start); took != 50*time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
}

// A client that keeps sending requests but never reads must not fill the memory of the agent.
func TestClientThatDoesNotReadIsDisconnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spec := &tool.Spec{Name: "x", Description: strings.Repeat("long ", 20000), Phrases: []string{"x"}}
		ws := connectSocket(t, startAgent(t, Options{Tools: fixedTools(spec)}))
		frame := `{"type":"conversation_initiation_client_data"}`
		for range 4 * (maxQueued + maxResponses) {
			if err := ws.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
				return
			}
			frame = `{"type":"user_message","text":"help"}`
		}
		t.Error("the client is still connected")
	})
}

func TestManyConversationsAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := startAgent(t, Options{Tools: homeTools})
		var clients sync.WaitGroup
		for i := range 20 {
			c := openText(t, a, i%2 == 0)
			clients.Go(func() {
				for range 5 {
					c.say("what time is it")
					c.sendResult(await[*convai.ClientToolCall](c), "noon")
					if got := c.awaitResponse(); got != "noon" {
						t.Errorf("got %q", got)
					}
				}
			})
		}
		clients.Wait()
	})
}

// BenchmarkTurn measures one turn with one tool call over TCP on loopback: the time from the user's
// message to the agent's response. The client sends the tool result at once.
func BenchmarkTurn(b *testing.B) {
	c := openText(b, listenAgent(b, Options{Tools: homeTools}), false)
	b.ReportAllocs()
	for b.Loop() {
		c.say("turn on the hall light")
		c.sendResult(await[*convai.ClientToolCall](c), "ok")
		await[*convai.AgentResponseComplete](c)
	}
}
