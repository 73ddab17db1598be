package localagent

import (
	"strings"
	"time"
	"unicode"

	"moonlark/engine/convai"
)

// maxResponses is the maximum number of responses in the queue. If there are more, the client does
// not read, and the conversation ends.
const maxResponses = 256

// A response is something that the agent says. The brain may still be adding text to a response.
type response struct {
	turn     *turn // turn of the response; nil for the agent's first message
	event    int   // event id; 0 until beginResponse or Say sets it
	text     string
	complete bool // text will not grow any more
	final    bool // the agent hangs up after this response

	// begun means that the client has got a part of the response, or that its sound is being made.
	begun       bool
	interrupted bool // the response was removed from the queue before all of it was said
	streamed    int  // number of bytes of the text that were sent word by word
	// due is the earliest time to begin the response or to send its next word. Zero means now.
	due time.Time
	// heldSince is the time since which the response waits for the user to finish speaking. Zero
	// means that it does not wait.
	heldSince time.Time
	// paused means that the agent has stopped speaking in the middle of the response, because the
	// user speaks. The response is resumed if the user says no words.
	paused bool
	speech *speechOutput // sound of the response; nil if it is sent as text only
	item   *agentItem    // item of a speech-to-speech service; nil if the response is from a brain
}

// A responseQueue holds the responses that the agent has to say. It says them one after another.
type responseQueue struct {
	queue []*response // the agent is saying the first response in the queue
	// time at which the first response in the queue can continue; zero if it waits for another event
	next      time.Time
	hangingUp bool // the queue contains the response after which the agent hangs up
}

// paused reports whether the agent has stopped speaking in the middle of a response.
func (q *responseQueue) paused() bool { return len(q.queue) > 0 && q.queue[0].paused }

// cancelHangUp makes the agent go on with the conversation after the queued responses.
func (q *responseQueue) cancelHangUp() {
	q.hangingUp = false
	for _, r := range q.queue {
		r.final = false
	}
}

// queueResponse adds a response to the end of the queue.
func (c *conversation) queueResponse(r *response) {
	c.stuck = c.stuck || len(c.responses.queue) >= maxResponses
	c.responses.queue = append(c.responses.queue, r)
}

// sendResponses sends as much of the queued responses as can be sent now. It returns true when the
// final response has been said, which means that the agent has to hang up.
func (c *conversation) sendResponses(now time.Time) bool {
	c.responses.next = time.Time{}
	for len(c.responses.queue) > 0 && c.socket.hasRoom() && !c.stuck {
		r := c.responses.queue[0]
		if now.Before(r.due) {
			c.responses.next = r.due
			return false
		}
		if (r.text != "" || r.item.hasMore(r)) && !c.sendResponse(r, now) {
			return false
		}
		c.responses.queue = c.responses.queue[1:]
		if r.final {
			c.send(&convai.AgentToolResponse{
				ToolName: convai.EndCall, ToolCallID: newID("call_"), ToolType: "system",
				IsCalled: true, EventID: r.event,
			})
			return true
		}
	}
	return false
}

// sendResponse sends as much of the response as can be sent now. It returns true when the response
// is finished: a spoken response when the user has heard all of it, a text when all of it was sent.
func (c *conversation) sendResponse(r *response, now time.Time) bool {
	if !r.begun && !c.beginResponse(r, now) {
		return false
	}
	switch {
	case r.speech != nil:
		if (r.paused || r.speech.began.IsZero()) && c.waitForUser(r, now) {
			return false
		}
		if r.paused {
			c.resume(r, now)
		}
		return c.sendSpeech(r, now)
	case c.textOnly && !c.streamText(r, now):
		return false
	}
	c.send(&convai.AgentResponse{Text: r.text, EventID: r.event})
	c.send(&convai.AgentResponseComplete{EventID: r.event})
	return true
}

// maxHold is the maximum time that a response waits for the recognition of what the user said.
const maxHold = 5 * time.Second

// waitForUser reports whether the response has to wait, because the user is speaking or because the
// user's last sentence is not recognised yet. It then sets c.responses.next. If a voice never
// stops, such as that of a television, the response waits for maxSentence+maxHold.
func (c *conversation) waitForUser(r *response, now time.Time) bool {
	in := c.hearing
	if !in.listening() {
		r.heldSince = time.Time{}
		return false
	}
	if r.heldSince.IsZero() {
		r.heldSince = now
	}
	until := in.ended.Add(maxHold)
	if in.speaking() {
		until = r.heldSince.Add(maxSentence + maxHold)
	}
	if !now.Before(until) {
		return false
	}
	c.responses.next = until
	return true
}

// beginResponse begins to say the response. It returns false if the response has to wait. There are
// two reasons to wait: the user is speaking, or the brain is still adding text and too little text
// is there. How much text is needed depends on the form of the response: one word if it is sent
// word by word, one sentence if it is spoken, and all of the text if it is sent as one message.
//
// A response that begins after a newer turn gets a new event id. With its old id a client might
// drop it, because after an interruption clients drop all events up to the id of the interruption.
func (c *conversation) beginResponse(r *response, now time.Time) bool {
	if r.item != nil {
		return c.beginItem(r)
	}
	speak := !c.textOnly && c.opts.TTS != nil && strings.TrimSpace(r.text) != ""
	if !r.complete && !c.textOnly && (!speak || speakableEnd(r.text, true) == 0) {
		return false
	}
	if c.waitForUser(r, now) {
		return false
	}
	c.markBegun(r)
	if speak {
		c.beginSpeech(r)
	}
	return true
}

// markBegun gives the response its final event id, and begins its text if it is sent word by word.
func (c *conversation) markBegun(r *response) {
	r.begun = true
	if r.event != c.lastEvent || r.event == 0 {
		r.event = c.newEvent()
	}
	if c.textOnly {
		c.send(&convai.AgentChatResponsePart{Part: convai.PartStart, EventID: r.event})
	}
}

// streamText sends the words of the response that are due. It returns true when the response is
// complete and all of it was sent.
func (c *conversation) streamText(r *response, now time.Time) bool {
	for r.streamed < len(r.text) {
		if now.Before(r.due) {
			c.responses.next = r.due
			return false
		}
		if !c.socket.hasRoom() {
			return false // the method loop continues when the queue of frames has room
		}
		n := wordEnd(r.text[r.streamed:])
		c.send(&convai.AgentChatResponsePart{Part: convai.PartDelta, Text: r.text[r.streamed : r.streamed+n], EventID: r.event})
		r.streamed += n
		if c.opts.WordDelay > 0 {
			r.due = now.Add(c.opts.WordDelay)
		}
	}
	if !r.complete {
		return false // the method loop continues when the brain adds text
	}
	c.send(&convai.AgentChatResponsePart{Part: convai.PartStop, EventID: r.event})
	return true
}

// wordEnd returns the index at which the second word of text begins, or the length of text if there
// is no second word.
func wordEnd(text string) int {
	inSpace := false
	for i, r := range text {
		if unicode.IsSpace(r) {
			inSpace = true
		} else if inSpace {
			return i
		}
	}
	return len(text)
}
