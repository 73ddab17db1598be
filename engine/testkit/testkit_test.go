package testkit

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"
)

// childVariable is the environment variable that makes the test binary act as a child process.
// TestMain reads it.
const childVariable = "MOONLARK_TESTKIT_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childVariable) {
	case "":
		goleak.VerifyTestMain(m)
	case "echo":
		var line string
		for _, err := fmt.Scanln(&line); err == nil; _, err = fmt.Scanln(&line) {
			fmt.Println("got", line)
			fmt.Fprintln(os.Stderr, "noted", line)
		}
		os.Exit(3)
	case "wait":
		fmt.Println(`{"type":"log","text":"ready","hint":"so wait"}`)
		time.Sleep(time.Hour)
	}
}

func child(t *testing.T, what string, c Command) *Process {
	t.Helper()
	c.Path, c.Env = os.Args[0], append(os.Environ(), childVariable+"="+what)
	return Start(t, c)
}

// dial connects a client to the agent at url.
func dial(t *testing.T, url string) *websocket.Conn {
	t.Helper()
	conn, _, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func write(t *testing.T, conn *websocket.Conn, frame string) {
	t.Helper()
	if err := conn.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		t.Fatal(err)
	}
}

// read returns the agent's next frame, or the text of the error that ended the connection.
func read(conn *websocket.Conn) string {
	_, text, err := conn.ReadMessage()
	if err != nil {
		return err.Error()
	}
	return string(text)
}

const initiation = `{"type":"conversation_initiation_client_data","user_id":"me"}`

func TestAnAgentPlaysOneConversationAfterTheOther(t *testing.T) {
	a := ServeOpen(t, func(c *Conversation) {
		if c.Number == 1 {
			c.Close(1000, "bye")
		} else {
			c.Cut()
		}
	})
	for n, want := range []string{"websocket: close 1000 (normal): bye", "websocket: close 1006 (abnormal closure): unexpected EOF"} {
		conn := dial(t, a.URL)
		write(t, conn, initiation)
		if got := read(conn); got != Metadata(fmt.Sprint("conv_", n+1), "pcm_16000") {
			t.Errorf("conversation %d opened with %s", n, got)
		}
		if got := read(conn); got != want {
			t.Errorf("conversation %d ended with %q, want %q", n, got, want)
		}
	}
	if n := a.Conversations(); n != 2 {
		t.Errorf("%d conversations", n)
	}
}

func TestAnAgentMayRefuseTheHandshake(t *testing.T) {
	opts := AgentOptions{Handshake: func(w http.ResponseWriter, r *http.Request, accept func()) {
		if r.URL.Path == "/here" {
			accept()
			return
		}
		http.Error(w, "gone", http.StatusNotFound)
	}}
	a := opts.Serve(t, func(c *Conversation) { c.Close(1000, c.Request.URL.Path) })
	_, response, err := websocket.DefaultDialer.Dial(a.URL, nil)
	if err == nil || response.StatusCode != 404 {
		t.Errorf("got %v", err)
	}
	if got := read(dial(t, a.URL+"/here")); got != "websocket: close 1000 (normal): /here" {
		t.Errorf("got %s", got)
	}
}

// The client answers the tool calls in reverse order, and sends other frames before the answers.
func TestEachAnswerGoesToItsCall(t *testing.T) {
	const answers = 20
	done := make(chan struct{})
	a := ServeOpen(t, func(c *Conversation) {
		defer close(done)
		var wg sync.WaitGroup
		for n := range answers {
			wg.Go(func() {
				id := fmt.Sprint("call_", n)
				if r := c.Call(id, "echo", `{}`); r.Err != nil || r.Result != "result of "+id || !r.IsError || r.ErrorType != "client_timeout" {
					t.Errorf("%s = %v", id, r)
				}
			})
		}
		wg.Go(func() {
			if took, err := c.Ping(7); err != nil || took <= 0 {
				t.Errorf("pong after %v: %v", took, err)
			}
		})
		wg.Wait()
		if frame := c.Expect("user_activity"); string(frame.Text) != `{"type":"user_activity"}` {
			t.Errorf("got %s", frame.Text)
		}
		late := c.StartCall("late", "echo", `{}`)
		if closed := c.WaitClose(); closed.Code != 1001 {
			t.Errorf("closed with %d", closed.Code)
		}
		if r := <-late; r.Err == nil {
			t.Errorf("late = %v", r)
		}
	})
	conn := dial(t, a.URL)
	write(t, conn, initiation)
	read(conn)
	var ids []string
	for range answers + 1 {
		frame := read(conn)
		if _, id, ok := strings.Cut(frame, `"tool_call_id":"`); ok {
			id, _, _ = strings.Cut(id, `"`)
			ids = append(ids, id)
		}
	}
	write(t, conn, `{"type":"user_activity"}`)
	for i := range ids {
		id := ids[len(ids)-1-i]
		write(t, conn, fmt.Sprintf(`{"type":"client_tool_result","tool_call_id":%q,"result":"result of %s","is_error":true,"error_type":"client_timeout"}`, id, id))
	}
	write(t, conn, `{"type":"pong","event_id":7}`)
	read(conn)
	conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1001, ""), time.Now().Add(time.Second))
	<-done
}

