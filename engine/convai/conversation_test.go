package convai

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/engine/testkit"
)

// result returns a tool result whose text has size bytes. id is the id of the tool call, by which
// the test recognises the result.
func result(id string, size int) *ClientToolResult {
	return &ClientToolResult{ToolCallID: id, Result: strings.Repeat("x", size)}
}

// wantClose fails the test if err is not a CloseError with this code and reason. It returns the
// CloseError.
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
	url := serve(t, func(agent *testkit.Conversation) {
		for i := range n {
			agent.Send(fmt.Sprintf(`{"type":"interruption","interruption_event":{"event_id":%d}}`, i))
		}
		agent.Close(1000, "bye")
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

// The handler returns only after the server has received the pong. If the pong were sent only after
// the handler has returned, the test would fail after testkit.Timeout.
func TestPongDoesNotWaitForTheHandler(t *testing.T) {
	ponged := make(chan struct{})
	url := serve(t, func(agent *testkit.Conversation) {
		agent.Send(testkit.Ping(7))
		if pong := receive[*Pong](agent); pong.EventID != 7 {
			agent.Fail("%+v", pong)
		}
		close(ponged)
		agent.Close(1000, "")
	})
	dial(t, url).Run(t.Context(), func(f Frame) {
		if f.Type == "ping" {
			select {
			case <-ponged:
			case <-time.After(testkit.Timeout):
				t.Error("no pong before the handler returned")
			}
		}
	})
}

func TestEveryPingIsAnsweredWithItsIDWhateverItsFormIs(t *testing.T) {
	pings := []struct{ ping, pong string }{
		{`{"type":"ping","ping_event":{"event_id":5.0}}`, `{"type":"pong","event_id":5.0}`},
		{`{"type":"ping","ping_event":{"event_id":"5","ping_ms":3}}`, `{"type":"pong","event_id":"5"}`},
		{`{"type":"ping","ping_event":{"event_id":123456789012345678901}}`, `{"type":"pong","event_id":123456789012345678901}`},
		{`{"type":"ping","ping_event":{"event_id":5,"ping_ms":30.5}}`, `{"type":"pong","event_id":5}`},
		{`{"type":"ping","ping_event":{"event_id":5,"ping_ms":"x"}}`, `{"type":"pong","event_id":5}`},
		{`{"type":"ping","ping_event":{"event_id":5,"ping_ms":NaN}}`, `{"type":"pong","event_id":5}`},
		{`{"ping_event":{"event_id":5}}`, `{"type":"pong","event_id":5}`},
		{`{"type":"ping","ping_event":{"event_id":null}}`, `{"type":"pong","event_id":0}`},
		{`{"type":"ping","ping_event":{"event_id":[1]}}`, `{"type":"pong","event_id":0}`},
		{`{"type":"ping"}`, `{"type":"pong","event_id":0}`},
	}
	url := serve(t, func(agent *testkit.Conversation) {
		for _, p := range pings {
			agent.Send(p.ping)
			if got, err := agent.Next(); err != nil || string(got.Text) != p.pong {
				t.Errorf("%s: got %s, %v, want %s", p.ping, got.Text, err, p.pong)
			}
		}
		agent.Close(1000, "")
	})
	wantClose(t, dial(t, url).Run(t.Context(), ignore), 1000, "")
}

func TestAProblemOfAFrameIsLoggedOnce(t *testing.T) {
	url := serve(t, func(agent *testkit.Conversation) {
		for i := range 5 {
			agent.Send(fmt.Sprintf(`{"type":"ping","ping_event":{"event_id":%d,"ping_ms":%d.5}}`, i, i))
		}
		agent.Close(1000, "")
	})
	var log logBuffer
	c, err := Dial(t.Context(), Options{URL: url, Log: log.logger()})
	if err != nil {
		t.Fatal(err)
	}
	wantClose(t, c.Run(t.Context(), ignore), 1000, "")
	if lines := log.lines(); len(lines) != 1 || !strings.Contains(lines[0], "ping: ping_ms: got number, want integer") {
		t.Errorf("got %q", lines)
	}
}

func TestAWebSocketPingIsAnswered(t *testing.T) {
	url := serve(t, func(agent *testkit.Conversation) {
		ponged := ""
		agent.Conn.SetPongHandler(func(data string) error { ponged = data; return nil })
		agent.Conn.WriteControl(websocket.PingMessage, []byte("here?"), time.Now().Add(testkit.Timeout))
		agent.Send(testkit.Ping(1))
		// The client replies to the WebSocket ping before it replies to the JSON ping. So when this
		// pong comes, the WebSocket pong must have come.
		agent.Expect("pong")
		if ponged != "here?" {
			agent.Fail("got %q", ponged)
		}
		agent.Close(1000, "")
	})
	wantClose(t, dial(t, url).Run(t.Context(), ignore), 1000, "")
}

func TestMessagesAreWrittenInTheOrderTheyWereSent(t *testing.T) {
	const senders, each = 8, 100
	next := make([]int, senders)
	url := serve(t, func(agent *testkit.Conversation) {
		for range senders * each {
			m := receive[*ClientToolResult](agent)
			who, _ := strconv.Atoi(m.ToolCallID)
			if got, want := m.Result, strconv.Itoa(next[who]); got != want {
				agent.Fail("sender %d: got %s, want %s", who, got, want)
			}
			next[who]++
		}
		agent.Close(1000, "")
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

func TestTheServersCloseFrameIsACloseErrorWithAHint(t *testing.T) {
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
		url := serve(t, func(agent *testkit.Conversation) { agent.Close(test.code, test.reason) })
		closed := wantClose(t, dial(t, url).Run(t.Context(), ignore), test.code, test.reason)
		if !strings.Contains(closed.Hint, test.hint) || closed.Clean() != (test.code == 1000) {
			t.Errorf("%+v", closed)
		}
	}
}

// sendClose makes the agent send a close frame with this code and reason, even if the WebSocket
// library would not send it. The agent then waits until the client closes the connection.
func sendClose(agent *testkit.Conversation, code int, reason string) {
	payload := append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...)
	agent.Conn.NetConn().Write(append([]byte{0x88, byte(len(payload))}, payload...))
	agent.Wait()
}

func TestACloseFrameThatIsNotValidStillHasItsCodeAndReason(t *testing.T) {
	for _, test := range []struct {
		code               int
		sent, reason, hint string
	}{
		{1008, "Override for field 'voice_id' ist nicht m\xc3", "Override for field 'voice_id' ist nicht m", "voice_id"},
		{1008, "g\xe2\x82", "g", "authentication"},
		{1000, "\xf0\x9f", "", ""},
		{1005, "quota", "quota", "credits"}, // a code that must not be in a close frame
		{999, "gone", "gone", ""},
	} {
		url := serve(t, func(agent *testkit.Conversation) {
			agent.Send(fmt.Sprintf(`{"type":"agent_response","agent_response_event":{"agent_response":%q,"event_id":1}}`, strings.Repeat("x", 70000)))
			agent.Send(testkit.Ping(1))
			sendClose(agent, test.code, test.sent)
		})
		closed := wantClose(t, dial(t, url).Run(t.Context(), ignore), test.code, test.reason)
		if !strings.Contains(closed.Hint, test.hint) || closed.Clean() != (test.code == 1000) || closed.Final() != (test.code == 1008) {
			t.Errorf("%+v", closed)
		}
	}
}

func TestTheHintDependsOnTheErrorEventBeforeTheCloseFrame(t *testing.T) {
	for _, event := range []string{
		`{"type":"error","error_event":{"code":1002,"error_type":"transport_receive_timeout"}}`,
		`{"type":"client_error","error_event":{"code":1002,"error_name":"transport_receive_timeout"}}`,
	} {
		url := serve(t, func(agent *testkit.Conversation) {
			agent.Send(event)
			agent.Close(1002, "Protocol error")
		})
		closed := wantClose(t, dial(t, url).Run(t.Context(), ignore), 1002, "Protocol error")
		if !strings.Contains(closed.Hint, "silence") {
			t.Errorf("%s: got %q", event, closed.Hint)
		}
	}
}

func TestACutConnectionIsNotACloseError(t *testing.T) {
	// The fake agent returns at once. That ends the connection without a close frame.
	url := serve(t, func(agent *testkit.Conversation) {})
	err := dial(t, url).Run(t.Context(), ignore)
	if !errors.Is(err, io.ErrUnexpectedEOF) || err.Error() != "read: cut off: unexpected EOF" {
		t.Errorf("got %v", err)
	}
}

func TestFramesThatCannotBeParsedAreLoggedAndSkipped(t *testing.T) {
	invalid := []string{"", "{", "null", `"a"`, `{"type":7}`, `{"event_id":1}`, "\xff\xfe"}
	url := serve(t, func(agent *testkit.Conversation) {
		for _, text := range invalid {
			agent.Send(text)
		}
		agent.SendBinary([]byte{1, 2, 3})
		agent.Send(`{"type":"vad_score","vad_score_event":{"vad_score":1}}`)
		agent.Close(1000, "")
	})
	var log logBuffer
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
	if got, want := len(log.lines()), len(invalid)+1; got != want {
		t.Errorf("%d lines logged, want %d", got, want)
	}
}

func TestAudioOf15MiBIsReceived(t *testing.T) {
	const size = 15 << 20
	url := serve(t, func(agent *testkit.Conversation) {
		agent.Send(`{"type":"audio","audio_event":{"audio_base_64":"` + strings.Repeat("A", size) + `","event_id":1}}`)
		agent.Close(1000, "")
	})
	got := 0
	err := dial(t, url).Run(t.Context(), func(f Frame) {
		if m, ok := f.Message.(*Audio); ok {
			got = len(m.Sound)
		}
	})
	wantClose(t, err, 1000, "")
	if got != size/4*3 {
		t.Errorf("got %d bytes", got)
	}
}

func TestAMessageOver16MiBEndsTheConversation(t *testing.T) {
	url := serve(t, func(agent *testkit.Conversation) {
		agent.Send(make([]byte, MaxFrame+1))
		agent.Wait()
	})
	err := dial(t, url).Run(t.Context(), ignore)
	if err == nil || err.Error() != "read: message larger than 16 MiB" {
		t.Errorf("got %v", err)
	}
}

// The server reads some results and then closes the connection while many more results are queued.
// The test checks that Unsent returns exactly the last results, and none that the server received.
func TestAfterACutEveryResultIsWrittenOrUnsent(t *testing.T) {
	const n, size = 300, 64 << 10
	full, cut := make(chan struct{}), make(chan struct{})
	var got []string
	url := serve(t, func(agent *testkit.Conversation) {
		defer close(cut)
		for range 10 {
			got = append(got, receive[*ClientToolResult](agent).ToolCallID)
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
		t.Error("Run returned no error")
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
			t.Errorf("%s was received and is unsent", id)
		}
	}
	if err := c.Send(result("late", 0)); err != ErrOver {
		t.Errorf("got %v, want ErrOver", err)
	}
	if len(c.Unsent()) != len(unsent) {
		t.Error("the unsent messages changed after the end")
	}
}

// The server sends a close frame and then reads nothing, so a write of the client fails. The
// handler returns only after the failed write. Then the reader must still find the close frame, and
// Run must return its code.
func TestTheServersCloseFrameCountsMoreThanAFailedWrite(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	url := serve(t, func(agent *testkit.Conversation) {
		agent.SendClose(1002, "tired")
		<-release
	})
	c := dial(t, url)
	c.writeTimeout = 50 * time.Millisecond
	for range 300 {
		c.Send(result("", 64<<10)) // 300 such messages do not fit into the network's buffers
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

func TestAServerThatReadsNothingEndsTheConversation(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	url := serve(t, func(agent *testkit.Conversation) { <-release })
	c := dial(t, url)
	c.writeTimeout, c.closeFrameTimeout = 100*time.Millisecond, 100*time.Millisecond
	for range 300 {
		c.Send(result("", 64<<10)) // 300 such messages do not fit into the network's buffers
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
	t.Parallel()
	for _, test := range []struct {
		why  string
		size int
	}{
		{"too many messages", 0},
		{"too many bytes", 1 << 20},
	} {
		url := serve(t, func(agent *testkit.Conversation) { agent.Wait() })
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

func TestAMessageThatCannotBeEncodedDoesNotEndTheConversation(t *testing.T) {
	url := serve(t, func(agent *testkit.Conversation) {
		agent.Expect("user_activity")
		agent.Close(1000, "")
	})
	c := dial(t, url)
	if err := c.Send(nil); err == nil {
		t.Error("nil was sent")
	}
	if err := c.Send(otherMessage{}); err == nil {
		t.Error("a message of another package was sent")
	}
	if err := c.Send(&UserActivity{}); err != nil {
		t.Error(err)
	}
	wantClose(t, c.Run(t.Context(), ignore), 1000, "")
}

func TestCloseWritesTheQueuedMessagesAndACloseFrame(t *testing.T) {
	const n = 200
	got := 0
	url := serve(t, func(agent *testkit.Conversation) {
		agent.Conn.SetReadLimit(-1)
		for range n {
			agent.Expect("client_tool_result")
			got++
		}
		if closed := agent.WaitClose(); closed.Code != 1000 || closed.Text != "bye" {
			agent.Fail("%v", closed)
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
	url := serve(t, func(agent *testkit.Conversation) {
		agent.Conn.SetCloseHandler(func(int, string) error {
			agent.Send(`{"type":"client_tool_call","client_tool_call":{"tool_name":"a","tool_call_id":"b"}}`)
			return agent.SendClose(1000, "you too")
		})
		agent.WaitClose()
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
	// Without this wait, Close might start the conversation itself, with a handler that drops all
	// frames.
	<-running
	if err := c.Close(t.Context(), "bye"); err != nil {
		t.Error(err)
	}
	wantClose(t, <-ended, 1000, "bye")
	if !called {
		t.Error("the handler did not get the call")
	}
}

func TestAnErrorCodeInTheReplyToOurCloseFrameIsReturned(t *testing.T) {
	url := serve(t, func(agent *testkit.Conversation) {
		agent.Conn.SetCloseHandler(func(int, string) error {
			return agent.SendClose(1011, "oops")
		})
		agent.WaitClose()
	})
	c := dial(t, url)
	c.Close(t.Context(), "bye")
	wantClose(t, c.Run(t.Context(), ignore), 1011, "oops")
}

func TestAConnectionCutAfterOurCloseFrameIsANormalEnd(t *testing.T) {
	url := serve(t, func(agent *testkit.Conversation) {
		agent.Conn.SetCloseHandler(func(int, string) error { return errors.New("no answer") })
		agent.Wait()
	})
	c := dial(t, url)
	c.Close(t.Context(), "bye")
	wantClose(t, c.Run(t.Context(), ignore), 1000, "bye")
}

func TestCloseMayBeCalledManyTimesFromManyGoroutines(t *testing.T) {
	url := serve(t, func(agent *testkit.Conversation) { agent.WaitClose() })
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

func TestCloseWithoutRunSendsTheQueueAndACloseFrame(t *testing.T) {
	url := serve(t, func(agent *testkit.Conversation) {
		agent.Expect("user_message")
		agent.WaitClose()
	})
	c := dial(t, url)
	c.Send(&UserMessage{Text: "hello"})
	if err := c.Close(t.Context(), "bye"); err != nil {
		t.Error(err)
	}
	wantClose(t, c.Run(t.Context(), ignore), 1000, "bye")
}

func TestCloseCutsALongReasonBetweenCharacters(t *testing.T) {
	url := serve(t, func(agent *testkit.Conversation) {
		if got, want := agent.WaitClose().Text, "x"+strings.Repeat("é", 61); got != want {
			agent.Fail("got %q", got)
		}
	})
	dial(t, url).Close(t.Context(), "x"+strings.Repeat("é", 100))
}

func TestCloseEndsWithItsContext(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	defer close(release)
	for _, test := range []struct {
		why    string
		queued int
		want   string
	}{
		{"the server sends no close frame", 0, "closed with 1000: bye"},
		{"the server reads nothing", 300, "close: context deadline exceeded"},
	} {
		url := serve(t, func(agent *testkit.Conversation) { <-release })
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

func TestCloseDoesNotWaitForeverForTheServer(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	url := serve(t, func(agent *testkit.Conversation) { <-release })
	c := dial(t, url)
	c.closeTimeout = 50 * time.Millisecond
	if err := c.Close(context.Background(), "bye"); err != nil {
		t.Error(err)
	}
	close(release)
	wantClose(t, c.Run(t.Context(), ignore), 1000, "bye")
}

func TestCancellingTheContextEndsTheConversation(t *testing.T) {
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	url := serve(t, func(agent *testkit.Conversation) {
		agent.Send(testkit.Ping(1))
		agent.Expect("pong")
		cancel(cause)
		agent.Wait()
	})
	c := dial(t, url)
	if err := c.Run(ctx, ignore); err != cause {
		t.Errorf("got %v", err)
	}
	if err := c.Send(&UserActivity{}); err != ErrOver {
		t.Errorf("got %v, want ErrOver", err)
	}
	if err := c.Close(t.Context(), ""); err != nil {
		t.Error(err)
	}
}

func TestRunReturnsTheSameErrorAgain(t *testing.T) {
	url := serve(t, func(agent *testkit.Conversation) { agent.Close(1002, "tired") })
	c := dial(t, url)
	first := c.Run(t.Context(), ignore)
	wantClose(t, first, 1002, "tired")
	if again := c.Run(t.Context(), ignore); !reflect.DeepEqual(again, first) {
		t.Errorf("got %v", again)
	}
}

// A countingConn counts the calls of Write.
type countingConn struct {
	net.Conn
	writes atomic.Int64
}

func (c *countingConn) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(p)
}

func TestMessagesThatWaitTogetherAreWrittenWithOneSystemCall(t *testing.T) {
	const messages = 20
	received := make(chan []string, 1)
	c := dial(t, serve(t, func(agent *testkit.Conversation) {
		var ids []string
		for range messages {
			f, err := agent.Next()
			if err != nil {
				t.Error(err)
				break
			}
			ids = append(ids, f.Type+" "+string(f.Text))
		}
		received <- ids
		agent.Close(1000, "")
	}))
	counter := &countingConn{Conn: c.socket.Conn}
	c.socket.Conn = counter
	for i := range messages {
		if err := c.Send(result(fmt.Sprint("call ", i), 0)); err != nil {
			t.Fatal(err)
		}
	}
	c.Run(t.Context(), ignore)
	for i, text := range <-received {
		if want := fmt.Sprintf(`"call %d"`, i); !strings.Contains(text, want) {
			t.Errorf("message %d is %s, want %s in it", i, text, want)
		}
	}
	// the second write is our reply to the close frame
	if n := counter.writes.Load(); n > 2 {
		t.Errorf("%d writes, want 2", n)
	}
}

// BenchmarkToolCall measures the time from a tool call to its result. Client and server are in this
// process, and the handler sends the result at once.
func BenchmarkToolCall(b *testing.B) {
	call := []byte(`{"type":"client_tool_call","client_tool_call":{"tool_name":"set_light","tool_call_id":"toolu_01A09q90qw90lq917835lq9","parameters":{"room":"kitchen","on":true},"event_id":9,"expects_response":true}}`)
	done := make(chan struct{})
	url := serve(b, func(agent *testkit.Conversation) {
		defer close(done)
		for b.Loop() {
			agent.Send(call)
			agent.Expect("client_tool_result")
		}
		agent.Close(1000, "")
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
