package openai

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"moonlark/engine/llm"
	"moonlark/engine/localagent/realtime"
	"moonlark/engine/provider"
)

const (
	// After the model has called tools in maxRounds answers since the user has spoken, it has to
	// answer without tools.
	maxRounds = 10
	// answerTimeout is how long the service may send nothing while it answers. For a service in the
	// local network, which may have to load its model, nearAnswerTimeout holds instead.
	answerTimeout     = 30 * time.Second
	nearAnswerTimeout = 2 * time.Minute
	// maxItems is the maximum number of the agent's items that the session remembers, to truncate
	// them when the user interrupts the agent.
	maxItems = 64
)

var errNoAnswer = errors.New("the model has answered nothing")

// answering is the part of a session that is about the answers of the model. The mutex of the
// session guards it. All methods of session in this file, and in answer_items.go and
// answer_calls.go, must be called with the mutex locked, except for Interrupted.
type answering struct {
	active *answer // the answer that is being made; nil if there is none
	// due is an answer to ask for as soon as the service can begin one: the object response of the
	// event response.create. Nil means that no answer is due.
	due object
	// unconfirmed is the number of items that were sent to the service and that it has not
	// confirmed yet.
	unconfirmed int
	asked       time.Time // when the user stopped speaking, or the tools returned, before the next answer
	rounds      int       // number of answers with tool calls since the user has spoken
	spokeInTurn bool      // the model has said something since the user has spoken
	answers     int       // number of answers so far, to name them
	playEnd     time.Time // when the sound that was received will have been played

	items     map[string]*spokenItem // the latest items of the agent, by name
	itemOrder []string               // the keys of items, the oldest first
}

// An answer is an answer of the model that is being made. The API calls it a response.
type answer struct {
	request   object        // the object response that asked for it; nil if the service has begun by itself
	event     string        // the id of the event that asked for it; empty if request is nil
	unnamed   string        // the name for an item that the service has not named
	confirmed bool          // the service has begun the answer
	cancelled bool          // sound, text and calls that still arrive are ignored
	asked     time.Time     // see answering.asked
	first     time.Time     // when the first output has arrived; zero if none has
	lastEvent time.Time     // when the last event of the answer has arrived
	spoke     bool          // sound or text was passed on
	items     []*spokenItem // the items of the answer
	calls     []item        // the tool calls of the answer
}

// want asks for an answer as soon as the service can begin one. request is the object response of
// the event response.create.
func (c *session) want(request object) {
	c.due = request
	c.respond()
}

// respond asks the service for the answer that is due. It does nothing while there is no
// connection, while the user is speaking, and while the service is answering or may begin to answer
// by itself. respond must be called again when that has changed.
func (c *session) respond() {
	now := time.Now()
	if c.due == nil || c.conn == nil || c.active != nil || c.speaking || now.Before(c.expected) {
		return
	}
	a := c.newAnswer(now)
	a.request, a.event = c.due, fmt.Sprintf("answer_%d", c.answers)
	c.active, c.due = a, nil
	create := object{"type": "response.create", "event_id": a.event}
	response := object{}
	realtime.Merge(response, a.request)
	if c.dialect == xai && c.start.TextOnly {
		response["modalities"] = []string{"text"}
	}
	if len(response) > 0 {
		create["response"] = response
	}
	c.conn.Send(encode(create))
}

// newAnswer returns an answer that begins now.
func (c *session) newAnswer(now time.Time) *answer {
	c.answers++
	return &answer{unnamed: fmt.Sprintf("unnamed_%d", c.answers), asked: cmp.Or(c.asked, now), lastEvent: now}
}

// stop cancels the answer that is being made, if there is one.
func (c *session) stop() {
	if a := c.active; a != nil && !a.cancelled {
		a.cancelled = true
		if c.conn != nil {
			c.conn.Send(encode(object{"type": "response.cancel", "event_id": a.event + "_cancel"}))
		}
	}
}

// responseCreated records that the service has begun an answer. If the service has done so by
// itself and knows all items that were sent to it, this answer takes the place of the one that is
// due.
func (c *session) responseCreated(now time.Time) {
	if a := c.active; a == nil || a.confirmed {
		if a != nil {
			c.finishItems(a)
		}
		c.active = c.newAnswer(now)
		if c.unconfirmed == 0 {
			c.due = nil
		}
	}
	c.active.confirmed, c.active.lastEvent = true, now
	c.expected = time.Time{}
}

