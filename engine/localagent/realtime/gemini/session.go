package gemini

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"moonlark/engine/llm"
	"moonlark/engine/localagent/realtime"
	"moonlark/engine/localagent/realtime/wire"
	"moonlark/engine/tool"
)

const (
	// maxPending is the maximum size of the messages with sound that are kept while there is no
	// connection, in bytes. It is 5 s of sound in base64.
	maxPending = 5 * userRate * 2 * 4 / 3
	// answerTimeout is how long the service may take to begin an answer.
	answerTimeout = 30 * time.Second
	// If the client sends no sound for silentAfter, the service is told that the microphone is off.
	// Otherwise the service would not detect the end of a sentence.
	silentAfter = time.Second
)

// A session is a conversation with the service. It has a goroutine that connects and reads, and
// another that calls tick every second (see [wire.Loop]). The mutex guards everything that these
// two share with the goroutines that call the methods.
type session struct {
	service *Service
	start   realtime.Start
	events  realtime.Events
	log     *slog.Logger

	ctx     context.Context // ends with the session
	cancel  func()
	workers sync.WaitGroup

	mu       sync.Mutex        // guards the fields below
	conn     *wire.Conn        // nil while there is none
	handle   string            // identifies the session for the next connection; may be empty
	renewed  bool              // tick has closed conn to open another connection
	replace  time.Time         // when conn must be replaced at the latest; zero if that is not known
	tools    []*tool.Spec      // the tools that the service knows
	names    map[string]string // names of the tools, by the names that the model uses for them
	greeted  bool              // the first message need not be said any more
	pending  [][]byte          // messages with sound or activity of the user that wait for conn
	speaking bool              // the user is speaking; for LocalDetection
	history  realtime.History
	// unanswered are texts that the service has not begun to answer. A text with an empty Role is
	// not added to the history.
	unanswered []realtime.Entry

	calls     map[string]functionCall // calls that have no result yet, by call id
	lostCalls map[string]functionCall // the same for calls that were made on earlier connections

	item      string    // the item that the agent is saying; empty if there is none
	itemDone  time.Time // when the text of the item counts as complete; zero while sound arrives
	turn      bool      // the model is answering
	stopped   bool      // the user has interrupted the answer: the rest of it is not passed on
	spoke     bool      // the model has said something since the user has spoken
	asked     time.Time // when the user stopped speaking, or the tools returned, before the next answer
	awaited   time.Time // when the service must have begun to answer; zero if no answer is due
	first     time.Time // when the answer has begun; zero if it has not
	read      int       // number of tokens that the model has read for the answer
	written   int       // number of tokens of the answer
	rounds    int       // number of answers with tool calls since the user has spoken
	items     int       // number of items so far, to name them
	userItem  string    // the item that the user is saying; empty if there is none
	userText  string    // the text of userItem so far
	playEnd   time.Time // when the sound that was received will have been played
	lastSound time.Time // when the client last sent sound
	flowing   bool      // sound was sent on conn, and the service was not told that the microphone is off
}

