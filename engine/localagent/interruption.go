package localagent

import (
	"slices"
	"strings"
	"time"

	"moonlark/engine/convai"
)

// interrupt stops the response that is being said, because the user has said something. It also
// drops the queued responses to which the brain is still adding text. The queued responses that are
// complete stay in the queue.
func (c *conversation) interrupt(now time.Time) {
	if c.duplex != nil {
		c.duplex.interrupt(now)
		return
	}
	if len(c.responses.queue) > 0 && c.responses.queue[0].begun {
		if r := c.responses.queue[0]; r.speech != nil {
			c.interruptSpeech(r, now)
		} else {
			c.interruptText(r)
		}
	}
	for _, r := range slices.Clone(c.responses.queue) {
		if !r.complete {
			c.dropResponse(r, "")
		}
	}
}

// dropResponse removes the response from the queue. It tells the brain heard, the part of the
// response that the user heard.
func (c *conversation) dropResponse(r *response, heard string) {
	c.responses.queue = slices.DeleteFunc(c.responses.queue, func(q *response) bool { return q == r })
	r.interrupted = true
	if r.turn == nil { // passing a nil *turn as a Turn would make a Turn that is not nil
		c.brain.Interrupted(nil, r.text, heard)
		return
	}
	c.brain.Interrupted(r.turn, r.text, heard)
}

// interruptText stops a response that is being sent word by word.
func (c *conversation) interruptText(r *response) {
	heard := strings.TrimSpace(r.text[:r.streamed])
	c.send(&convai.AgentChatResponsePart{Part: convai.PartStop, EventID: r.event})
	c.send(&convai.Interruption{EventID: r.event})
	c.send(&convai.AgentResponseCorrection{Original: r.text, Corrected: heard, EventID: r.event})
	c.dropResponse(r, heard)
}

// interruptSpeech stops a response that is being spoken. If the user has not heard any of the
// response yet, the response stays in the queue and is spoken later. If the user has heard all of
// it, the response is simply finished and the client gets no correction.
func (c *conversation) interruptSpeech(r *response, now time.Time) {
	s := r.speech
	s.cancel()
	if s.began.IsZero() && !s.allSent {
		r.begun, r.speech = false, nil
		return
	}
	if !r.paused && s.completed && !now.Before(s.end) {
		c.responses.queue = c.responses.queue[1:]
		return
	}
	heard := s.heardText
	if !r.paused {
		heard = s.heard(now)
	}
	if s.textEvent == 0 { // the client has no text yet, because the brain is still adding to it
		s.textEvent = r.event
		c.send(&convai.AgentResponse{Text: r.text, EventID: r.event})
	}
	if !r.paused {
		c.send(&convai.Interruption{EventID: r.event})
	}
	if heard != strings.TrimSpace(r.text) {
		c.send(&convai.AgentResponseCorrection{Original: r.text, Corrected: heard, EventID: s.textEvent})
	}
	c.dropResponse(r, heard)
}
