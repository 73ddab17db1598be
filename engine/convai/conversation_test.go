package convai

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// result is the message whose order or fate a test follows.
func result(id string, size int) *ClientToolResult {
	return &ClientToolResult{ToolCallID: id, Result: strings.Repeat("x", size)}
}

func wantClose(t *testing.T, err error, code int, reason string) *CloseError {
	t.Helper()
	var closed *CloseError
	if !errors.As(err, &closed) {
		t.Fatalf("got %v, want a close with %d", err, code)
	}
	if closed.Code != code || closed.Reason != reason {
		t.Errorf("got %d %q, want %d %q", closed.Code, closed.Reason, code, reason)
	}
	return closed
}

func TestTheHandlerSeesEveryFrameInOrder(t *testing.T) {
	const n = 500
	url := greet(t, func(p *peer) {
		for i := range n {
			p.send(fmt.Sprintf(`{"type":"interruption","interruption_event":{"event_id":%d}}`, i))
		}
		p.hangUp(1000, "bye")
	})
	next := 0
	err := dial(t, url).Run(t.Context(), func(f Frame) {
		if m, ok := f.Message.(*Interruption); ok {
			if m.EventID != next {
				t.Errorf("got %d, want %d", m.EventID, next)
			}
			next++
		}
	})
	if next != n {
		t.Errorf("got %d of %d", next, n)
	}
	if !wantClose(t, err, 1000, "bye").Clean() {
		t.Error("not clean")
	}
}

// The handler returns only once the server has the pong, so were the pong to
// wait for the handler, both would wait for ever.
func TestPongIsNotDelayedByTheHandler(t *testing.T) {
	ponged := make(chan struct{})
	url := greet(t, func(p *peer) {
		p.send(pingFrame(7))
		if pong := p.expect("pong").Message.(*Pong); pong.EventID != 7 {
			p.fail("%+v", pong)
		}
		close(ponged)
		p.hangUp(1000, "")
	})
	dial(t, url).Run(t.Context(), func(f Frame) {
		if f.Type == "ping" {
			select {
			case <-ponged:
			case <-time.After(patience):
				t.Error("no pong before the handler returned")
			}
		}
	})
}