func open(s *Service, start realtime.Start, events realtime.Events) *session {
	c := &session{service: s, start: start, events: events, log: start.Log, calls: map[string]functionCall{}, lostCalls: map[string]functionCall{}}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.greeted = start.TextOnly; c.greeted && start.FirstMessage != "" {
		c.history.Add(realtime.Entry{Role: "assistant", Text: start.FirstMessage})
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.workers.Go(c.run)
	return c
}

// run keeps a connection to the service open until Close is called, or too many connections have
// failed.
func (c *session) run() {
	var tools []*tool.Spec      // the tools with which Connect has set the session up
	var names map[string]string // see the field names; set by Connect
	loop := wire.Loop{
		Connect: func(ctx context.Context) (conn *wire.Conn, err error) {
			start := c.start
			tools = c.start.Tools()
			start.Tools = func() []*tool.Spec { return tools }
			c.mu.Lock()
			handle := c.handle
			c.mu.Unlock()
			conn, names, err = c.service.connect(ctx, start, handle)
			if err != nil && handle != "" && ctx.Err() == nil && wire.IsFinal(err) { // the handle may be too old
				c.mu.Lock()
				c.handle = ""
				c.mu.Unlock()
				conn, names, err = c.service.connect(ctx, start, "")
			}
			return conn, err
		},
		Begin: func(conn *wire.Conn) { c.begin(conn, tools, names) },
		Handle: func(data []byte) bool {
			var m message
			if json.Unmarshal(data, &m) != nil {
				var fields map[string]json.RawMessage
				return json.Unmarshal(data, &fields) == nil // a field of an unknown form is ignored
			}
			c.handleMessage(&m)
			return true
		},
		End: c.end, Tick: c.tick, Log: c.log, Failed: c.events.Failed,
		Explain: func(err error) *llm.Error {
			return c.service.Failure(c.start, err)
		},
	}
	loop.Run(c.ctx)
}

// begin continues the conversation on a new connection, whose session was set up with these tools.
// If there is no handle, it tells the service what was said before.
func (c *session) begin(conn *wire.Conn, tools []*tool.Spec, names map[string]string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn, c.tools, c.names, c.renewed, c.replace, c.flowing = conn, tools, names, false, time.Time{}, false
	if entries := c.history.Settle(); c.handle == "" && len(entries) > 0 {
		var turns []object
		for _, e := range entries {
			role := "user"
			if e.Role == "assistant" {
				role = "model"
			}
			turns = append(turns, object{"role": role, "parts": []object{{"text": e.Text}}})
		}
		c.conn.Send(encode(object{"clientContent": object{"turns": turns, "turnComplete": false}}))
	}
	c.sendPending()
	if !c.greeted && len(c.unanswered) == 0 && c.start.FirstMessage != "" {
		text := fmt.Sprintf("Say exactly the following, word for word, and nothing else: %q", c.start.FirstMessage)
		c.unanswered = []realtime.Entry{{Text: text}}
	}
	c.greeted = true
	for _, e := range c.unanswered {
		c.sendText(e.Text)
	}
}

// end records that the connection is over. It reports whether tick has closed the connection to
// open another one.
func (c *session) end() (renewed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn = nil
	for id, call := range c.calls {
		c.lostCalls[id] = call
	}
	clear(c.calls)
	c.passUserText()
	c.finishItem()
	if c.turn {
		c.endTurn(nil)
	}
	return c.renewed
}

// tick does what depends on the time: it tells the service that the microphone is off, completes an
// item, ends an answer that takes too long, and replaces the connection. It is called every second.
func (c *session) tick(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn == nil || c.renewed {
		return
	}
	if c.flowing && now.Sub(c.lastSound) > silentAfter && c.service.Detection() == realtime.ServerDetection {
		c.flowing = false
		c.conn.Send(encode(object{"realtimeInput": object{"audioStreamEnd": true}}))
	}
	if !c.itemDone.IsZero() && now.After(c.itemDone) {
		c.finishItem()
	}
	if !c.awaited.IsZero() && now.After(c.awaited) {
		c.settle()
		c.endTurn(&llm.Error{Model: c.service.Name(c.start), Text: fmt.Sprintf("no answer within %v", answerTimeout)})
	}
	isQuiet := !c.turn && c.item == "" && c.awaited.IsZero() && len(c.calls) == 0 && c.userItem == "" && !c.speaking && now.After(c.playEnd)
	changed := !slices.Equal(c.start.Tools(), c.tools)
	if isQuiet && (changed || !c.replace.IsZero()) || !c.replace.IsZero() && now.After(c.replace) {
		c.renewed = true
		c.conn.Abort()
	}
}

// Close implements [realtime.Session].
func (c *session) Close() {
	c.cancel()
	c.workers.Wait()
}
