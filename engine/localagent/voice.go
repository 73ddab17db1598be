package localagent

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/engine/convai"
)

const (
	made = 30 * time.Second // of sound that may be ready to be sent

	// The client gets the first of these at once, and then the speed times
	// more than it plays; never more ahead of its playing than the bound.
	headStart = 3 * time.Second
	speed     = 4
	farAhead  = time.Minute

	lateness = 300 * time.Millisecond // by which the client plays later than it is sent

	letterTime = 65 * time.Millisecond // how long a character takes, until it is known better
)

// A voice is the sound of one response. A goroutine of its own makes it and
// runs ahead of what is sent; it is ended by cancel.
type voice struct {
	packets chan packet // closed when there is no more; then err says why
	err     error
	total   atomic.Int64  // the duration of all of it; zero until that is known
	done    chan struct{} // closed when the goroutine ends
	cancel  context.CancelFunc

	// What follows belongs to the goroutine of the conversation.
	chars   []rune // of the text
	given   int    // of chars, in the packets that were sent
	sent    time.Duration
	marks   []mark    // what was sent
	began   time.Time // when the first of it was; zero before that
	ends    time.Time // when all that was sent has been heard
	overdue time.Time // when the next packet has to be there
	over    bool      // no more is to be sent
}

// A mark says what is heard when: the client plays what it gets, one packet
// after the other and at once.
type mark struct {
	at       time.Time
	took     time.Duration
	from, to int // in chars
}

// utter begins to make the sound of a response.
func (c *conversation) utter(r *response) {
	ctx, cancel := context.WithCancel(c.life)
	v := &voice{
		packets: make(chan packet, made/packetTime),
		done:    make(chan struct{}),
		cancel:  cancel,
		chars:   []rune(r.text),
		overdue: time.Now().Add(c.opts.SpeechPatience),
	}
	before := c.voice
	c.voice, r.voice = v, v
	c.workers.Go(func() {
		defer c.nudge()
		defer close(v.done)
		if before != nil {
			<-before.done // it was cancelled, or is at its end: one command at a time
		}
		v.make(ctx, r.text, c.opts, c.nudge)
	})
}

// make has the text spoken. It runs on the goroutine of the voice.
func (v *voice) make(ctx context.Context, text string, opts Options, nudge func()) {
	defer close(v.packets)
	p := &packer{format: opts.AgentFormat, resampler: pcm.NewResampler(audio.Rate, opts.AgentFormat.Rate)}
	p.put = func(next packet) error {
		select {
		case v.packets <- next:
			nudge()
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	v.err = opts.TTS(ctx, text, p.play)
	if err := p.end(func(total time.Duration) { v.total.Store(int64(total)) }); v.err == nil {
		v.err = err
	}
}

// aloud sends as much of a response's sound as there is room and time for. It
// answers true when all of it has been heard.
func (c *conversation) aloud(r *response, now time.Time) bool {
	v := r.voice
	for !v.over {
		if due := v.due(); now.Before(due) {
			c.speech.next = due
			return false
		}
		if !c.socket.room() {
			return false // the writer will say when there is
		}
		select {
		case p, more := <-v.packets:
			if !more {
				c.pronounced(r, v.err)
				continue
			}
			c.pronounce(r, p, now)
		default:
			if !now.Before(v.overdue) {
				c.pronounced(r, fmt.Errorf("nothing within %v", c.opts.SpeechPatience))
				continue
			}
			c.speech.next = v.overdue
			return false // the voice will say when there is more
		}
	}
	heard := v.ends
	if r.final {
		heard = heard.Add(lateness) // or the call would be over before the last word
	}
	if now.Before(heard) {
		c.speech.next = heard
		return false
	}
	return true
}

// due is when the next packet may be sent.
func (v *voice) due() time.Time {
	if v.began.IsZero() {
		return time.Time{}
	}
	sent := v.ends.Sub(v.began)
	return v.began.Add(max((sent-headStart)/speed, sent-farAhead))
}

// pronounce sends a packet, and the text before the first.
func (c *conversation) pronounce(r *response, p packet, now time.Time) {
	v := r.voice
	if v.began.IsZero() {
		v.began, v.ends = now, now
		c.send(&convai.AgentResponse{Text: r.text, EventID: r.event})
	}
	if v.ends.Before(now) {
		v.ends = now // it had run dry
	}
	from := v.given
	v.sent += p.took
	v.given = max(from, v.reached(p.last))
	v.marks = append(v.marks, mark{v.ends, p.took, from, v.given})
	v.ends = v.ends.Add(p.took)
	v.overdue = now.Add(c.opts.SpeechPatience)
	c.send(&convai.Audio{Base64: p.base64, EventID: r.event, Alignment: align(v.chars[from:v.given], p.took), IsFinal: p.last})
}

// reached is how many characters are spoken with what was sent: their share
// of the whole once that is known.
func (v *voice) reached(last bool) int {
	total := time.Duration(v.total.Load())
	switch {
	case last:
		return len(v.chars)
	case total > 0:
		return min(int(float64(len(v.chars))*float64(v.sent)/float64(total)), len(v.chars))
	}
	return min(int(v.sent/letterTime), len(v.chars))
}

// align spreads characters evenly over a packet.
func align(chars []rune, took time.Duration) *convai.Alignment {
	if len(chars) == 0 {
		return nil
	}
	at := func(i int) int { return int(took.Milliseconds()) * i / len(chars) }
	a := &convai.Alignment{}
	for i, char := range chars {
		a.Chars = append(a.Chars, string(char))
		a.StartsMS = append(a.StartsMS, at(i))
		a.DurationsMS = append(a.DurationsMS, at(i+1)-at(i))
	}
	return a
}

// pronounced ends the sound of a response. Without any it is told as text.
func (c *conversation) pronounced(r *response, err error) {
	v := r.voice
	v.cancel()
	v.over = true
	if err == nil && v.began.IsZero() {
		err = errors.New("no sound")
	}
	if err != nil {
		c.log.Error("text to speech", "err", err)
	}
	if v.began.IsZero() {
		c.send(&convai.AgentResponse{Text: r.text, EventID: r.event})
	}
	c.send(&convai.AgentResponseComplete{EventID: r.event})
}

// hush breaks off the sound of the response that is being heard.
func (c *conversation) hush(r *response, now time.Time) {
	v := r.voice
	v.cancel()
	if v.began.IsZero() && !v.over { // the user knows nothing of it yet: it is said later
		r.begun, r.voice = false, nil
		return
	}
	c.speech.queue = c.speech.queue[1:]
	if !now.Before(v.ends) && v.over {
		return
	}
	c.send(&convai.Interruption{EventID: r.event})
	if said := v.said(now); said != strings.TrimSpace(r.text) {
		c.send(&convai.AgentResponseCorrection{Original: r.text, Corrected: said, EventID: r.event})
	}
}

// said is the words that have been spoken by then.
func (v *voice) said(now time.Time) string {
	n := 0
	for _, m := range v.marks {
		if now.Before(m.at) {
			break
		}
		part := min(float64(now.Sub(m.at))/float64(m.took), 1)
		n = m.from + int(float64(m.to-m.from)*part)
	}
	for n < len(v.chars) && n > 0 && !unicode.IsSpace(v.chars[n]) { // in the middle of a word
		n--
	}
	return strings.TrimSpace(string(v.chars[:n]))
}
