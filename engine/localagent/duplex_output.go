package localagent

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"moonlark/audio/pcm"
)

// An agentItem is something that the model of a speech-to-speech service says. Its sound arrives
// faster than it is played. It belongs to the goroutine of the conversation.
type agentItem struct {
	id       string        // the name of the item
	sound    *soundBuffer  // sound that is not encoded yet; nil if no sound has arrived
	duration time.Duration // duration of the sound that has arrived
	dropped  bool          // the user has interrupted the item: sound and text that arrive later are ignored
}

// hasMore reports whether the item of the response r has sound, or may still get sound or text. It
// may be called on nil.
func (it *agentItem) hasMore(r *response) bool { return it != nil && (it.sound != nil || !r.complete) }

// A soundBuffer holds sound until it is encoded. Any goroutine may use it.
type soundBuffer struct {
	changed chan struct{} // gets a value after a change

	mu       sync.Mutex // guards the fields below
	sound    []byte
	complete bool // no more sound will be added
}

// add adds sound. If complete is true, add must not be called again.
func (b *soundBuffer) add(sound []byte, complete bool) {
	b.mu.Lock()
	b.sound = append(b.sound, sound...)
	b.complete = b.complete || complete
	b.mu.Unlock()
	select {
	case b.changed <- struct{}{}:
	default:
	}
}

// take removes all sound and returns it. more reports whether sound may still be added.
func (b *soundBuffer) take() (sound []byte, more bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	sound, b.sound = b.sound, nil
	return sound, !b.complete
}

// maxWaitingSound is the maximum duration of the agent's sound that waits to be encoded in one
// conversation.
const maxWaitingSound = maxSound

// response returns the response of an item of the agent. If the item is new, it creates and queues
// the response. It returns nil if the item was interrupted or is complete, and for a new item after
// the agent has decided to hang up.
func (d *duplex) response(id string) *response {
	c := d.c
	r := d.items[id]
	if r == nil {
		if c.responses.hangingUp {
			return nil
		}
		r = &response{turn: d.turn, item: &agentItem{id: id}}
		if t := d.turn; t != nil {
			if !t.answered {
				r.event = t.event // only the first response has the event id of the turn
			}
			t.answered = true
		}
		d.items[id] = r
		c.queueResponse(r)
	}
	if r.item.dropped || r.complete {
		return nil
	}
	return r
}

// AgentSound implements [realtime.Events].
func (d *duplex) AgentSound(id string, sound []byte) {
	if limit := maxWaitingSound.Seconds() * float64(2*d.agentRate); float64(d.waiting.Load()) > limit {
		return // a service that sends so much is faulty: the sound is dropped
	}
	d.waiting.Add(int64(len(sound)))
	d.c.post(func() {
		r := d.response(id)
		if r == nil || d.c.textOnly {
			d.waiting.Add(-int64(len(sound)))
			return
		}
		if r.item.sound == nil {
			r.item.sound = &soundBuffer{changed: make(chan struct{}, 1)}
		}
		r.item.duration += time.Duration(len(sound)/2) * time.Second / time.Duration(d.agentRate)
		r.item.sound.add(sound, false)
	})
}

// AgentText implements [realtime.Events].
func (d *duplex) AgentText(id, text string) {
	d.c.post(func() {
		if r := d.response(id); r != nil {
			r.text += strings.ToValidUTF8(text, "\ufffd")
		}
	})
}

// AgentDone implements [realtime.Events].
func (d *duplex) AgentDone(id string) {
	d.c.post(func() {
		r := d.items[id]
		if r == nil {
			return
		}
		r.complete = true
		if r.item.sound != nil {
			r.item.sound.add(nil, true)
		}
		if r.speech != nil {
			r.speech.packetDue = time.Now().Add(d.c.opts.SpeechTimeout)
		}
	})
}

