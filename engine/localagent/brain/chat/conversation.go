package chat

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"moonlark/engine/llm"
	"moonlark/engine/localagent/brain"
)

const (
	// maxRounds is how often the model is asked in one exchange. In the last round it cannot call
	// tools.
	maxRounds = 10

	// noAnswer is what the agent says if the model has said nothing and called nothing.
	noAnswer = "I have no answer."
)

// Open implements [brain.Brain]. If the server of the model is near, Open makes it load the model
// and read the system text while the greeting is spoken. Otherwise it checks that the server can be
// reached.
func (b *Brain) Open(start brain.Start) brain.Conversation {
	c := &conversation{
		model: b.Model, now: b.Now, start: start, log: start.Log, system: start.Instructions(),
		phrasesFirst: b.PhrasesFirst, withoutModel: make(map[brain.Turn]*exchange),
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	c.wantedModel, c.extra = wantedModel(start.Settings)
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.workers.Go(c.warmUp)
	return c
}

// A conversation is the brain's part of one conversation.
type conversation struct {
	model       llm.Model
	now         func() time.Time
	start       brain.Start
	log         *slog.Logger
	system      string
	wantedModel string         // the model that the settings ask for; may be empty
	extra       map[string]any // fields for the body that the settings ask for

	phrasesFirst bool // see Brain

	ctx     context.Context // ends with the conversation
	cancel  func()
	workers sync.WaitGroup

	mu      sync.Mutex // guards the fields below
	history history
	active  *request    // the request to the model; nil if there is none
	late    []*exchange // exchanges whose tools have answered after the user had gone on
	context []string    // information for the model that belongs to the next exchange
	failing bool        // the last request to the model has failed
	// announced means that the agent has told the user that the model fails: see onlyPhrases.
	announced bool
	// withoutModel maps turns to their exchanges, as long as their tools run without the model.
	withoutModel map[brain.Turn]*exchange
}

// Hear implements [brain.Conversation].
func (c *conversation) Hear(turn brain.Turn, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stop()
	lines := append(c.context, c.now().Format("[Monday, 2 January 2006, 15:04]"), text)
	c.context = nil
	e := &exchange{turn: turn, words: text, user: strings.Join(lines, "\n")}
	if (c.phrasesFirst || c.failing) && c.callByPhrase(e) {
		c.history.exchanges = append(c.history.exchanges, e)
		c.history.trim(maxHistory)
		return
	}
	c.begin(e)
}

// Inform implements [brain.Conversation].
func (c *conversation) Inform(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	const maxContext = 100 // a script may inform again and again while the user is silent
	if len(c.context) == maxContext {
		c.context = slices.Delete(c.context, 0, 1)
	}
	c.context = append(c.context, "["+text+"]")
}

// begin adds an exchange to the history and asks the model. The caller must hold c.mu, and there
// must be no request in progress.
func (c *conversation) begin(e *exchange) {
	c.history.exchanges = append(c.history.exchanges, e)
	c.ask(e)
}

// stop stops the request that is running, if there is one, and ends its turn. The caller must hold
// c.mu.
func (c *conversation) stop() {
	r := c.active
	if r == nil {
		return
	}
	r.cancel()
	c.active = nil
	c.end(r.exchange, nil)
}

// end ends the turn of an exchange. The caller must hold c.mu.
func (c *conversation) end(e *exchange, err error) {
	if e.ended {
		return
	}
	e.ended = true
	if e.hangUp {
		e.turn.HangUp()
	}
	e.turn.End(err)
}

// call runs the tools that the model has called in the step s of e. The caller must hold c.mu.
func (c *conversation) call(e *exchange, s *step, reply llm.Reply) {
	s.calls, s.extra = reply.Calls, reply.Extra
	run, results, ends := brain.ResolveCalls(s.calls, c.start.Tools(), "The conversation ends.")
	s.results, e.hangUp = results, e.hangUp || ends
	e.turn.Call(run...) // also completes what has been said
	if len(run) == 0 {
		c.proceed(e)
	}
}

// proceed continues an exchange whose calls all have results. The caller must hold c.mu.
func (c *conversation) proceed(e *exchange) {
	if !e.hangUp {
		c.ask(e)
		return
	}
	if !slices.ContainsFunc(e.steps, func(s *step) bool { return strings.TrimSpace(s.said) != "" }) {
		e.last().said = "Goodbye!"
		e.turn.Say("Goodbye!")
	}
	c.end(e, nil)
}

// Results implements [brain.Conversation].
func (c *conversation) Results(turn brain.Turn, results []brain.Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.withoutModel[turn]; e != nil {
		c.answerByPhrase(e, results)
		return
	}
	e := c.history.find(turn)
	if e == nil { // the history was too long
		turn.End(nil)
		return
	}
	s := e.last()
	brain.CompleteResults(s.results, results)
	if e == c.history.last() && c.active == nil {
		c.proceed(e)
	} else {
		s.late = true
		c.late = append(c.late, e)
	}
	c.beginLate()
}

// beginLate tells the model the results that came late, if the last exchange has ended. The caller
// must hold c.mu.
func (c *conversation) beginLate() {
	if last := c.history.last(); len(c.late) == 0 || c.active != nil || last == nil || !last.ended {
		return
	}
	e := c.late[0]
	c.late = slices.Delete(c.late, 0, 1)
	e.ended = true // its turn goes on in the new exchange
	c.begin(&exchange{turn: e.turn, user: lateNote(e.last())})
}

// Interrupted implements [brain.Conversation].
func (c *conversation) Interrupted(turn brain.Turn, text, heard string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.history.find(turn)
	if turn == nil || e == nil {
		return
	}
	for _, s := range slices.Backward(e.steps) {
		if !s.interrupted && strings.HasPrefix(s.said, text) {
			s.interrupted, s.heard = true, heard
			if c.active != nil && c.active.step == s {
				c.stop() // the user is about to say something, so late results wait
			}
			return
		}
	}
}

// Close implements [brain.Conversation].
func (c *conversation) Close() {
	c.cancel()
	c.workers.Wait()
}
