package testkit

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// A Conversation is the agent's end of the WebSocket session with one client. Any goroutine may use
// it.
//
// A Conversation reads frames only while a method waits for a frame, a tool result or a pong, and
// always after KeepReading. At other times the client's frames remain unread, so a client that
// sends many frames blocks, as it would with a server that hangs. A tool result or pong goes to the
// Call or Ping that waits for it. All other frames go to a queue, from which Next returns them.
type Conversation struct {
	Conn    *websocket.Conn // WebSocket connection, for tests that need more than the methods below
	Request *http.Request   // HTTP request of the handshake
	Number  int             // 1 for the first client of the Agent, 2 for the second, and so on
	ID      string          // conversation id that Open sends: "conv_" and Number
	First   Frame           // first frame of the client; set by Open

	agent   *Agent
	writeMu sync.Mutex // held while a frame is written

	mu      sync.Mutex // guards the fields below
	changed *sync.Cond // signals each change of the fields below
	reading bool       // the reader goroutine was started
	ended   bool       // the connection has ended
	err     error      // error that ended reading
	keep    bool       // the reader must read all the time
	queue   []Frame    // frames that were read and that Next has not returned yet
	waiters int        // number of calls of Next that wait
	calls   map[string]chan ToolResult
	pings   map[int]chan error
}

// A Frame is one text frame of the client.
type Frame struct {
	Type string // value of the JSON field "type"; empty if there is none
	Text []byte // the whole frame
}

// A ToolResult is the client's answer to one tool call.
type ToolResult struct {
	ID        string `json:"tool_call_id"`
	Result    string `json:"result"`
	IsError   bool   `json:"is_error"`
	ErrorType string `json:"error_type"`

	Err error `json:"-"` // why there is no answer; nil if there is one
}

// String describes the result, or the reason why there is none, for messages of tests.
func (r ToolResult) String() string {
	if r.Err != nil {
		return r.Err.Error()
	}
	return fmt.Sprintf("%q, error %v %s", r.Result, r.IsError, r.ErrorType)
}

var (
	errLeft = errors.New("the client left without an answer")

	// ErrNotSent is wrapped in ToolResult.Err if the tool call could not be sent because the client
	// had left.
	ErrNotSent = errors.New("the call was not sent")

	// ErrTimeout is wrapped in the error of Conversation.Next if no frame came within Timeout.
	ErrTimeout = errors.New("timeout")
)

func newConversation(a *Agent, conn *websocket.Conn, r *http.Request, number int) *Conversation {
	c := &Conversation{
		Conn: conn, Request: r, Number: number, ID: fmt.Sprint("conv_", number), agent: a,
		calls: make(map[string]chan ToolResult), pings: make(map[int]chan error),
	}
	c.changed = sync.NewCond(&c.mu)
	return c
}

// Fail fails the test and ends the calling goroutine.
func (c *Conversation) Fail(format string, args ...any) {
	c.agent.t.Helper()
	c.agent.t.Errorf("agent, conversation %d: "+format, append([]any{c.Number}, args...)...)
	runtime.Goexit()
}

// Open waits for the client's frame conversation_initiation_client_data and stores it in First. It
// then sends the metadata of a conversation with the id c.ID and the audio format pcm_16000 in both
// directions.
func (c *Conversation) Open() {
	c.OpenWith(Metadata(c.ID, "pcm_16000"))
}

// OpenWith does the same as Open, but sends another metadata frame.
func (c *Conversation) OpenWith(metadata string) {
	c.First = c.Expect("conversation_initiation_client_data")
	c.Send(metadata)
}

// Send sends one text frame. It sends a string or a []byte unchanged, and any other value as JSON.
// It returns an error when the connection has ended.
func (c *Conversation) Send(frame any) error {
	return c.send(websocket.TextMessage, frame)
}

// SendBinary sends one binary frame. It returns an error when the connection has ended.
func (c *Conversation) SendBinary(frame []byte) error {
	return c.send(websocket.BinaryMessage, frame)
}

