// Package coreaudio records from the default microphone of macOS, with an audio queue of the
// framework AudioToolbox. It needs no C compiler.
//
// If the user has not allowed the program, or the terminal in which it runs, to use the microphone,
// macOS delivers silence and no error.
package coreaudio

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/ebitengine/purego"

	"moonlark/audio"
)

const (
	chunk       = audio.Rate / 50 // number of samples in a buffer of the queue: 20 ms
	bufferCount = 10              // so the program may be 200 ms late before sound is lost

	// idleTimeout is how long the microphone may deliver no sound. After that it counts as lost.
	idleTimeout   = 2 * time.Second
	checkInterval = 250 * time.Millisecond
)

// A Microphone records from the default microphone.
type Microphone struct {
	counts *audio.Counts // never changes after NewMicrophone
}

// NewMicrophone returns the default microphone. counts.Overruns counts how often sound was lost; counts
// may be nil.
func NewMicrophone(counts *audio.Counts) *Microphone {
	return &Microphone{cmp.Or(counts, new(audio.Counts))}
}

var _ audio.Microphone = (*Microphone)(nil)

// String returns "coreaudio".
func (m *Microphone) String() string { return "coreaudio" }

// Record implements [audio.Microphone]. A thread of macOS calls sink.
func (m *Microphone) Record(ctx context.Context, sink audio.Sink) error {
	if err := m.record(ctx, sink); err != nil {
		return fmt.Errorf("%v: %w", m, err)
	}
	return nil
}

func (m *Microphone) record(ctx context.Context, sink audio.Sink) error {
	lib, err := loadLibrary()
	if err != nil {
		return err
	}
	r := &recording{lib: lib, sink: sink, counts: m.counts}
	if err := r.open(); err != nil {
		return err
	}
	defer r.close()
	ticks := time.NewTicker(checkInterval)
	defer ticks.Stop()
	var taken int64
	moved := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-ticks.C:
			if n := r.taken.Load(); n != taken {
				taken, moved = n, now
			} else if now.Sub(moved) > idleTimeout {
				return fmt.Errorf("the microphone has delivered no sound for %v", idleTimeout)
			}
		}
	}
}

// A recording is an audio queue that records. The thread of macOS that serves the queue uses sink,
// counts, arguments and end.
type recording struct {
	lib    *library
	sink   audio.Sink
	counts *audio.Counts
	number uintptr // the key in recordings
	queue  uintptr
	taken  atomic.Int64 // number of buffers that sink has got

	arguments [4]uintptr // of AudioQueueEnqueueBuffer
	end       float64    // position after the last sample that sink has got
}

// recordings has the recordings that are open, by number, because macOS gives the callback only a
// number.
var recordings sync.Map

var lastNumber atomic.Uintptr

// open makes the queue and starts it.
func (r *recording) open() error {
	r.number = lastNumber.Add(1)
	recordings.Store(r.number, r)
	format := streamFormat{
		rate: audio.Rate, format: linearPCM, flags: floatSamples, bytesPerPacket: 4, framesPerPacket: 1,
		bytesPerFrame: 4, channels: 1, bits: 32,
	}
	err := r.lib.newInput(&format, r.lib.callback, r.number, &r.queue)
	if err != nil {
		recordings.Delete(r.number)
		return err
	}
	for range bufferCount {
		if err = r.lib.addBuffer(r.queue, 4*chunk); err != nil {
			break
		}
	}
	if err == nil {
		err = r.lib.start(r.queue)
	}
	if err != nil {
		r.close()
	}
	return err
}

// close frees the queue. After that, macOS does not call the callback for it.
func (r *recording) close() {
	r.lib.dispose(r.queue)
	recordings.Delete(r.number)
}

// take passes the sound of a buffer to the sink, and gives the buffer back to the queue.
func (r *recording) take(at uintptr, b *buffer, time *timeStamp) {
	n := int(b.size / 4)
	if time.flags&sampleTimeValid != 0 {
		if r.end > 0 && time.sampleTime > r.end+1 {
			r.counts.Overruns.Add(1)
		}
		r.end = time.sampleTime + float64(n)
	}
	if n > 0 {
		r.sink.Take(unsafe.Slice((*float32)(b.data), n), 0)
		r.taken.Add(1)
	}
	r.arguments = [4]uintptr{r.queue, at, 0, 0}
	purego.SyscallN(r.lib.enqueue, r.arguments[:]...) // fails only if the queue is being disposed of
}
