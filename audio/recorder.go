package audio

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"moonlark/audio/pcm"
)

const (
	// ChunkLength is how much of the user's sound goes into one message when
	// nothing else is asked for, and at the least; longestChunk is the most.
	ChunkLength  = 20 * time.Millisecond
	longestChunk = 250 * time.Millisecond

	// deaf is how long the microphone may bring nothing before silence is sent
	// in its place: the agent's end hangs up on a user it never hears.
	deaf = 250 * time.Millisecond

	// Preroll is how much is kept of what was heard before a conversation.
	Preroll = 1500 * time.Millisecond

	// MaxWait is how much more is kept while one is waited for: see Expect.
	MaxWait = 10 * time.Second
)

// A Tap hears what the microphone hears, conversation or not: a wake word's
// recogniser.
type Tap interface {
	// Hear is called on one goroutine at a time. It must not keep sound, wait
	// nor allocate.
	Hear(sound []float32)
}

// An Echo takes out of what the microphone hears what the speaker has said.
type Echo interface {
	// Remove changes sound, which was heard until age ago. It is called on one
	// goroutine at a time, and must not wait.
	Remove(sound []float32, age time.Duration)
}

// A Recorder is what the microphone's sound goes through on its way to the
// agent: the echo is taken out of it, its level is measured, it is muted, and
// it is cut into chunks as the wire has them. Chunks of silence take the
// place of a microphone that brings nothing.
//
// Take is the microphone's. All else may be called from any goroutine; what
// scripts reach, SetMuted, SetListening, Level and Voice, waits for nothing.
type Recorder struct {
	counts  *Counts
	echo    Echo // nil for none
	born    time.Time
	muted   atomic.Bool
	unmuted atomic.Int64 // when it last was, as nanoseconds since born
	aside   atomic.Bool  // not listening
	level   atomic.Int64 // dBFS, in hundredths
	voice   atomic.Bool

	mu        sync.Mutex // guards what follows
	detector  Detector
	scratch   []float32
	until     time.Time                        // what is after this has not been heard
	filling   bool                             // with silence
	send      func(chunk []byte) (dropped int) // nil: to nobody
	format    pcm.Format
	resampler *pcm.Resampler
	sound     []float32 // resampled
	chunk     []byte    // under way
	size      int       // of a whole one, in bytes
	before    backlog   // what was heard while nothing was sent
	catching  bool      // up: what was heard before goes first
	tap       Tap       // nil for none
	always    bool      // it hears what is said in a conversation, too
	silence   []float32
}

// NewRecorder makes a recorder. echo may be nil.
func NewRecorder(echo Echo, counts *Counts) *Recorder {
	now := time.Now()
	r := &Recorder{
		counts: counts, echo: echo, born: now, until: now,
		scratch: make([]float32, Samples(ChunkLength)), silence: make([]float32, Samples(ChunkLength)),
		before: backlog{room: make([]float32, Samples(Preroll))},
	}
	r.level.Store(lowest * 100)
	return r
}

// SetTap has tap hear what is heard, without its echo: while a conversation is on
// silence, unless it is always to hear. It is called before anything is recorded.
func (r *Recorder) SetTap(tap Tap, always bool) { r.tap, r.always = tap, always }

// Expect keeps, from Preroll before now on, all that is heard until Begin or
// Forget, so that nothing is lost that is said while a connection is made. Of
// more than Preroll and MaxWait it is the newest.
func (r *Recorder) Expect() { r.keepFor(Preroll + MaxWait) }

// Forget is the end of what Expect began: there will be no conversation.
func (r *Recorder) Forget() { r.keepFor(Preroll) }

func (r *Recorder) keepFor(d time.Duration) {
	next := backlog{room: make([]float32, Samples(d))} // not with the lock
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.before.room) != len(next.room) {
		next.move(&r.before)
		r.before = next
	}
}

// Begin sends sound on, in chunks of that length, 20 to 250 ms, in that format,
// until End. With preroll it begins with what was heard while nothing was sent,
// the last Preroll of it or what Expect has kept: what somebody says in one breath
// with a wake word. All of that has been sent when Begin returns. send is called on the
// microphone's goroutine, Run's or this, one at a time. It must not block nor keep the chunk, and says
// how many chunks it has dropped.
func (r *Recorder) Begin(format pcm.Format, length time.Duration, preroll bool, send func(chunk []byte) (dropped int)) {
	size := format.Bytes(min(max(length, ChunkLength), longestChunk))
	resampler := pcm.NewResampler(Rate, format.Rate) // takes too long to be done with the lock
	r.mu.Lock()
	r.format, r.size, r.resampler = format, size, resampler
	r.chunk = make([]byte, 0, 2*size)
	r.send = send
	r.catching = preroll && !r.muted.Load() && !r.aside.Load()
	r.mu.Unlock()
	piece := make([]float32, Samples(5*ChunkLength))
	for r.catchUp(piece) {
	}
	r.Forget()
}