// beginItem begins to say a response that is an item of the service. It returns false if neither
// sound nor, for a client that wants text only, text has arrived yet.
func (c *conversation) beginItem(r *response) bool {
	if r.item.sound == nil && !r.complete && !(c.textOnly && r.text != "") {
		return false
	}
	c.markBegun(r)
	if r.item.sound == nil {
		return true
	}
	ctx, cancel := context.WithCancel(c.workersCtx)
	s := &speechOutput{
		packets:   make(chan packet, maxReady/packetDuration),
		done:      make(chan struct{}),
		cancel:    cancel,
		closed:    true, // no text is passed to TTS
		packetDue: time.Now().Add(c.opts.SpeechTimeout),
	}
	r.speech = s
	c.workers.Go(func() {
		defer c.wakeLoop()
		defer close(s.done)
		c.duplex.encode(ctx, s, r.item.sound)
	})
	return true
}

// encode takes the sound of an item out of the buffer, and cuts it into packets. It runs on a
// goroutine of its own. It calls wakeLoop after each packet.
func (d *duplex) encode(ctx context.Context, s *speechOutput, b *soundBuffer) {
	defer close(s.packets)
	defer func() {
		rest, _ := b.take()
		d.waiting.Add(-int64(len(rest)))
	}()
	source := pcm.Format{Encoding: pcm.S16, Rate: d.agentRate}
	decoder := pcm.NewDecoder(source)
	p := s.newPacketizer(ctx, source.Rate, d.c.opts.AgentFormat, d.c.wakeLoop)
	var samples []float32
	for {
		sound, more := b.take()
		d.waiting.Add(-int64(len(sound)))
		for part := range slices.Chunk(sound, source.Bytes(time.Second)) {
			samples = decoder.Append(samples[:0], part)
			if s.err = p.add(samples); s.err != nil {
				return
			}
		}
		if !more {
			s.err = p.finish(func(time.Duration) {})
			return
		}
		if p.total == 0 { // the user is waiting for the first sound
			if s.err = p.flush(); s.err != nil {
				return
			}
		}
		select {
		case <-b.changed:
		case <-ctx.Done():
			s.err = context.Cause(ctx)
			return
		}
	}
}

// interrupt stops the response that is being said and removes all queued responses, because the
// user has begun to speak or has sent a message. It tells the session how much of each item the
// user has heard.
func (d *duplex) interrupt(now time.Time) {
	c := d.c
	for _, r := range slices.Clone(c.responses.queue) {
		s := r.speech
		switch {
		case s != nil && !s.began.IsZero():
			s.placeText(r)
			played, heard := s.played(now), s.heard(now)
			isOver := s.completed && !now.Before(s.end)
			c.interruptSpeech(r, now)
			if !isOver {
				d.dropItem(r, played, heard)
			}
		case s == nil && r.begun && c.textOnly:
			heard := strings.TrimSpace(r.text[:r.streamed])
			c.interruptText(r)
			d.dropItem(r, 0, heard)
		default: // the client has got no part of the response
			if s != nil {
				s.cancel()
			}
			c.dropResponse(r, "")
			d.dropItem(r, 0, "")
		}
	}
}

// dropItem marks the response's item as interrupted, and tells the session how much of it the user
// has heard: played is the duration of the sound, heard is the text.
func (d *duplex) dropItem(r *response, played time.Duration, heard string) {
	if r.item == nil {
		return
	}
	r.item.dropped = true
	d.session.Interrupted(r.item.id, played, heard)
}

// played returns how much of the sound the client has played by now. It assumes that the client
// plays each packet immediately after the previous packet.
func (s *speechOutput) played(now time.Time) (total time.Duration) {
	for _, p := range s.sent {
		total += min(max(now.Sub(p.start), 0), p.duration)
	}
	return total
}

// placeText assigns the characters of the response's text to the packets that were sent. If all of
// the sound has arrived, each character takes equally long; otherwise its duration is estimated
// with charDuration.
func (s *speechOutput) placeText(r *response) {
	s.chars = []rune(r.text)
	perChar := charDuration
	if n := len(s.chars); r.complete && n > 0 && r.item.duration > 0 {
		perChar = r.item.duration / time.Duration(n)
	}
	if perChar <= 0 {
		perChar = charDuration
	}
	var at time.Duration
	position := func() int { return min(int(at/perChar), len(s.chars)) }
	for i := range s.sent {
		p := &s.sent[i]
		p.firstChar = position()
		at += p.duration
		p.endChar = position()
	}
}
