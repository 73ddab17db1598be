package localagent

import (
	"strings"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/localagent/brain"
)

// A turn is one message of the user and the brain's answer to it. Turns can overlap: a turn whose
// tool is slow does not delay later turns. A turn implements [brain.Turn]: its methods queue
// functions that run on the goroutine of the conversation.
type turn struct {
	conversation *conversation // never changes
	event        int           // never changes; event id of the turn
	// began is the time at which the user's sentence ended or the user's message arrived. It is zero
	// if a speech-to-speech service hears the user. It never changes after beginTurn.
	began time.Time

	// The fields below belong to the goroutine of the conversation.
	answered bool // the brain has said something in this turn
	spoken   bool // the client has got sound of this turn
	// the response to which Say adds text; nil if the next Say begins a new response
	response *response
	// results holds the results of the brain's last tool calls, in the order of the calls.
	results []brain.Result
	running int  // number of tool calls that have no result yet
	hangUp  bool // the conversation ends after the last response of this turn
	ended   bool
}

// beginTurn passes a message of the user to the brain. aloud means that the user spoke the message:
// then the client gets it as a transcript. After the agent has decided to hang up, messages are
// ignored, unless the user interrupted the agent before that: then the agent does not hang up.
func (c *conversation) beginTurn(text string, aloud bool) {
	if strings.TrimSpace(text) == "" || c.responses.hangingUp && !c.responses.paused() {
		c.log.Debug("ignored a message without text, or after the farewell")
		return
	}
	c.responses.cancelHangUp()
	c.interrupt(time.Now())
	t := &turn{conversation: c, event: c.newEvent(), began: time.Now()}
	if aloud {
		t.began = c.hearing.ended
		c.send(&convai.UserTranscript{Text: text, EventID: t.event})
	}
	c.brain.Hear(t, text)
}

// post queues step, a function, to run on the goroutine of the conversation. step does not run if
// the turn has ended by then.
func (t *turn) post(step func()) {
	t.conversation.post(func() {
		if !t.ended {
			step()
		}
	})
}

// Say implements [brain.Turn].
func (t *turn) Say(text string) {
	t.post(func() {
		if text == "" {
			return
		}
		if t.response == nil {
			t.response = &response{turn: t}
			if !t.answered {
				t.response.event = t.event // later responses of the turn get new event ids
			}
			t.answered = true
			t.conversation.queueResponse(t.response)
		}
		t.response.text += text
	})
}

// Call implements [brain.Turn].
func (t *turn) Call(calls ...brain.Call) {
	t.post(func() {
		t.completeResponse()
		t.conversation.callTools(t, calls)
	})
}

// HangUp implements [brain.Turn].
func (t *turn) HangUp() { t.post(func() { t.hangUp = true }) }

// End implements [brain.Turn].
func (t *turn) End(err error) {
	t.post(func() {
		c := t.conversation
		if err != nil {
			c.reportUnanswered(err)
		}
		if t.hangUp {
			if t.response == nil || t.response.interrupted {
				t.response = &response{turn: t, event: t.event}
				c.queueResponse(t.response)
			}
			t.response.final = true
			c.responses.hangingUp = true
		}
		t.completeResponse()
		t.ended = true
	})
}

// reportUnanswered tells the client that the agent could not answer.
func (c *conversation) reportUnanswered(err error) {
	c.log.Debug("no answer", "err", err)
	c.send(&convai.ServerError{ErrorType: convai.EmbeddedAgentError, Message: "The agent could not answer: " + err.Error()})
}

// completeResponse marks the response to which Say adds text, if there is one, as complete.
func (t *turn) completeResponse() {
	if t.response != nil {
		t.response.complete = true
		t.response = nil
	}
}