// catchUp sends the next piece of what was heard before, so that the microphone
// need not wait for all of it. It says whether there was one.
func (r *Recorder) catchUp(piece []float32) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	if r.catching {
		n = r.before.take(piece)
	}
	r.catching = n > 0
	if n == 0 {
		r.before.skip(r.before.count)
		return false
	}
	r.forward(piece[:n])
	return true
}

// End sends nothing any more.
func (r *Recorder) End() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.send, r.catching = nil, false
}

// SetMuted makes the recorder deaf: silence is what everybody hears of it. What
// is said meanwhile is not heard later either, when it comes from a device that
// was late.
func (r *Recorder) SetMuted(muted bool) {
	if r.muted.Swap(muted) && !muted {
		r.unmuted.Store(int64(time.Since(r.born)))
	}
}

// SetListening says whether the agent hears the user, or silence: push to talk.
// It says whether that is a change.
func (r *Recorder) SetListening(listening bool) (changed bool) {
	return r.aside.Swap(!listening) == listening
}

// Listening says whether the agent hears the user, when there is one.
func (r *Recorder) Listening() bool { return !r.aside.Load() }

// Level is how loud it is, in dBFS: from -96, silence, to 0.
func (r *Recorder) Level() float64 { return float64(r.level.Load()) / 100 }

// Voice says whether somebody speaks.
func (r *Recorder) Voice() bool { return r.voice.Load() }

// Take is the microphone's: see Sink.
func (r *Recorder) Take(sound []float32, age time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.until, r.filling = time.Now(), false
	said := r.until.Sub(r.born) - age - Duration(len(sound)) // when the first of sound was
	for len(sound) > 0 {
		n := min(len(sound), len(r.scratch))
		now := r.scratch[:n]
		copy(now, sound)
		sound = sound[n:]
		if r.echo != nil {
			r.echo.Remove(now, age+Duration(len(sound)))
		}
		if r.muted.Load() || said < time.Duration(r.unmuted.Load()) {
			clear(now)
		}
		said += Duration(n)
		r.pass(now)
	}
}

// pass measures sound and sends it on. The caller holds mu.
func (r *Recorder) pass(sound []float32) {
	for rest := sound; len(rest) > 0; {
		rest, _ = r.detector.Hear(rest)
	}
	r.level.Store(int64(r.detector.Level() * 100))
	r.voice.Store(r.detector.Voice())
	if r.tap != nil && (r.send == nil || r.always) {
		r.tap.Hear(sound)
	} else if r.tap != nil { // silence: a pause would end in the middle of a word
		r.tap.Hear(r.silence[:len(sound)])
	}
	if r.send != nil && r.aside.Load() {
		clear(sound)
	}
	if r.send == nil || r.catching {
		r.before.add(sound)
		return
	}
	r.forward(sound)
}

// forward sends sound on.
func (r *Recorder) forward(sound []float32) {
	r.sound = r.resampler.Append(r.sound[:0], sound)
	r.chunk = r.format.Append(r.chunk, r.sound)
	done := 0
	for ; len(r.chunk)-done >= r.size; done += r.size {
		if n := r.send(r.chunk[done : done+r.size]); n > 0 {
			r.counts.Dropped.Add(int64(n))
		}
	}
	r.chunk = r.chunk[:copy(r.chunk, r.chunk[done:])]
}

// Run sends silence while the microphone brings nothing, until ctx is done.
func (r *Recorder) Run(ctx context.Context) {
	tick := time.NewTicker(ChunkLength)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			r.fill()
		case <-ctx.Done():
			return
		}
	}
}

func (r *Recorder) fill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	missing := time.Since(r.until)
	if !r.filling && missing < deaf {
		return
	}
	r.filling = true
	if missing > time.Second { // we were asleep: nobody wants to hear that
		missing = time.Second
		r.until = time.Now().Add(-missing)
	}
	for ; missing >= ChunkLength; missing -= ChunkLength {
		clear(r.scratch)
		r.pass(r.scratch)
		r.until = r.until.Add(ChunkLength)
	}
}