// current returns the answer of which an event has arrived. If there is none, it creates one,
// because some services do not say when they begin an answer.
func (c *session) current(now time.Time) *answer {
	if c.active == nil {
		c.responseCreated(now)
	}
	c.active.lastEvent = now
	if c.active.first.IsZero() {
		c.active.first = now
	}
	return c.active
}

// responseDone handles the end of an answer. It runs the tool calls of a complete answer only: in
// another answer, the arguments may be cut off.
func (c *session) responseDone(r *response, now time.Time) {
	if r == nil {
		r = &response{}
	}
	a := c.active
	if a == nil {
		a = c.newAnswer(now)
	}
	c.active = nil
	c.finishItems(a)
	var calls []llm.Call
	var err error
	switch r.Status {
	case "completed", "":
		calls = c.completeCalls(a, r)
		if len(calls) == 0 && a.request != nil && !c.spokeInTurn && !a.cancelled {
			err = errNoAnswer
		}
	case "incomplete":
		reason := "unknown"
		if r.StatusDetails != nil {
			reason = cmp.Or(r.StatusDetails.Reason, reason)
		}
		c.log.Warn("the model's answer was cut off", "reason", c.service.Clean(reason))
		if !a.spoke && !a.cancelled {
			err = errNoAnswer
		}
	case "failed":
		text := "the answer has failed"
		if r.StatusDetails != nil && r.StatusDetails.Error != nil {
			text = cmp.Or(r.StatusDetails.Error.Message, r.StatusDetails.Error.Code, text)
		}
		err = c.failure(text)
	}
	round := c.round(a, r, len(calls))
	if len(calls) > 0 {
		c.rounds++
		c.events.Calls(calls)
	}
	c.events.ResponseDone(round, err)
	c.respond()
}

// round returns the tokens and the times of an answer that ends now. calls is the number of its
// tool calls. r may be nil.
func (c *session) round(a *answer, r *response, calls int) llm.Round {
	now := time.Now()
	round := llm.Round{
		Model: c.service.Name(c.start), Round: c.rounds + 1, Calls: calls,
		FirstToken: max(cmp.Or(a.first, now).Sub(a.asked), 0).Seconds(), Seconds: max(now.Sub(a.asked), 0).Seconds(), Attempts: 1,
	}
	if r != nil && r.Usage != nil {
		round.InputTokens, round.OutputTokens = r.Usage.InputTokens, r.Usage.OutputTokens
	}
	return round
}

// failure returns an error with this text, which may come from the service.
func (c *session) failure(text string) error {
	return &llm.Error{Model: c.service.Name(c.start), Text: c.service.Clean(text)}
}

// checkResponse ends an answer with an error if the service has sent nothing of it for too long.
func (c *session) checkResponse(now time.Time) {
	timeout := answerTimeout
	if c.service.Near {
		timeout = nearAnswerTimeout
	}
	a := c.active
	if a == nil || now.Sub(a.lastEvent) < timeout {
		return
	}
	c.stop()
	c.active = nil
	c.finishItems(a)
	c.events.ResponseDone(c.round(a, nil, 0), c.failure(fmt.Sprintf("no answer within %v", timeout)))
}

// serviceFailed handles an error that the service reports.
func (c *session) serviceFailed(e event, data []byte) {
	text, code := provider.ParseError(data)
	cause := ""
	if e.Error != nil {
		code, cause = cmp.Or(e.Error.Code, code), e.Error.EventID
	}
	a := c.active
	switch {
	case code == "conversation_already_has_active_response":
		// The service has begun an answer by itself at the same time.
		if a != nil && a.request != nil {
			c.due, a.request = a.request, nil
		}
		return
	case code == "response_cancel_not_active":
		if a != nil && cause == a.event+"_cancel" {
			c.active = nil
			c.finishItems(a)
			c.respond()
		}
		return
	case code == "input_audio_buffer_commit_empty" && a != nil && a.request != nil && !a.confirmed:
		return // the answer that was asked for comes nevertheless
	case a != nil && cause != "" && cause == a.event:
		c.active = nil
		c.finishItems(a)
		c.events.ResponseDone(c.round(a, nil, 0), c.failure(text))
		return
	}
	c.log.Warn("the speech-to-speech service reports an error", "text", c.service.Clean(text))
}
