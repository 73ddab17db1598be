package story

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/rogpeppe/go-internal/testscript"

	"moonlark/engine/testkit"
)

// An agent serves one client at a time. The lines of the story say what it does.
type agent struct {
	*testkit.Agent
	lines     chan string        // lines that the agent has not played yet
	noMore    func()             // closes lines
	received  testkit.Transcript // requests and messages of the clients, one on each line
	connected sync.Mutex         // held while a client is connected

	mu  sync.Mutex // guards the field below
	err error      // errors of the lines that could not be played; nil when there are none
}

func (s *story) agent(ts *testscript.TestScript, args []string) {
	a := &agent{lines: make(chan string, 1000)}
	a.noMore = sync.OnceFunc(func() { close(a.lines) })
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			a.lines <- line
		}
	}
	a.Agent = testkit.AgentOptions{
		// this variable is set if the story has used the command noagent before
		Addr:      ts.Getenv(args[0] + "_HOST"),
		Handshake: a.handshake,
		Check: func(_ *testkit.Conversation, frame testkit.Frame) error {
			fmt.Fprintf(&a.received, "%s\n", frame.Text)
			return nil
		},
	}.Serve(s, a.converse)
	s.Cleanup(func() {
		a.noMore()
		a.Cut()
	})
	s.agents[args[0]] = a
	setAgent(ts, args[0], a.Host())
}

// setAgent sets the environment variables with the address and the URL of an agent.
func setAgent(ts *testscript.TestScript, name, host string) {
	ts.Setenv(name+"_HOST", host)
	ts.Setenv(name, "ws://"+host+"/v1/convai/conversation?agent_id=ours")
}

func (s *story) noAgent(ts *testscript.TestScript, args []string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	setAgent(ts, args[0], listener.Addr().String())
	ts.Check(listener.Close())
}

func (s *story) findAgent(ts *testscript.TestScript, name string) *agent {
	a := s.agents[name]
	if a == nil {
		ts.Fatalf("no agent %s was started", name)
	}
	return a
}

func (s *story) tell(ts *testscript.TestScript, args []string) {
	s.findAgent(ts, args[0]).lines <- args[1]
}

func (s *story) heard(ts *testscript.TestScript, args []string) {
	a := s.findAgent(ts, args[0])
	a.noMore()
	a.connected.Lock()
	defer a.connected.Unlock()
	fmt.Fprint(ts.Stdout(), a.received.String())
	a.mu.Lock()
	defer a.mu.Unlock()
	ts.Check(a.err)
	if line, ok := <-a.lines; ok {
		ts.Fatalf("no client was there for: %s", line)
	}
}

// fail records the error of a line that could not be played.
func (a *agent) fail(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.err = errors.Join(a.err, err)
}

// handshake plays the line that says how to answer a request.
func (a *agent) handshake(w http.ResponseWriter, r *http.Request, accept func()) {
	a.connected.Lock()
	defer a.connected.Unlock()
	fmt.Fprintln(&a.received, r.Method, r.RequestURI)
	line := <-a.lines
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "refuse":
		status, text, _ := strings.Cut(rest, " ")
		code, _ := strconv.Atoi(status)
		http.Error(w, text, code)
	case "hang":
		<-r.Context().Done()
	case "open":
		accept()
	default:
		a.fail(fmt.Errorf("a client connects, but the next line is %q", line))
		http.Error(w, "no line to play", http.StatusTeapot)
	}
}

// metadata is the frame that opens a conversation.
const metadata = `{"type": "conversation_initiation_metadata", "conversation_initiation_metadata_event": {
	"conversation_id": "conv_story", "agent_output_audio_format": "pcm_16000", "user_input_audio_format": "pcm_16000"}}`

// converse plays the lines of a conversation. It returns when there are no more lines and the
// client has left.
func (a *agent) converse(c *testkit.Conversation) {
	c.KeepReading() // so that the story command see finds each message at once
	if err := expect(c, "conversation_initiation_client_data", ""); err != nil {
		a.fail(err)
		return
	}
	c.Send(metadata)
	for line := range a.lines {
		if err := play(c, line); err != nil {
			a.fail(fmt.Errorf("%s: %w", line, err))
			return
		}
	}
	for {
		if _, err := c.Next(); err != nil {
			fmt.Fprintln(&a.received, err)
			if errors.Is(err, testkit.ErrTimeout) {
				a.fail(errors.New("the client has not left"))
			}
			return
		}
	}
}

// play plays one line of an open conversation.
func play(c *testkit.Conversation, line string) error {
	word, rest, _ := strings.Cut(line, " ")
	first, rest2, _ := strings.Cut(rest, " ")
	switch word {
	case "send":
		return c.Send(rest)
	case "expect":
		return expect(c, first, rest2)
	case "wait":
		d, err := time.ParseDuration(rest)
		time.Sleep(d)
		return err
	case "close":
		code, _ := strconv.Atoi(first)
		return c.SendClose(code, rest2)
	case "closed":
		return expectClose(c, rest)
	}
	return errors.New("unknown kind of line")
}

// next returns the client's next message. It ignores pongs unless pongs is set.
func next(c *testkit.Conversation, pongs bool) (testkit.Frame, error) {
	for {
		frame, err := c.Next()
		if err != nil || frame.Type != "pong" || pongs {
			return frame, err
		}
	}
}

func expect(c *testkit.Conversation, kind, pattern string) error {
	frame, err := next(c, kind == "pong")
	if err != nil {
		return err
	}
	if ok, err := regexp.Match(pattern, frame.Text); frame.Type != kind || !ok {
		return errors.Join(fmt.Errorf("got %s", frame.Text), err)
	}
	return nil
}

func expectClose(c *testkit.Conversation, code string) error {
	frame, err := next(c, false)
	var closed *websocket.CloseError
	if !errors.As(err, &closed) || strconv.Itoa(closed.Code) != code {
		return fmt.Errorf("got %s, %v", frame.Text, err)
	}
	return nil
}
