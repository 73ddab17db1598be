package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/engine/convai"
)

// patience is how long something may take that has to happen. Only a failing
// test takes that long.
const patience = 40 * time.Second

// An agent is a server that holds conversations, conv_1, conv_2 and so on. Each
// is played by the test, on the goroutine of its connection.
type agent struct {
	t      testing.TB
	server *httptest.Server
	serve  func(*conversation)
	ends   sync.WaitGroup

	mu      sync.Mutex // guards what follows
	count   int
	asked   map[string]int // tool calls, as "conv_1 id"
	answers map[string]int // results
	wrong   []string
}

// A conversation is the agent's end of one.
type conversation struct {
	*agent
	number int
	id     string
	conn   *websocket.Conn
	in     chan convai.Message // what the client says, but results that nobody waits for; closed at the end

	writing sync.Mutex // held to write

	mu      sync.Mutex // guards what follows
	waiting map[string]chan *convai.ClientToolResult
	pongs   int
}

// listen starts an agent.
func listen(t testing.TB, serve func(*conversation)) *agent {
	a := &agent{t: t, serve: serve, asked: make(map[string]int), answers: make(map[string]int)}
	a.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.ends.Add(1)
		defer a.ends.Done()
		conn, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		a.mu.Lock()
		a.count++
		number := a.count
		a.mu.Unlock()
		c := &conversation{
			agent: a, number: number, id: fmt.Sprint("conv_", number), conn: conn,
			in: make(chan convai.Message, 100_000), waiting: make(map[string]chan *convai.ClientToolResult),
		}
		read := make(chan struct{})
		go func() { defer close(read); c.read() }()
		serve(c)
		conn.Close()
		<-read
	}))
	t.Cleanup(func() { a.server.Close(); a.ends.Wait() })
	return a
}

// host is where it listens.
func (a *agent) host() string { return a.server.Listener.Addr().String() }

func (a *agent) conversations() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.count
}

// read takes what the client sends, to the end.
func (c *conversation) read() {
	defer close(c.in)
	for {
		_, text, err := c.conn.ReadMessage()
		if err != nil {
			break
		}
		f, err := convai.ParseClient(text)
		if err != nil {
			c.agent.mu.Lock()
			c.wrong = append(c.wrong, fmt.Sprintf("the client sent %.200s: %v", text, err))
			c.agent.mu.Unlock()
			continue
		}
		switch m := f.Message.(type) {
		case *convai.ClientToolResult:
			c.agent.mu.Lock()
			c.answers[c.id+" "+m.ToolCallID]++
			c.agent.mu.Unlock()
			c.mu.Lock()
			if answer := c.waiting[m.ToolCallID]; answer != nil {
				answer <- m
				delete(c.waiting, m.ToolCallID)
			}
			c.mu.Unlock()
		case *convai.Pong:
			c.mu.Lock()
			c.pongs++
			c.mu.Unlock()
		case *convai.UserAudioChunk:
		default:
			select {
			case c.in <- m:
			default:
			}
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, answer := range c.waiting {
		close(answer)
		delete(c.waiting, id)
	}
	c.waiting = nil
}

// open waits for the client's first message and says what conversation it is.
func (c *conversation) open() {
	c.expect("conversation_initiation_client_data")
	c.send(&convai.ConversationInitiationMetadata{ConversationID: c.id, AgentOutputAudioFormat: "pcm_16000", UserInputAudioFormat: "pcm_16000"})
}

// expect waits for a message of a type, and passes over others.
func (c *conversation) expect(kind string) convai.Message {
	late := time.After(patience)
	for {
		select {
		case m, ok := <-c.in:
			if !ok {
				c.t.Errorf("%s: the client left before it sent %s", c.id, kind)
				return nil
			}
			if m.MessageType() == kind {
				return m
			}
		case <-late:
			c.t.Errorf("%s: no %s", c.id, kind)
			return nil
		}
	}
}

// stay returns when the client has left.
func (c *conversation) stay() {
	for range c.in {
	}
}

func (c *conversation) send(m convai.Message) error {
	frame, err := convai.Marshal(m)
	if err != nil {
		return err
	}
	return c.raw(websocket.TextMessage, frame)
}

func (c *conversation) raw(opcode int, frame []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.conn.SetWriteDeadline(time.Now().Add(patience))
	return c.conn.WriteMessage(opcode, frame)
}

// ask calls a tool. The answer comes by what it returns, which is closed when
// none can come any more.
func (c *conversation) ask(id, tool, args string) <-chan *convai.ClientToolResult {
	answer := make(chan *convai.ClientToolResult, 1)
	c.agent.mu.Lock()
	c.asked[c.id+" "+id]++
	c.agent.mu.Unlock()
	c.mu.Lock()
	over := c.waiting == nil
	if !over {
		c.waiting[id] = answer
	}
	c.mu.Unlock()
	if over || c.send(&convai.ClientToolCall{ToolName: tool, ToolCallID: id, Parameters: json.RawMessage(args), EventID: 1}) != nil {
		c.agent.mu.Lock()
		c.asked[c.id+" "+id] = 0 // it never went out
		c.agent.mu.Unlock()
	}
	return answer
}

// echo calls the tool echo and checks the answer.
func (c *conversation) echo(id string) bool {
	select {
	case r := <-c.ask(id, "echo", `{"text":"`+id+`"}`):
		if r == nil || r.IsError || r.Result != "echo "+id {
			c.t.Errorf("%s: echo %s = %+v", c.id, id, r)
			return false
		}
		return true
	case <-time.After(patience):
		c.t.Errorf("%s: echo %s: no answer", c.id, id)
		return false
	}
}

// close takes leave, and waits for the client to do so too.
func (c *conversation) close(code int, reason string) {
	c.writing.Lock()
	c.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(patience))
	c.writing.Unlock()
	c.stay()
}

// settle checks that each call had one outcome: an answer, or an orphaned
// result, of which the script has told. Those that are lost may have had neither:
// their result was written, and a network that is gone took it along.
func (a *agent) settle(orphans map[string]int, lost func(call string) bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, what := range a.wrong {
		a.t.Error(what)
	}
	for call, times := range a.asked {
		if got := a.answers[call] + orphans[call]; got != min(times, 1) && !(got == 0 && lost(call)) {
			a.t.Errorf("%s was asked for %d times, answered %d times and orphaned %d times", call, times, a.answers[call], orphans[call])
		}
	}
	for call, times := range a.answers {
		if times > 1 {
			a.t.Errorf("%s was answered %d times", call, times)
		}
		if a.asked[call] == 0 {
			a.t.Errorf("%s was answered %d times and never asked for", call, times)
		}
	}
	for call, times := range orphans {
		if a.asked[call] == 0 {
			a.t.Errorf("%s was orphaned %d times and never asked for", call, times)
		}
	}
}

// none says that no result may get lost.
func none(string) bool { return false }
