package openai

import (
	"context"
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

// maxPending is the maximum size of the messages with sound that are kept while there is no
// session, in bytes. It is 5 s of sound in base64.
const maxPending = 5 * rate * 2 * 4 / 3

// A session is a conversation with a service. It has a goroutine that connects and reads, and
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

	mu      sync.Mutex // guards the fields below
	conn    *wire.Conn // nil while there is no session at the service
	dialect dialect
	opened  time.Time    // when conn was opened
	renewed bool         // the session has closed conn to renew the session
	tools   []*tool.Spec // the tools that the service knows
	greeted bool         // the first message need not be said any more
	pending [][]byte     // messages with sound of the user that wait for conn
	commit  bool         // the pending sound contains the end of a sentence; for LocalDetection
	history realtime.History

	answering
	listening
	calls     map[string]string // names of the tools of the calls that have no result yet, by call id
	lostCalls map[string]string // like calls, but for calls from earlier connections
}

func open(s *Service, start realtime.Start, events realtime.Events) *session {
	c := &session{service: s, start: start, events: events, log: start.Log, calls: map[string]string{}, lostCalls: map[string]string{}}
	c.items = map[string]*spokenItem{}
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
	var d dialect          // of the service; set by Connect
	var tools []*tool.Spec // the tools with which Connect has set the session up
	loop := wire.Loop{
		Connect: func(ctx context.Context) (conn *wire.Conn, err error) {
			start := c.start
			tools = c.start.Tools()
			start.Tools = func() []*tool.Spec { return tools }
			conn, d, err = c.service.connect(ctx, start)
			return conn, err
		},
		Begin: func(conn *wire.Conn) { c.begin(conn, d, tools) },
		Handle: func(data []byte) bool {
			e, ok := parse(data)
			if ok {
				c.handle(e, data)
			}
			return ok
		},
		End: c.end, Tick: c.tick, Log: c.log,
		Failed: c.events.Failed,
		Explain: func(err error) *llm.Error {
			return c.service.Failure(c.start, err)
		},
	}
	loop.Run(c.ctx)
}

// begin continues the conversation on a new connection, whose session was set up with these tools.
// It tells the service what was said before, and makes it answer if an answer is due.
func (c *session) begin(conn *wire.Conn, d dialect, tools []*tool.Spec) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn, c.dialect, c.opened, c.renewed = conn, d, time.Now(), false
	c.tools = tools
	for _, e := range c.history.Settle() {
		c.createItem(e.Role, e.Text)
	}
	for _, sound := range c.pending {
		c.conn.SendSound(sound)
	}
	if c.commit {
		c.conn.Send(encode(object{"type": "input_audio_buffer.commit"}))
	}
	c.pending, c.commit = nil, false
	if !c.greeted && c.due == nil && c.start.FirstMessage != "" {
		c.due = object{
			"instructions": fmt.Sprintf("Say exactly the following, word for word, and nothing else: %q", c.start.FirstMessage),
			"tool_choice":  "none",
		}
	}
	c.greeted = true
	c.respond()
}

// end records that the connection is over. It reports whether tick has closed the connection to
// renew the session. If the answer that was being made has no output yet, begin asks for it again.
func (c *session) end() (renewed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn = nil
	c.forgetSpeech()
	for id, name := range c.calls {
		c.lostCalls[id] = name
	}
	clear(c.calls)
	clear(c.items)
	c.itemOrder, c.unconfirmed = nil, 0
	a := c.active
	if c.active = nil; a == nil {
		return c.renewed
	}
	c.finishItems(a)
	switch {
	case a.cancelled:
	case !a.spoke:
		if c.due = a.request; c.due == nil {
			c.due = object{}
		}
	default:
		c.events.ResponseDone(c.round(a, nil, 0), nil)
	}
	return c.renewed
}

// toolUpdate returns the object session that tells the service the tools. The caller must hold
// c.mu.
func (c *session) toolUpdate() object {
	o := object{"tools": toolList(c.tools)}
	if c.dialect == ga {
		o["type"] = "realtime"
	}
	return o
}

// createItem adds a message to the conversation at the service. The caller must hold c.mu, and
// c.conn must not be nil.
func (c *session) createItem(role, text string) {
	if role != "assistant" {
		c.unconfirmed++
	}
	c.conn.Send(encode(createItem(c.dialect, role, text)))
}

// tick does what depends on the time: it updates the tools, sends silence, ends an answer that
// takes too long, and renews the session. It is called every second.
func (c *session) tick(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn == nil {
		return
	}
	if tools := c.start.Tools(); !slices.Equal(tools, c.tools) {
		c.tools = tools
		c.conn.Send(encode(object{"type": "session.update", "session": c.toolUpdate()}))
	}
	c.fillSilence(now)
	c.checkResponse(now)
	c.respond()
	after := c.service.RenewAfter
	if after == 0 {
		after = renewAfter
	}
	if now.Sub(c.opened) >= after && !c.renewed && c.isQuiet(now) {
		c.renewed = true
		c.log.Debug("the session with the speech-to-speech service is renewed")
		c.conn.Abort()
	}
}

// isQuiet reports whether nobody speaks, no tool runs and no answer is due. The caller must hold
// c.mu.
func (c *session) isQuiet(now time.Time) bool {
	return c.active == nil && c.due == nil && !c.speaking && len(c.calls) == 0 && now.After(c.playEnd) && now.After(c.expected)
}

// Close implements [realtime.Session].
func (c *session) Close() {
	c.cancel()
	c.workers.Wait()
}