func (c *Conversation) send(opcode int, frame any) error {
	var text []byte
	switch f := frame.(type) {
	case string:
		text = []byte(f)
	case []byte:
		text = f
	default:
		var err error
		if text, err = json.Marshal(frame); err != nil {
			c.Fail("%v", err)
		}
	}
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	c.Conn.SetWriteDeadline(time.Now().Add(Timeout))
	return c.Conn.WriteMessage(opcode, text)
}

// Next returns the client's next frame. It returns an error when the connection has ended, or when
// no frame comes within Timeout.
func (c *Conversation) Next() (Frame, error) {
	timedOut := false
	timer := time.AfterFunc(Timeout, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		timedOut = true
		c.changed.Broadcast()
	})
	defer timer.Stop()

	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiters++
	c.demand()
	for len(c.queue) == 0 && !c.ended && !timedOut {
		c.changed.Wait()
	}
	c.waiters--
	switch {
	case len(c.queue) > 0:
		frame := c.queue[0]
		c.queue = c.queue[1:]
		return frame, nil
	case c.ended:
		return Frame{}, c.err
	}
	return Frame{}, fmt.Errorf("%w: no frame within %v", ErrTimeout, Timeout)
}

// Expect returns the client's next frame. The test fails if the frame's type is not kind. Expect
// ignores pongs unless kind is "pong".
func (c *Conversation) Expect(kind string) Frame {
	c.agent.t.Helper()
	for {
		frame, err := c.Next()
		if err != nil {
			c.Fail("%v, want %s", err, kind)
		}
		if frame.Type == kind {
			return frame
		}
		if frame.Type != "pong" {
			c.Fail("got %.500s, want %s", frame.Text, kind)
		}
	}
}

// WaitFor returns the client's next frame of type kind. It ignores all other frames. The test fails
// if no such frame comes.
func (c *Conversation) WaitFor(kind string) Frame {
	c.agent.t.Helper()
	for {
		frame, err := c.Next()
		if err != nil {
			c.Fail("%v, want %s", err, kind)
		}
		if frame.Type == kind {
			return frame
		}
	}
}

// Call calls a tool and waits for the client's answer. id is the id of the call, name the name of
// the tool, and args its arguments as JSON. If no answer comes, the Err of the ToolResult says why.
func (c *Conversation) Call(id, name, args string) ToolResult {
	select {
	case result := <-c.StartCall(id, name, args):
		return result
	case <-time.After(Timeout):
		return ToolResult{ID: id, Err: fmt.Errorf("no answer within %v", Timeout)}
	}
}

// StartCall calls a tool like Call, but does not wait. The answer comes on the returned channel. If
// the client leaves before it answers, the channel gets a ToolResult with an error. If the call
// could not be sent, this ToolResult is already in the channel when StartCall returns.
func (c *Conversation) StartCall(id, name, args string) <-chan ToolResult {
	answer := make(chan ToolResult, 1)
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		answer <- ToolResult{ID: id, Err: ErrNotSent}
		return answer
	}
	c.calls[id] = answer
	c.demand()
	c.mu.Unlock()
	if err := c.Send(ToolCall(id, name, args)); err != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.calls[id] == answer {
			delete(c.calls, id)
			answer <- ToolResult{ID: id, Err: fmt.Errorf("%w: %w", ErrNotSent, err)}
		}
	}
	return answer
}

// Ping sends a ping with the given event id and waits for the client's pong. It returns how long
// the pong took.
func (c *Conversation) Ping(id int) (time.Duration, error) {
	pong := make(chan error, 1)
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		return 0, errLeft
	}
	c.pings[id] = pong
	c.demand()
	c.mu.Unlock()
	began := time.Now()
	if err := c.Send(Ping(id)); err != nil {
		return 0, err
	}
	select {
	case err := <-pong:
		return time.Since(began), err
	case <-time.After(Timeout):
		return 0, fmt.Errorf("no pong within %v", Timeout)
	}
}

// Close sends a close frame and waits until the client has closed the connection. It ignores all
// frames that the client sends until then.
func (c *Conversation) Close(code int, reason string) {
	c.SendClose(code, reason)
	c.Wait()
}

