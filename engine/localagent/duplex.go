package localagent

import (
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"moonlark/engine/convai"
	"moonlark/engine/llm"
	"moonlark/engine/localagent/brain"
	"moonlark/engine/localagent/realtime"
	"moonlark/engine/localagent/realtime/wire"
	"moonlark/engine/safetext"
)

// A duplex connects a conversation with a speech-to-speech service. It takes the place of the
// brain, and so implements [brain.Conversation]. It also implements [realtime.Events]: those
// methods run on the goroutine of the session and post functions that run on the goroutine of the
// conversation. All other methods and the fields belong to the goroutine of the conversation.
//
// Each item that the agent speaks or writes at the service becomes a response in the queue of the
// conversation. The duplex uses turns only to group tool calls and to number events.
type duplex struct {
	c         *conversation    // never changes
	session   realtime.Session // never changes
	agentRate int              // never changes; samples per second of the agent's sound
	deadline  time.Time        // never changes; the conversation ends at this time

	input duplexInput
	// items maps the names of items to their responses, as long as the service may add to them.
	items map[string]*response
	turn  *turn // the turn of the user's newest message; nil before the first
	// userEvents maps the names of the user's items to their event ids, until the texts are known.
	userEvents map[string]int
	batches    map[*turn]*callBatch // tool calls that have no results yet
	farewell   bool                 // the service has called end_call: hang up after its next answer

	// waiting is the number of bytes of the agent's sound that were received and not encoded yet.
	// Any goroutine may use it.
	waiting atomic.Int64
}

// A callBatch holds the tool calls of one answer of the service.
type callBatch struct {
	ids     []string        // ids of the tool calls
	results []*brain.Result // of the calls, in the order of ids; nil for a call that the client runs
}

// openDuplex opens the session of a conversation with a speech-to-speech service.
func (c *conversation) openDuplex(start brain.Start) {
	d := &duplex{c: c, items: map[string]*response{}, userEvents: map[string]int{}, batches: map[*turn]*callBatch{}}
	userRate, agentRate := c.opts.Realtime.Rates()
	d.agentRate = agentRate
	length := c.opts.MaxRealtime
	if o := start.Settings.Override; o != nil && o.Conversation != nil && o.Conversation.MaxDurationSeconds > 0 {
		length = min(length, time.Duration(o.Conversation.MaxDurationSeconds)*time.Second)
	}
	d.deadline = time.Now().Add(length)
	d.input.open(c.opts, userRate)
	c.duplex, c.brain = d, d
	d.session = c.opts.Realtime.Open(realtime.Start{Start: start, TextOnly: c.textOnly}, d)
}

// nextTick returns the next time at which tick has work to do. It may be called on nil.
func (d *duplex) nextTick() time.Time {
	if d == nil {
		return time.Time{}
	}
	if end := d.input.end(); !end.IsZero() && end.Before(d.deadline) {
		return end
	}
	return d.deadline
}

// tick ends the conversation at its deadline. It ends the user's sentence if the client has sent no
// sound for inputTimeout. It may be called on nil.
func (d *duplex) tick(now time.Time) {
	if d == nil {
		return
	}
	if !now.Before(d.deadline) {
		d.c.ending = closing{websocket.CloseNormalClosure, "the conversation has lasted as long as it may"}
	}
	if end := d.input.end(); !end.IsZero() && !now.Before(end) {
		d.endSpeech(now)
		d.input.detector.reset()
	}
}

// Hear implements [brain.Conversation].
func (d *duplex) Hear(t brain.Turn, text string) {
	d.turn, d.farewell = t.(*turn), false
	d.session.Say(text)
}

// Inform implements [brain.Conversation].
func (d *duplex) Inform(text string) { d.session.Inform(text) }

// Interrupted implements [brain.Conversation]. It does nothing: the method interrupt tells the
// session not only what was heard, but also how much of the sound was played.
func (d *duplex) Interrupted(brain.Turn, string, string) {}

// Close implements [brain.Conversation].
func (d *duplex) Close() { d.session.Close() }