func TestPongOvertakesWhatIsQueued(t *testing.T) {
	o := newOutbox()
	o.send(result("1", 0), []byte("1"))
	o.send(result("2", 0), []byte("2"))
	o.answer(websocket.TextMessage, []byte("pong 1"))
	o.answer(websocket.TextMessage, []byte("pong 2"))
	o.close()
	var got []string
	for item := o.next(); item != nil; item = o.next() {
		got = append(got, string(item.frame))
		if len(got) == 3 { // comes while "1" is being written
			o.answer(websocket.TextMessage, []byte("pong 3"))
		}
		o.written(item)
	}
	if want := []string{"pong 1", "pong 2", "1", "pong 3", "2"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if o.count != 0 || o.bytes != 0 {
		t.Errorf("%d messages, %d bytes left", o.count, o.bytes)
	}
}

func TestThePingOfTheWebSocketIsAnsweredToo(t *testing.T) {
	url := greet(t, func(p *peer) {
		ponged := ""
		p.SetPongHandler(func(data string) error { ponged = data; return nil })
		p.WriteControl(websocket.PingMessage, []byte("here?"), time.Now().Add(patience))
		p.send(pingFrame(1))
		p.expect("pong") // comes after the other one
		if ponged != "here?" {
			p.fail("got %q", ponged)
		}
		p.hangUp(1000, "")
	})
	wantClose(t, dial(t, url).Run(t.Context(), ignore), 1000, "")
}

func TestMessagesAreWrittenInTheOrderTheyWereSent(t *testing.T) {
	const senders, each = 8, 100
	next := make([]int, senders)
	url := greet(t, func(p *peer) {
		for range senders * each {
			m := p.expect("client_tool_result").Message.(*ClientToolResult)
			who, _ := strconv.Atoi(m.ToolCallID)
			if got, want := m.Result, strconv.Itoa(next[who]); got != want {
				p.fail("sender %d: got %s, want %s", who, got, want)
			}
			next[who]++
		}
		p.hangUp(1000, "")
	})
	c := dial(t, url)
	var wg sync.WaitGroup
	for who := range senders {
		wg.Go(func() {
			for i := range each {
				if err := c.Send(&ClientToolResult{ToolCallID: strconv.Itoa(who), Result: strconv.Itoa(i)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	err := c.Run(t.Context(), ignore)
	wg.Wait()
	wantClose(t, err, 1000, "")
	if left := c.Unsent(); len(left) != 0 {
		t.Errorf("%d left over", len(left))
	}
}

func TestTheServersCloseArrivesWithCodeReasonAndHint(t *testing.T) {
	for _, test := range []struct {
		code         int
		reason, hint string
	}{
		{1000, "Max duration exceeded", "maximum duration"},
		{1002, "llm_timeout", "LLM"},
		{1008, "Invalid message received", "string"},
		{1008, "Missing required dynamic variables in tools: {'city'}", "city"},
		{1011, "", "try again"},
	} {
		url := greet(t, func(p *peer) { p.hangUp(test.code, test.reason) })
		closed := wantClose(t, dial(t, url).Run(t.Context(), ignore), test.code, test.reason)
		if !strings.Contains(closed.Hint, test.hint) || closed.Clean() != (test.code == 1000) {
			t.Errorf("%+v", closed)
		}
	}
}

func TestTheHintKnowsTheErrorEventBeforeTheClose(t *testing.T) {
	for _, event := range []string{
		`{"type":"error","error_event":{"code":1002,"error_type":"transport_receive_timeout"}}`,
		`{"type":"client_error","error_event":{"code":1002,"error_name":"transport_receive_timeout"}}`,
	} {
		url := greet(t, func(p *peer) {
			p.send(event)
			p.hangUp(1002, "Protocol error")
		})
		closed := wantClose(t, dial(t, url).Run(t.Context(), ignore), 1002, "Protocol error")
		if !strings.Contains(closed.Hint, "silence") {
			t.Errorf("%s: got %q", event, closed.Hint)
		}
	}
}

func TestACutIsNotAClose(t *testing.T) {
	url := greet(t, func(p *peer) {}) // and the socket is cut
	err := dial(t, url).Run(t.Context(), ignore)
	if !errors.Is(err, io.ErrUnexpectedEOF) || err.Error() != "read: cut off: unexpected EOF" {
		t.Errorf("got %v", err)
	}
}

func TestGarbageIsSurvivedAndLogged(t *testing.T) {
	garbage := []string{"", "{", "null", `"a"`, `{"type":"ping"}`, `{"type":"agent_response","agent_response_event":{"event_id":"a"}}`, "\xff\xfe"}
	url := greet(t, func(p *peer) {
		for _, text := range garbage {
			p.send(text)
		}
		p.WriteMessage(websocket.BinaryMessage, []byte{1, 2, 3})
		p.send(`{"type":"vad_score","vad_score_event":{"vad_score":1}}`)
		p.hangUp(1000, "")
	})
	var log journal
	c, err := Dial(t.Context(), Options{URL: url, Log: log.logger()})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	err = c.Run(t.Context(), func(f Frame) { got = append(got, f.Type) })
	wantClose(t, err, 1000, "")
	if want := []string{"conversation_initiation_metadata", "vad_score"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if got, want := len(log.lines()), len(garbage)+1; got != want {
		t.Errorf("%d lines logged, want %d", got, want)
	}
}

func TestAPieceOfAudioOf15MiBArrives(t *testing.T) {
	const size = 15 << 20
	url := greet(t, func(p *peer) {
		p.send(`{"type":"audio","audio_event":{"audio_base_64":"` + strings.Repeat("A", size) + `","event_id":1}}`)
		p.hangUp(1000, "")
	})
	got := 0
	err := dial(t, url).Run(t.Context(), func(f Frame) {
		if m, ok := f.Message.(*Audio); ok {
			got = len(m.Base64)
		}
	})
	wantClose(t, err, 1000, "")
	if got != size {
		t.Errorf("got %d bytes", got)
	}
}

func TestAMessageOver16MiBEndsTheConversation(t *testing.T) {
	url := greet(t, func(p *peer) {
		p.WriteMessage(websocket.TextMessage, make([]byte, MaxFrame+1))
		p.ReadMessage()
	})
	err := dial(t, url).Run(t.Context(), ignore)
	if err == nil || err.Error() != "read: a message over 16 MiB" {
		t.Errorf("got %v", err)
	}
}

// The server reads a few results and cuts the connection while many more are
// on their way. Each one was either written or is unsent, and none is both.
func TestAfterACutEveryResultIsWrittenOrUnsent(t *testing.T) {
	const n, size = 300, 64 << 10
	full, cut := make(chan struct{}), make(chan struct{})
	var got []string
	url := greet(t, func(p *peer) {
		defer close(cut)
		for range 10 {
			got = append(got, p.expect("client_tool_result").Message.(*ClientToolResult).ToolCallID)
		}
		<-full
	})
	c := dial(t, url)
	var sent []string
	for i := range n {
		m := result(strconv.Itoa(i), size)
		if err := c.Send(m); err != nil {
			t.Fatal(err)
		}
		sent = append(sent, m.ToolCallID)
	}
	close(full)
	if err := c.Run(t.Context(), ignore); err == nil {
		t.Error("no cause")
	}
	<-cut
	var unsent []string
	for _, m := range c.Unsent() {
		unsent = append(unsent, m.(*ClientToolResult).ToolCallID)
	}
	if len(unsent) == 0 || !slices.Equal(unsent, sent[n-len(unsent):]) {
		t.Errorf("unsent: %q", unsent)
	}
	for _, id := range got {
		if slices.Contains(unsent, id) {
			t.Errorf("%s arrived, and is unsent", id)
		}
	}
	if err := c.Send(result("late", 0)); err != ErrOver {
		t.Errorf("got %v, want ErrOver", err)
	}
	if len(c.Unsent()) != len(unsent) {
		t.Error("unsent messages came or went after the end")
	}
}

// The server closes and reads no more. The handler keeps the reader from seeing
// the close until the writer has given up.
func TestTheServersLastWordsCountForMoreThanAFailedWrite(t *testing.T) {
	release := make(chan struct{})
	url := greet(t, func(p *peer) {
		p.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1002, "tired"), time.Now().Add(patience))
		<-release
	})
	c := dial(t, url)
	c.writeTimeout = 50 * time.Millisecond
	for range 300 {
		c.Send(result("", 64<<10)) // more than all the buffers in between hold
	}
	err := c.Run(t.Context(), func(Frame) {
		for c.Send(&UserActivity{}) != ErrOver {
			time.Sleep(time.Millisecond)
		}
	})
	close(release)
	wantClose(t, err, 1002, "tired")
	if len(c.Unsent()) == 0 {
		t.Error("nothing is unsent")
	}
}

func TestAConnectionThatTakesNothingIsDead(t *testing.T) {
	release := make(chan struct{})
	url := greet(t, func(p *peer) { <-release })
	c := dial(t, url)
	c.writeTimeout = 100 * time.Millisecond
	for range 300 {
		c.Send(result("", 64<<10)) // more than all the buffers in between hold
	}
	err := c.Run(t.Context(), ignore)
	close(release)
	if err == nil || !strings.HasPrefix(err.Error(), "write: ") || !strings.Contains(err.Error(), "timeout") {
		t.Errorf("got %v", err)
	}
	if len(c.Unsent()) == 0 {
		t.Error("nothing is unsent")
	}
}

func TestAFullQueueEndsTheConversation(t *testing.T) {
	for _, test := range []struct {
		why  string
		size int
	}{
		{"too many messages", 0},
		{"too many bytes", 1 << 20},
	} {
		url := greet(t, func(p *peer) { p.ReadMessage() })
		c := dial(t, url)
		var full error
		taken := 0
		for full == nil && taken <= maxQueued {
			if full = c.Send(result("", test.size)); full == nil {
				taken++
			}
		}
		if full == nil || !strings.HasPrefix(full.Error(), "write: stuck with ") {
			t.Fatalf("%s: got %v after %d", test.why, full, taken)
		}
		if err := c.Send(result("", 0)); err != ErrOver {
			t.Errorf("%s: got %v, want ErrOver", test.why, err)
		}
		if err := c.Run(t.Context(), ignore); err != full {
			t.Errorf("%s: got %v, want %v", test.why, err, full)
		}
		if got := len(c.Unsent()); got != taken {
			t.Errorf("%s: %d unsent of %d", test.why, got, taken)
		}
	}
}

func TestAMessageThatCannotBeWrittenHarmsNothing(t *testing.T) {
	url := greet(t, func(p *peer) {
		p.expect("user_activity")
		p.hangUp(1000, "")
	})
	c := dial(t, url)
	if err := c.Send(nil); err == nil {
		t.Error("nil was sent")
	}
	if err := c.Send(stranger{}); err == nil {
		t.Error("a stranger was sent")
	}
	if err := c.Send(&UserActivity{}); err != nil {
		t.Error(err)
	}
	wantClose(t, c.Run(t.Context(), ignore), 1000, "")
}

func TestCloseWritesWhatIsQueuedAndEndsCleanly(t *testing.T) {
	const n = 200
	got := 0
	url := greet(t, func(p *peer) {
		p.SetReadLimit(-1)
		for range n {
			p.expect("client_tool_result")
			got++
		}
		if closed := p.expectClose(); closed.Code != 1000 || closed.Text != "bye" {
			p.fail("%v", closed)
		}
	})
	c := dial(t, url)
	ended := make(chan error, 1)
	go func() { ended <- c.Run(t.Context(), ignore) }()
	for range n {
		if err := c.Send(result("", 8<<10)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(t.Context(), "bye"); err != nil {
		t.Error(err)
	}
	if !wantClose(t, <-ended, 1000, "bye").Clean() {
		t.Error("not clean")
	}
	if got != n || len(c.Unsent()) != 0 {
		t.Errorf("%d of %d arrived, %d unsent", got, n, len(c.Unsent()))
	}
	if err := c.Send(result("", 0)); err != ErrOver {
		t.Errorf("got %v, want ErrOver", err)
	}
}

func TestFramesThatComeWhileClosingReachTheHandler(t *testing.T) {
	url := greet(t, func(p *peer) {
		p.SetCloseHandler(func(int, string) error {
			p.send(`{"type":"client_tool_call","client_tool_call":{"tool_name":"a","tool_call_id":"b"}}`)
			return p.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, "you too"), time.Now().Add(patience))
		})
		p.expectClose()
	})
	c := dial(t, url)
	ended := make(chan error, 1)
	running := make(chan struct{})
	called := false
	go func() {
		ended <- c.Run(t.Context(), func(f Frame) {
			switch f.Type {
			case "conversation_initiation_metadata":
				close(running)
			case "client_tool_call":
				called = true
			}
		})
	}()
	<-running // or Close would run it, without a handler
	if err := c.Close(t.Context(), "bye"); err != nil {
		t.Error(err)
	}
	wantClose(t, <-ended, 1000, "bye")
	if !called {
		t.Error("the call got lost")
	}
}

func TestAServerThatClosesForAReasonWhileWeCloseIsHeard(t *testing.T) {
	url := greet(t, func(p *peer) {
		p.SetCloseHandler(func(int, string) error {
			return p.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1011, "oops"), time.Now().Add(patience))
		})
		p.expectClose()
	})
	c := dial(t, url)
	c.Close(t.Context(), "bye")
	wantClose(t, c.Run(t.Context(), ignore), 1011, "oops")
}

func TestAServerThatDropsTheLineWhenWeCloseIsTakenAsAnAnswer(t *testing.T) {
	url := greet(t, func(p *peer) {
		p.SetCloseHandler(func(int, string) error { return errors.New("no answer") })
		p.ReadMessage()
	})
	c := dial(t, url)
	c.Close(t.Context(), "bye")
	wantClose(t, c.Run(t.Context(), ignore), 1000, "bye")
}

func TestCloseCanBeCalledByAnyoneAnyNumberOfTimes(t *testing.T) {
	url := greet(t, func(p *peer) { p.expectClose() })
	c := dial(t, url)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := c.Close(t.Context(), "bye"); err != nil {
				t.Error(err)
			}
		})
	}
	err := c.Run(t.Context(), ignore)
	wg.Wait()
	wantClose(t, err, 1000, "bye")
	if err := c.Close(t.Context(), "again"); err != nil {
		t.Error(err)
	}
}

func TestCloseWithoutRunIsAGoodbyeToo(t *testing.T) {
	url := greet(t, func(p *peer) {
		p.expect("user_message")
		p.expectClose()
	})
	c := dial(t, url)
	c.Send(&UserMessage{Text: "hello"})
	if err := c.Close(t.Context(), "bye"); err != nil {
		t.Error(err)
	}
	wantClose(t, c.Run(t.Context(), ignore), 1000, "bye")
}

func TestCloseCutsALongReasonBetweenCharacters(t *testing.T) {
	url := greet(t, func(p *peer) {
		if got, want := p.expectClose().Text, "x"+strings.Repeat("é", 61); got != want {
			p.fail("got %q", got)
		}
	})
	dial(t, url).Close(t.Context(), "x"+strings.Repeat("é", 100))
}

func TestCloseWaitsNoLongerThanItsContext(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	for _, test := range []struct {
		why    string
		queued int
		want   string
	}{
		{"the server does not close in turn", 0, "closed with 1000: bye"},
		{"the server does not even read", 300, "close: context deadline exceeded"},
	} {
		url := greet(t, func(p *peer) { <-release })
		c := dial(t, url)
		for range test.queued {
			c.Send(result("", 64<<10))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		if err := c.Close(ctx, "bye"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v", test.why, err)
		}
		cancel()
		if err := c.Run(t.Context(), ignore); err == nil || err.Error() != test.want {
			t.Errorf("%s: got %v, want %s", test.why, err, test.want)
		}
	}
}

func TestCloseGivesUpOnAServerThatNeverAnswers(t *testing.T) {
	release := make(chan struct{})
	url := greet(t, func(p *peer) { <-release })
	c := dial(t, url)
	c.goodbye = 50 * time.Millisecond
	if err := c.Close(context.Background(), "bye"); err != nil {
		t.Error(err)
	}
	close(release)
	wantClose(t, c.Run(t.Context(), ignore), 1000, "bye")
}

func TestCancellingEndsTheConversation(t *testing.T) {
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	url := greet(t, func(p *peer) {
		p.send(pingFrame(1))
		p.expect("pong")
		cancel(why)
		p.ReadMessage()
	})
	c := dial(t, url)
	if err := c.Run(ctx, ignore); err != why {
		t.Errorf("got %v", err)
	}
	if err := c.Send(&UserActivity{}); err != ErrOver {
		t.Errorf("got %v, want ErrOver", err)
	}
	if err := c.Close(t.Context(), ""); err != nil {
		t.Error(err)
	}
}

func TestRunSaysTheSameWhenAskedAgain(t *testing.T) {
	url := greet(t, func(p *peer) { p.hangUp(1002, "tired") })
	c := dial(t, url)
	first := c.Run(t.Context(), ignore)
	wantClose(t, first, 1002, "tired")
	if again := c.Run(t.Context(), ignore); !reflect.DeepEqual(again, first) {
		t.Errorf("got %v", again)
	}
}

// BenchmarkToolCall is a call from the server and the result back to it, over
// loopback, with a handler that answers at once.
func BenchmarkToolCall(b *testing.B) {
	call := []byte(`{"type":"client_tool_call","client_tool_call":{"tool_name":"set_light","tool_call_id":"toolu_01A09q90qw90lq917835lq9","parameters":{"room":"kitchen","on":true},"event_id":9,"expects_response":true}}`)
	done := make(chan struct{})
	url := greet(b, func(p *peer) {
		defer close(done)
		for b.Loop() {
			p.WriteMessage(websocket.TextMessage, call)
			p.ReadMessage()
		}
		p.hangUp(1000, "")
	})
	c := dial(b, url)
	b.ReportAllocs()
	c.Run(b.Context(), func(f Frame) {
		if m, ok := f.Message.(*ClientToolCall); ok {
			c.Send(&ClientToolResult{ToolCallID: m.ToolCallID, Result: "the light is on"})
		}
	})
	<-done
}
