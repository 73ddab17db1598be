package wake

import (
	"context"
	"sync"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/engine/speech"
)

const (
	// bufferLength is how much sound the buffer holds for a recogniser that reads too slowly.
	bufferLength = 2 * time.Second

	// maxPiece is the maximum duration of sound for which hear needs no memory allocation.
	maxPiece = 100 * time.Millisecond
)

// format is the format of the sound that recognisers read.
var format = pcm.Format{Encoding: pcm.S16, Rate: speech.Rate}

// A buffer is a ring buffer for sound between the microphone and a recogniser, in the format that
// the recogniser reads. The microphone's goroutine adds sound with hear, and a goroutine of the
// recogniser removes it with read. When the buffer is full, the oldest sound is dropped. Until the
// first read, and after close until the next read, the buffer drops all sound.
type buffer struct {
	counts *audio.Counts

	// The fields below are used only by the microphone's goroutine.
	resampler *pcm.Resampler
	resampled []float32
	wire      []byte

	more chan struct{} // gets a value when put has added sound

	mu    sync.Mutex // guards the fields below; never held while waiting
	open  bool       // a recogniser reads from the buffer
	ring  []byte
	first int // index of the oldest byte in ring
	count int
}

func newBuffer(counts *audio.Counts) *buffer {
	return &buffer{
		counts:    counts,
		resampler: pcm.NewResampler(audio.Rate, format.Rate),
		resampled: make([]float32, 0, int(maxPiece.Seconds()*float64(format.Rate))),
		wire:      make([]byte, 0, format.Bytes(maxPiece)),
		more:      make(chan struct{}, 1),
		ring:      make([]byte, format.Bytes(bufferLength)),
	}
}

// hear adds sound from the microphone to the buffer. sound is mono at audio.Rate.
func (b *buffer) hear(sound []float32) {
	b.resampled = b.resampler.Append(b.resampled[:0], sound)
	b.wire = format.Append(b.wire[:0], b.resampled)
	b.put(b.wire)
}

// put adds sound to the buffer. wire is the sound, encoded in the format that the recogniser reads.
func (b *buffer) put(wire []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open {
		return
	}
	if excess := len(wire) - len(b.ring); excess > 0 {
		wire = wire[excess:]
	}
	if excess := b.count + len(wire) - len(b.ring); excess > 0 {
		b.first, b.count = (b.first+excess)%len(b.ring), b.count-excess
		b.counts.WakeDropped.Add(1)
	}
	end := (b.first + b.count) % len(b.ring)
	copy(b.ring, wire[copy(b.ring[end:], wire):])
	b.count += len(wire)
	select {
	case b.more <- struct{}{}:
	default:
	}
}

// close drops all sound in the buffer, and all sound that is added before the next read.
func (b *buffer) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open, b.first, b.count = false, 0, 0
}

// read removes the oldest sound from the buffer and fills chunk with it. It waits until the buffer
// holds enough sound. The first read after close opens the buffer again. If ctx is done, read
// returns the cause of ctx.
func (b *buffer) read(ctx context.Context, chunk []byte) error {
	for !b.take(chunk) {
		select {
		case <-b.more:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// take fills chunk with the oldest sound and removes it from the buffer. If the buffer holds too
// little sound, take returns false and removes nothing.
func (b *buffer) take(chunk []byte) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open = true
	if b.count < len(chunk) {
		return false
	}
	copy(chunk[copy(chunk, b.ring[b.first:]):], b.ring)
	b.first, b.count = (b.first+len(chunk))%len(b.ring), b.count-len(chunk)
	return true
}