// UserBegan implements [realtime.Events].
func (d *duplex) UserBegan(item string) {
	c := d.c
	c.post(func() {
		if c.responses.hangingUp {
			return
		}
		d.interrupt(time.Now())
		d.turn, d.farewell = &turn{conversation: c, event: c.newEvent()}, false
		const maxEvents = 64 // a service may forget to send the texts
		if len(d.userEvents) == maxEvents {
			clear(d.userEvents)
		}
		d.userEvents[item] = d.turn.event
	})
}

// UserText implements [realtime.Events]. The text gets the event id that UserBegan has reserved, so
// that a client can show the text before the agent's answer, even if the answer arrived first.
func (d *duplex) UserText(item, text string) {
	c := d.c
	c.post(func() {
		event, ok := d.userEvents[item]
		delete(d.userEvents, item)
		if text = strings.TrimSpace(text); text == "" {
			return
		}
		if !ok {
			event = c.newEvent()
		}
		c.send(&convai.UserTranscript{Text: text, EventID: event})
	})
}

// Calls implements [realtime.Events].
func (d *duplex) Calls(calls []llm.Call) { d.c.post(func() { d.call(calls) }) }

// call runs the tools that the service has called. The result of a call that cannot be run is an
// error.
func (d *duplex) call(calls []llm.Call) {
	c := d.c
	const endText = "The conversation ends now. Say goodbye, unless you have said it already."
	run, results, ends := brain.ResolveCalls(calls, c.opts.Tools(), endText)
	d.farewell = d.farewell || ends
	t := &turn{conversation: c, event: c.lastEvent}
	if d.turn != nil {
		t.event = d.turn.event
	}
	batch := &callBatch{results: results}
	for _, call := range calls {
		batch.ids = append(batch.ids, call.ID)
	}
	d.batches[t] = batch
	if len(run) == 0 {
		d.Results(t, nil)
		return
	}
	c.callTools(t, run)
}

// Results implements [brain.Conversation].
func (d *duplex) Results(t brain.Turn, results []brain.Result) {
	batch := d.batches[t.(*turn)]
	delete(d.batches, t.(*turn))
	if d.farewell && d.turn != nil && d.turn.answered && len(results) == 0 {
		d.hangUp() // the agent has said goodbye before it called end_call
		return
	}
	brain.CompleteResults(batch.results, results)
	var all []realtime.Result
	for i, id := range batch.ids {
		r := batch.results[i]
		all = append(all, realtime.Result{CallID: id, Text: r.Text, IsError: r.IsError})
	}
	d.session.Results(all)
}

// hangUp ends the conversation after the queued responses.
func (d *duplex) hangUp() {
	c := d.c
	c.responses.hangingUp = true
	if queue := c.responses.queue; len(queue) > 0 {
		queue[len(queue)-1].final = true
		return
	}
	c.queueResponse(&response{event: c.lastEvent, complete: true, final: true})
}

// ResponseDone implements [realtime.Events].
func (d *duplex) ResponseDone(round llm.Round, err error) {
	c := d.c
	if c.opts.Report != nil {
		c.opts.Report(round)
	}
	c.post(func() {
		for item, r := range d.items {
			if r.complete || r.item.dropped {
				delete(d.items, item)
			}
		}
		switch {
		case d.farewell && round.Calls == 0:
			d.hangUp()
		case err != nil:
			c.reportUnanswered(err)
		}
	})
}

// Failed implements [realtime.Events]. The close code tells the client not to connect again if the
// next conversation would fail for the same reason. The hint of the error is left out of the close
// frame, which has room for 123 bytes only.
func (d *duplex) Failed(err error) {
	c := d.c
	c.post(func() {
		code := websocket.CloseInternalServerErr
		if wire.IsFinal(err) {
			code = websocket.ClosePolicyViolation
		}
		c.log.Error("speech to speech", "err", err)
		text := err.Error()
		var failure *llm.Error
		if errors.As(err, &failure) {
			details := *failure
			details.Hint = ""
			text = details.Error()
		}
		c.send(&convai.ServerError{Code: code, ErrorType: convai.EmbeddedAgentError, Message: err.Error()})
		c.ending = closing{code, safetext.Cut(text, 120, "…")}
	})
}
