package localagent

import (
	"strings"
	"time"
	"unicode"

	"moonlark/engine/convai"
)

// mostWaiting is how many responses may wait for their turn to be said. More
// of them means that the client does not read.
const mostWaiting = 256

// A response is something the agent says.
type response struct {
	event int
	text  string
	final bool // the agent hangs up after it

	begun bool
	said  int       // bytes of text that were streamed
	due   time.Time // when it, or its next word, may be said; zero for at once
	held  time.Time // until when it waits for the user to finish; zero before it has to
	voice *voice    // its sound; nil when it has none
}

// speech is what the agent is saying and is going to say: one response after
// the other, never two at a time.
type speech struct {
	queue []*response // the first is the one that is being said
	next  time.Time   // when its next word is due; zero when it does not wait for that
	final bool        // a response after which the agent hangs up is queued
}

// say queues a response.
func (c *conversation) say(r *response) {
	c.stuck = c.stuck || len(c.speech.queue) >= mostWaiting
	c.speech.final = c.speech.final || r.final
	c.speech.queue = append(c.speech.queue, r)
}

// speak says as much as there is room and time for. It answers true when the
// agent has said its last word.
func (c *conversation) speak(now time.Time) bool {
	c.speech.next = time.Time{}
	for len(c.speech.queue) > 0 && c.socket.room() && !c.stuck {
		r := c.speech.queue[0]
		if now.Before(r.due) {
			c.speech.next = r.due
			return false
		}
		if !r.begun && !c.take(r, now) {
			return false
		}
		switch {
		case r.voice != nil:
			if !c.aloud(r, now) {
				return false
			}
		case c.textOnly && !c.stream(r, now):
			return false
		default:
			c.send(&convai.AgentResponse{Text: r.text, EventID: r.event})
			c.send(&convai.AgentResponseComplete{EventID: r.event})
		}
		c.speech.queue = c.speech.queue[1:]
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

// take begins a response. What is said late, after a newer turn has begun,
// gets a newer event id: a client may drop all it hears under the id of an
// interruption and those before it. False: the user is speaking, and it waits
// for a while.
func (c *conversation) take(r *response, now time.Time) bool {
	if c.ear.listening() {
		if r.held.IsZero() {
			r.held = now.Add(holdBack)
		}
		if now.Before(r.held) {
			c.speech.next = r.held
			return false
		}
	}
	r.begun = true
	if r.event != c.lastEvent {
		r.event = c.newEvent()
	}
	if c.textOnly {
		c.send(&convai.AgentChatResponsePart{Part: convai.PartStart, EventID: r.event})
	} else if c.opts.TTS != nil && strings.TrimSpace(r.text) != "" {
		c.utter(r)
	}
	return true
}

// stream says the words of a response that are due, and answers true when
// that was the last of them.
func (c *conversation) stream(r *response, now time.Time) bool {
	for r.said < len(r.text) {
		if now.Before(r.due) {
			c.speech.next = r.due
			return false
		}
		if !c.socket.room() {
			return false // the writer will say when there is
		}
		n := wordEnd(r.text[r.said:])
		c.send(&convai.AgentChatResponsePart{Part: convai.PartDelta, Text: r.text[r.said : r.said+n], EventID: r.event})
		r.said += n
		if c.opts.WordPace > 0 {
			r.due = now.Add(c.opts.WordPace)
		}
	}
	c.send(&convai.AgentChatResponsePart{Part: convai.PartStop, EventID: r.event})
	return true
}

// wordEnd is where the first word of text ends, with the space after it.
func wordEnd(text string) int {
	inSpace := false
	for i, r := range text {
		if space := unicode.IsSpace(r); space {
			inSpace = true
		} else if inSpace {
			return i
		}
	}
	return len(text)
}

// interrupt breaks off what is being said: the user has said something else.
func (c *conversation) interrupt(now time.Time) {
	if len(c.speech.queue) == 0 || !c.speech.queue[0].begun {
		return
	}
	r := c.speech.queue[0]
	if r.voice != nil {
		c.hush(r, now)
		return
	}
	c.speech.queue = c.speech.queue[1:]
	c.send(&convai.AgentChatResponsePart{Part: convai.PartStop, EventID: r.event})
	c.send(&convai.Interruption{EventID: r.event})
	c.send(&convai.AgentResponseCorrection{Original: r.text, Corrected: strings.TrimSpace(r.text[:r.said]), EventID: r.event})
}
