package wake

import (
	"context"
	"sync"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
)

// longest is how much sound waits for a recogniser that is slow.
const longest = 2 * time.Second

// A feed is sound on its way to a recogniser, in its format. The microphone's
// goroutine puts it in, one of the recogniser's takes it out. Of what is not
// taken the oldest goes.
type feed struct {
	counts    *audio.Counts
	resampler *pcm.Resampler // hear's, as are the next two
	low       []float32
	wire      []byte
	more      chan struct{} // has a value when something has come in

	mu    sync.Mutex // guards what follows; never held while waiting
	open  bool       // somebody takes it out
	ring  []byte
	first int // where the oldest is
	count int
}

func newFeed(counts *audio.Counts) *feed {
	const most = 100 * time.Millisecond // at a time, or memory is made for it
	f := &feed{
		counts: counts, resampler: pcm.NewResampler(audio.Rate, format.Rate),
		low: make([]float32, 0, int(most.Seconds()*float64(format.Rate))), wire: make([]byte, 0, format.Bytes(most)),
		more: make(chan struct{}, 1), ring: make([]byte, format.Bytes(longest)),
	}
	return f
}

func (f *feed) hear(sound []float32) {
	f.low = f.resampler.Append(f.low[:0], sound)
	f.wire = format.Append(f.wire[:0], f.low)
	f.put(f.wire)
}

func (f *feed) put(wire []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.open {
		return
	}
	if more := len(wire) - len(f.ring); more > 0 {
		wire = wire[more:]
	}
	if more := f.count + len(wire) - len(f.ring); more > 0 {
		f.first, f.count = (f.first+more)%len(f.ring), f.count-more
		f.counts.WakeDropped.Add(1)
	}
	at := (f.first + f.count) % len(f.ring)
	copy(f.ring, wire[copy(f.ring[at:], wire):])
	f.count += len(wire)
	select {
	case f.more <- struct{}{}:
	default:
	}
}

// start begins to keep what is heard from now on, until close.
func (f *feed) start() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open, f.first, f.count = true, 0, 0
}

func (f *feed) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open = false
}

// read fills all of p with the oldest, and waits for as much. The error is the
// cause of ctx.
func (f *feed) read(ctx context.Context, p []byte) error {
	for !f.take(p) {
		select {
		case <-f.more:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

func (f *feed) take(p []byte) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count < len(p) {
		return false
	}
	copy(p[copy(p, f.ring[f.first:]):], f.ring)
	f.first, f.count = (f.first+len(p))%len(f.ring), f.count-len(p)
	return true
}
