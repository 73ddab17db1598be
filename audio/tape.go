package audio

import (
	"sync"
	"time"
)

// A Tape keeps the newest 2.7 s of what an agent hears: the recorded sound after the echo was removed, and
// silence while the agent does not hear the microphone and while there is no conversation. It implements
// [Playback], so that it can be read beside a [Player]. Any goroutine may call its methods.
type Tape struct {
	mu   sync.Mutex // guards the fields below; held only to copy samples
	ring ring
	next int64     // number of the next sample
	end  time.Time // when the sample before next was recorded
}

// Tape returns the tape of the recorder. The recorder writes to it from the first call on.
func (r *Recorder) Tape() *Tape {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tape == nil {
		r.tape = &Tape{ring: newRing()}
	}
	return r.tape
}

// add appends sound whose last sample was recorded at the time end. The microphone's goroutine calls it.
func (t *Tape) add(sound []float32, end time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ring.write(t.next, sound)
	t.next += int64(len(sound))
	t.end = end
}

// SampleAt returns the number of the sample that was recorded at a time. For a time after the newest
// sample, it returns the number of the next one.
func (t *Tape) SampleAt(at time.Time) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	since := t.end.Sub(at)
	if since > time.Minute {
		return 0
	}
	return min(max(t.next-int64(Samples(since)), 0), t.next)
}

// Played fills dst with the samples from the number first on. A sample that the tape does not have is 0.
func (t *Tape) Played(dst []float32, first int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ring.readKnown(dst, first, t.next)
}
