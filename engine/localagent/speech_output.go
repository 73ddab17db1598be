package localagent

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"moonlark/engine/convai"
)

const (
	// The agent sends sound faster than the client plays it, so that a slow network causes no gaps.
	// It sends the first headStart of the sound at once, and the rest sendSpeed times as fast as
	// the client plays it. But it never sends more than maxAhead of sound that the client has not
	// played yet.
	headStart = 3 * time.Second
	sendSpeed = 4
	maxAhead  = time.Minute

	// playbackDelay is the estimated time from sending sound until the client plays it. After its
	// last sound the agent waits this much longer before it hangs up, so that the user hears the
	// last word.
	playbackDelay = 300 * time.Millisecond

	// charDuration is the estimated time to speak one character of a text. The estimate is used
	// until the duration of the sound of the text is known.
	charDuration = 65 * time.Millisecond
)

// A speechOutput makes and sends the sound of one response. A goroutine of its own calls TTS to
// make the sound, ahead of what has been sent; cancel ends this goroutine.
//
// If the text of a response is complete, it is passed to TTS as one text. While the brain is still
// adding text, each complete sentence is passed to TTS as a text of its own.
type speechOutput struct {
	texts   chan string   // texts for TTS to speak; closed after the last text
	packets chan packet   // sound to send; makeSound sets err before it closes the channel
	err     error         // error of makeSound; nil if all sound was made
	done    chan struct{} // closed when the goroutine that makes the sound has ended
	cancel  context.CancelFunc

	mu sync.Mutex // guards the field below
	// textEnds holds, for each text that TTS has spoken, the duration of all sound up to its end.
	textEnds []time.Duration

	// The fields below belong to the goroutine of the conversation.
	passed int    // number of bytes of the response that were sent to the channel texts
	closed bool   // the channel texts is closed
	chars  []rune // characters that were sent to the channel texts
	// number of characters up to the end of each text that was sent to the channel texts
	charEnds     []int
	sentChars    int // number of characters that are spoken in the packets sent so far
	sentDuration time.Duration
	sent         []sentPacket
	released     int       // number of packets in sent whose sound is not needed any more
	again        []packet  // packets to send again, because the client dropped them
	began        time.Time // time at which the first packet was sent or resent; zero before that
	end          time.Time // time at which the client will have played everything that was sent
	packetDue    time.Time // if no packet is ready at this time, TTS has taken too long
	// event id with which the client has got the text of the response; 0 if it has not got it yet
	textEvent int
	madeAll   bool   // no more packets are to be read from the channel packets
	allSent   bool   // no more packets will be sent
	completed bool   // the client was told that the response is complete
	heardText string // the text that the user had heard when the response was paused
}

// A sentPacket records when the client plays a packet. The packet contains the characters of the
// text from index firstChar to endChar-1. Its sound is nil when it cannot be needed again.
type sentPacket struct {
	packet
	start              time.Time
	before             time.Duration // duration of the sound of the response before the packet
	firstChar, endChar int
}

// sendSpeech sends as much of the response's sound as can be sent now. It returns true when the
// user has heard all of the response.
func (c *conversation) sendSpeech(r *response, now time.Time) bool {
	s := r.speech
	c.passText(r, now)
	for !s.allSent {
		if due := s.nextSend(); now.Before(due) {
			c.responses.next = due
			return false
		}
		if !c.socket.hasRoom() {
			return false // the method loop continues when the queue of frames has room
		}
		if len(s.again) > 0 {
			p := s.again[0]
			s.again = s.again[1:]
			c.sendPacket(r, p, now)
			continue
		}
		if s.madeAll {
			s.allSent = true
			continue
		}
		select {
		case p, ok := <-s.packets:
			if !ok {
				c.endSound(s, s.err)
				continue
			}
			c.sendPacket(r, p, now)
		default:
			if !r.complete && s.idle() {
				return false // the method loop continues when the brain adds text
			}
			if !now.Before(s.packetDue) {
				c.endSound(s, fmt.Errorf("no sound within %v", c.opts.SpeechTimeout))
				continue
			}
			c.responses.next = s.packetDue
			// the method loop continues when the next packet is ready
			return false
		}
	}
	if !r.complete {
		return false
	}
	if !s.completed {
		s.completed = true
		c.sendSpokenText(r)
		c.send(&convai.AgentResponseComplete{EventID: r.event})
	}
	heard := s.end
	if r.final {
		heard = heard.Add(playbackDelay)
	}
	if now.Before(heard) {
		c.responses.next = heard
		return false
	}
	return true
}