// SendClose sends a close frame and does not wait for the client's close frame.
func (c *Conversation) SendClose(code int, reason string) error {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	return c.Conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(Timeout))
}

// WaitClose waits for the client's close frame and returns it. It ignores all other frames. Package
// websocket answers the close frame. The test fails if the connection ends without a close frame.
func (c *Conversation) WaitClose() *websocket.CloseError {
	c.agent.t.Helper()
	err := c.Wait()
	var closed *websocket.CloseError
	// package websocket uses this code for a connection that ended without a close frame
	if !errors.As(err, &closed) || closed.Code == websocket.CloseAbnormalClosure {
		c.Fail("%v, want a close frame", err)
	}
	return closed
}

// Wait reads and ignores frames until the client has left. It returns the error that ended the
// connection. It has no time limit.
func (c *Conversation) Wait() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep = true
	c.demand()
	for !c.ended {
		c.changed.Wait()
	}
	return c.err
}

// KeepReading makes the Conversation read frames all the time from now on.
func (c *Conversation) KeepReading() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep = true
	c.demand()
}

// Cut closes the connection without a close frame.
func (c *Conversation) Cut() { c.Conn.Close() }

// demand wakes the reader goroutine to check whether frames are wanted, and starts it if necessary.
// The caller holds c.mu.
func (c *Conversation) demand() {
	if !c.reading && !c.ended {
		c.reading = true
		go c.read()
	}
	c.changed.Broadcast()
}

// wanted reports whether the reader must read another frame. The caller holds c.mu.
func (c *Conversation) wanted() bool {
	return c.keep || c.waiters > len(c.queue) || len(c.calls) > 0 || len(c.pings) > 0
}

// read reads frames while wanted returns true, until the connection ends. It runs on its own
// goroutine.
func (c *Conversation) read() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		for !c.wanted() {
			c.changed.Wait()
		}
		c.mu.Unlock()
		opcode, text, err := c.Conn.ReadMessage()
		frame := Frame{Text: text}
		if err == nil && opcode == websocket.TextMessage {
			frame.Type = frameType(text)
		}
		if check := c.agent.opts.Check; err == nil && check != nil {
			if wrong := check(c, frame); wrong != nil {
				c.agent.t.Errorf("agent, conversation %d: the client sent %.200s: %v", c.Number, text, wrong)
			}
		}
		c.mu.Lock()
		if err != nil {
			c.finish(err)
			return
		}
		if !c.deliver(frame) {
			c.queue = append(c.queue, frame)
		}
		c.changed.Broadcast()
	}
}

// finish records that the connection has ended with err, and wakes all methods that wait. The
// caller holds c.mu.
func (c *Conversation) finish(err error) {
	c.ended, c.err = true, err
	for id, answer := range c.calls {
		answer <- ToolResult{ID: id, Err: errLeft}
		delete(c.calls, id)
	}
	for id, pong := range c.pings {
		pong <- errLeft
		delete(c.pings, id)
	}
	c.changed.Broadcast()
}

// deliver passes a tool result or pong to the Call or Ping that waits for it. It reports false if
// no method waits for this frame. The caller holds c.mu.
func (c *Conversation) deliver(frame Frame) bool {
	switch frame.Type {
	case "client_tool_result":
		var result ToolResult
		if json.Unmarshal(frame.Text, &result) != nil {
			return false
		}
		answer := c.calls[result.ID]
		if answer == nil {
			return false
		}
		delete(c.calls, result.ID)
		answer <- result
		return true
	case "pong":
		var pong struct {
			ID int `json:"event_id"`
		}
		if json.Unmarshal(frame.Text, &pong) != nil {
			return false
		}
		answer := c.pings[pong.ID]
		if answer == nil {
			return false
		}
		delete(c.pings, pong.ID)
		answer <- nil
		return true
	}
	return false
}

// end closes the connection and waits until the reader goroutine has ended.
func (c *Conversation) end() {
	c.Conn.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.reading {
		c.finish(net.ErrClosed)
		return
	}
	c.keep = true
	c.changed.Broadcast()
	for !c.ended {
		c.changed.Wait()
	}
}