func TestAPingFailsWhenTheClientLeaves(t *testing.T) {
	failed := make(chan error, 2)
	a := Serve(t, func(c *Conversation) {
		for id := range 2 {
			_, err := c.Ping(id)
			failed <- err
		}
	})
	conn := dial(t, a.URL)
	read(conn)
	conn.Close()
	for range 2 {
		if err := <-failed; !errors.Is(err, errLeft) {
			t.Errorf("got %v, want %v", err, errLeft)
		}
	}
}

// A client that sends many frames to an agent that does not read must block, as it would with a
// server that hangs.
func TestAnAgentThatWaitsForNothingReadsNothing(t *testing.T) {
	release := make(chan struct{})
	a := Serve(t, func(c *Conversation) {
		c.Expect("conversation_initiation_client_data")
		<-release
	})
	conn := dial(t, a.URL)
	write(t, conn, initiation)
	conn.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
	var err error
	for n := 0; err == nil && n < 1000; n++ {
		err = conn.WriteMessage(websocket.TextMessage, make([]byte, 1<<20))
	}
	close(release)
	if err == nil || !strings.Contains(err.Error(), "i/o timeout") {
		t.Errorf("got %v after a gigabyte, want a timeout", err)
	}
}

// A recorder is a TB that records failures. Tests use it to check that testkit reports a failure.
type recorder struct {
	testing.TB
	errors []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func TestFramesThatTheClientShouldNotSendFailTheTest(t *testing.T) {
	for name, play := range map[string]func(*Conversation){
		"the wrong type":   func(c *Conversation) { c.Expect("user_message") },
		"no more frames":   func(c *Conversation) { c.WaitFor("user_message") },
		"no close frame":   func(c *Conversation) { c.WaitClose() },
		"refused by Check": func(c *Conversation) { c.Wait() },
		"fails on purpose": func(c *Conversation) { c.Fail("on purpose") },
	} {
		t.Run(name, func(t *testing.T) {
			r := &recorder{TB: t}
			ended := make(chan struct{})
			a := AgentOptions{Check: func(*Conversation, Frame) error {
				if name == "refused by Check" {
					return errors.New("refused")
				}
				return nil
			}}.Serve(r, func(c *Conversation) {
				defer close(ended)
				play(c)
			})
			conn := dial(t, a.URL)
			write(t, conn, initiation)
			conn.Close()
			<-ended
			if len(r.errors) != 1 {
				t.Errorf("got the errors %q, want one", r.errors)
			}
		})
	}
}

func TestAProcessReceivesInputAndItsOutputIsMatched(t *testing.T) {
	p := child(t, "echo", Command{})
	if err := p.Enter("hello"); err != nil {
		t.Fatal(err)
	}
	groups, err := p.Stdout.Match(regexp.MustCompile(`got (\w+)`), p.Done)
	if err != nil || groups[1] != "hello" {
		t.Errorf("got %q, %v", groups, err)
	}
	p.CloseInput()
	if _, err := p.Stdout.Match(regexp.MustCompile(`got`), p.Done); err == nil {
		t.Error("the same output matched twice")
	}
	if code := p.Wait(Timeout); code != 3 || p.Stderr.String() != "noted hello\n" {
		t.Errorf("exit code %d, stderr %q", code, p.Stderr.String())
	}
}

func TestAProcessCanRunOnATerminal(t *testing.T) {
	if !HasTerminals {
		t.Skip("this system has no terminals for tests")
	}
	p := child(t, "echo", Command{Input: Terminal})
	p.Enter("hello")
	if _, err := p.Stdout.Match(regexp.MustCompile(`hello\r\n(?s:.*)got hello`), p.Done); err != nil {
		t.Error(err)
	}
	p.Type("\x04")
	if code := p.Wait(Timeout); code != 3 {
		t.Errorf("exit code %d", code)
	}
}

func TestEventsUntilWaitsForAMatchingEvent(t *testing.T) {
	events := &Events{TB: t}
	p := child(t, "wait", Command{Input: NoInput, Line: events.Line, MaxMemory: 1 << 30})
	events.Until(p, "log", regexp.MustCompile("^ready$"))
	if got := events.Texts("log"); len(got) != 1 || got[0] != "ready | so wait" {
		t.Errorf("got %q", got)
	}
	p.Kill()
	var r = &recorder{TB: t}
	events.TB = r
	events.Until(p, "", regexp.MustCompile("never"))
	if len(r.errors) != 1 {
		t.Errorf("got the errors %q, want one", r.errors)
	}
}

func TestUntilReturnsWhenTheConditionHolds(t *testing.T) {
	calls := 0
	Until(t, "three calls", func() bool { calls++; return calls == 3 })
	if calls != 3 {
		t.Errorf("%d calls", calls)
	}
}
