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
)

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
	before    []float32 // what was heard while nothing was sent, a ring once it is full
	oldest    int       // where that begins
}

// NewRecorder makes a recorder. echo may be nil.
func NewRecorder(echo Echo, counts *Counts) *Recorder {
	now := time.Now()
	r := &Recorder{
		counts: counts, echo: echo, born: now, until: now,
		scratch: make([]float32, Samples(ChunkLength)), before: make([]float32, 0, Samples(Preroll)),
	}
	r.level.Store(lowest * 100)
	return r
}

// Begin sends sound on, in chunks of that length, 20 to 250 ms, in that format,
// until End. With preroll it begins with the last Preroll of what was heard while
// nothing was sent: what somebody says in one breath with a wake word. send is
// called on the microphone's goroutine, Run's or this. It must not block nor keep
// the chunk, and says how many chunks it has dropped.
func (r *Recorder) Begin(format pcm.Format, length time.Duration, preroll bool, send func(chunk []byte) (dropped int)) {
	size := format.Bytes(min(max(length, ChunkLength), longestChunk))
	resampler := pcm.NewResampler(Rate, format.Rate) // takes too long to be done with the lock
	r.mu.Lock()
	defer r.mu.Unlock()
	r.format, r.size, r.resampler = format, size, resampler
	r.chunk = make([]byte, 0, 2*size)
	r.send = send
	if preroll && !r.muted.Load() && !r.aside.Load() {
		r.forward(r.before[r.oldest:])
		r.forward(r.before[:r.oldest])
	}
	r.before, r.oldest = r.before[:0], 0
}

// End sends nothing any more.
func (r *Recorder) End() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.send = nil
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
func (r *Recorder) SetListening(listening bool) { r.aside.Store(!listening) }

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
	switch {
	case r.send == nil:
		r.keep(sound)
		return
	case r.aside.Load():
		clear(sound)
	}
	r.forward(sound)
}

// keep keeps sound that goes to nobody, as the preroll of a conversation that
// may begin.
func (r *Recorder) keep(sound []float32) {
	n := min(len(sound), Samples(Preroll)-len(r.before))
	r.before = append(r.before, sound[:n]...)
	for sound = sound[n:]; len(sound) > 0; sound = sound[n:] {
		n = copy(r.before[r.oldest:], sound)
		r.oldest = (r.oldest + n) % len(r.before)
	}
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
