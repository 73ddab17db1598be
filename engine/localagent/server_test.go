package localagent

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
	"moonlark/engine/convai"
	"moonlark/engine/tool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCloseEndsEveryConversation(t *testing.T) {
	s := listen(t, Options{Tools: house})
	c, busy := talk(t, s, false), talk(t, s, true)
	busy.say("turn on the hall light")
	opening := connect(t, s)
	done := make(chan error)
	go func() { done <- s.Close(context.Background()) }()
	for _, c := range []*client{c, busy, opening} {
		c.closed(websocket.CloseGoingAway, "shutting down")
	}
	if err := <-done; err != nil {
		t.Errorf("close: %v", err)
	}
	if _, _, err := websocket.DefaultDialer.Dial(s.URL(), nil); err == nil {
		t.Error("it still listens")
	}
}

func TestCloseCutsOffWhoDoesNotAnswer(t *testing.T) {
	s := listen(t, Options{})
	talk(t, s, false) // reads no further
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	if err := s.Close(ctx); err != context.DeadlineExceeded {
		t.Errorf("got %v", err)
	}
	if took := time.Since(start); took > 1500*time.Millisecond {
		t.Errorf("took %v", took)
	}
}

// A client that asks and asks and reads nothing must not make the agent keep
// its answers for ever.
func TestClientThatDoesNotReadIsClosed(t *testing.T) {
	spec := &tool.Spec{Name: "x", Description: strings.Repeat("long ", 20000), Phrases: []string{"x"}}
	c := talk(t, listen(t, Options{Tools: these(spec)}), false)
	for start := time.Now(); time.Since(start) < 20*time.Second; time.Sleep(100 * time.Microsecond) {
		_ = c.ws.SetWriteDeadline(time.Now().Add(2 * time.Second))
		if err := c.ws.WriteMessage(websocket.TextMessage, []byte(`{"type":"user_message","text":"help"}`)); err != nil {
			return
		}
	}
	t.Error("it is still connected")
}

func TestManyConversationsAtATime(t *testing.T) {
	s := listen(t, Options{Tools: house})
	for i := range 20 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			c := talk(t, s, i%2 == 0)
			for range 5 {
				c.say("what time is it")
				c.result(await[*convai.ClientToolCall](c), "noon")
				if got := c.answer(); got != "noon" {
					t.Errorf("got %q", got)
				}
			}
		})
	}
}

// BenchmarkTurn is one turn with one tool call over loopback TCP: from the
// user's message to the agent's answer, with a client that answers at once.
func BenchmarkTurn(b *testing.B) {
	c := talk(b, listen(b, Options{Tools: house}), false)
	b.ReportAllocs()
	for b.Loop() {
		c.say("turn on the hall light")
		c.result(await[*convai.ClientToolCall](c), "ok")
		await[*convai.AgentResponseComplete](c)
	}
}