// sendSpokenText sends the text of a spoken response to the client. It does nothing if the text is
// not complete yet or was sent before.
func (c *conversation) sendSpokenText(r *response) {
	if r.complete && r.speech.textEvent == 0 {
		r.speech.textEvent = r.event
		c.send(&convai.AgentResponse{Text: r.text, EventID: r.event})
	}
}

// nextSend returns the earliest time at which the next packet may be sent. Zero means now.
func (s *speechOutput) nextSend() time.Time {
	if s.began.IsZero() {
		return time.Time{}
	}
	sent := s.end.Sub(s.began)
	return s.began.Add(max((sent-headStart)/sendSpeed, sent-maxAhead))
}

// sendPacket sends one packet of the response's sound. If the text of the response is complete and
// was not sent yet, sendPacket sends the text first.
func (c *conversation) sendPacket(r *response, p packet, now time.Time) {
	s := r.speech
	if s.began.IsZero() {
		s.began, s.end = now, now
		if t := r.turn; t != nil && !t.spoken && !t.began.IsZero() {
			t.spoken = true
			c.opts.FirstSound(now.Sub(t.began))
		}
	}
	c.sendSpokenText(r)
	if s.end.Before(now) {
		s.end = now // the client has played everything and has been silent since
	}
	first, before := s.sentChars, s.sentDuration
	s.sentDuration += p.duration
	s.sentChars = max(first, s.charsSpoken(p.last))
	s.sent = append(s.sent, sentPacket{p, s.end, before, first, s.sentChars})
	s.release(now)
	s.end = s.end.Add(p.duration)
	s.packetDue = now.Add(c.opts.SpeechTimeout)
	c.send(&convai.Audio{Sound: p.sound, EventID: r.event, Alignment: align(s.chars[first:s.sentChars], p.duration), IsFinal: p.last})
}

// release frees the sound of the packets that the client has played so long ago that they cannot be
// needed again.
func (s *speechOutput) release(now time.Time) {
	for ; s.released < len(s.sent); s.released++ {
		p := &s.sent[s.released]
		if p.start.Add(p.duration + maxRepeat).After(now) {
			break
		}
		p.sound = nil
	}
}

// charsSpoken returns how many characters are spoken in the sound that was sent. last means that
// all sound was sent. Where the duration of a text is known, the number of characters is in
// proportion to the sound; for the text that is being spoken it is estimated with charDuration.
func (s *speechOutput) charsSpoken(last bool) int {
	if last {
		return len(s.chars)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// index of the first character and start time of the current text
	char, start := 0, time.Duration(0)
	for i, end := range s.textEnds {
		if s.sentDuration < end {
			return char + int(float64(s.charEnds[i]-char)*float64(s.sentDuration-start)/float64(end-start))
		}
		char, start = s.charEnds[i], end
	}
	if len(s.textEnds) == len(s.charEnds) {
		return char
	}
	return min(char+int((s.sentDuration-start)/charDuration), s.charEnds[len(s.textEnds)])
}

// align returns the time at which each of chars is spoken, for a packet with this duration. It
// assumes that every character takes equally long. It returns nil if there are no characters.
func align(chars []rune, duration time.Duration) *convai.Alignment {
	if len(chars) == 0 {
		return nil
	}
	start := func(i int) int { return int(duration.Milliseconds()) * i / len(chars) }
	a := &convai.Alignment{}
	for i, char := range chars {
		a.Chars = append(a.Chars, string(char))
		a.StartsMS = append(a.StartsMS, start(i))
		a.DurationsMS = append(a.DurationsMS, start(i+1)-start(i))
	}
	return a
}

// endSound stops making the sound of a response, because all of it was sent or because of err. It
// logs the error; no sound at all is an error too.
func (c *conversation) endSound(s *speechOutput, err error) {
	s.cancel()
	s.madeAll, s.allSent = true, true
	if err == nil && s.began.IsZero() {
		err = errors.New("no sound")
	}
	if err != nil {
		c.log.Error("text to speech", "err", err)
	}
}
