//go:build !static

package oto

import (
	"encoding/binary"
	"math"
	"testing"
	"time"

	"moonlark/audio"
)

// A buffer is both the player and the source of a reader. It records which methods are called.
type buffer struct {
	// number of bytes in the player's buffer; a call of Lost(n) sets size to -n
	size  int
	calls string // names of the called methods, each followed by a space
}

func (b *buffer) BufferedSize() int              { return b.size }
func (b *buffer) PauseAndStopReading()           { b.calls += "pause " }
func (b *buffer) Play()                          { b.calls += "play " }
func (b *buffer) Seek(int64, int) (int64, error) { b.size = 0; b.calls += "empty "; return 0, nil }
func (b *buffer) Fill(s []float32, d time.Duration) {
	for i := range s {
		s[i] = float32(d) / float32(time.Second)
	}
}
func (b *buffer) Lost(n int) { b.calls += "lost "; b.size = -n }

func newReader(b *buffer) *reader {
	return &reader{source: b, player: b, counts: &audio.Counts{}, sound: make([]float32, audio.Samples(readAhead))}
}

func TestAReaderGivesNoMoreThanReadAhead(t *testing.T) {
	for _, test := range []struct {
		name     string
		buffered time.Duration
		want     time.Duration
	}{
		{"an empty buffer", 0, 200 * time.Millisecond},
		{"a buffer from which the device has taken some", 190 * time.Millisecond, 10 * time.Millisecond},
		{"a full buffer", 200 * time.Millisecond, 0},
		{"a buffer with too much", 300 * time.Millisecond, 0},
	} {
		r := newReader(&buffer{size: byteCount(test.buffered)})
		p := make([]byte, byteCount(readAhead))
		n, err := r.Read(p)
		if n != byteCount(test.want) || err != nil {
			t.Errorf("%s: got %d bytes, %v, want %d", test.name, n, err, byteCount(test.want))
		}
		if n > 0 {
			got, want := math.Float32frombits(binary.LittleEndian.Uint32(p)), (test.buffered + deviceBuffer).Seconds()
			if math.Abs(float64(got)-want) > 1e-6 {
				t.Errorf("%s: the source was told a delay of %v s, want %v", test.name, got, want)
			}
		}
	}
}

func TestAnEmptyBufferIsCountedAsUnderrun(t *testing.T) {
	b := &buffer{}
	r := newReader(b)
	p := make([]byte, byteCount(readAhead))
	r.Read(p) // the buffer is empty at the beginning, which does not count as an underrun
	b.size = 4
	r.Read(p)
	if n := r.counts.Underruns.Load(); n != 0 {
		t.Errorf("%d underruns, want none", n)
	}
	b.size = 0
	r.Read(p)
	if n := r.counts.Underruns.Load(); n != 1 {
		t.Errorf("%d underruns, want 1", n)
	}
	r.flush()
	b.size = 0
	r.Read(p)
	if n := r.counts.Underruns.Load(); n != 1 {
		t.Errorf("%d underruns after a flush, want 1", n)
	}
}

func TestAFlushCallsLostBeforePlaybackContinues(t *testing.T) {
	b := &buffer{size: 400}
	r := newReader(b)
	r.flush()
	if want := "pause empty lost play "; b.calls != want || b.size != -100 {
		t.Errorf("got %s, lost %d, want %s, lost 100", b.calls, -b.size, want)
	}
}

func TestReadingDoesNotAllocate(t *testing.T) {
	b := &buffer{size: byteCount(190 * time.Millisecond)}
	r := newReader(b)
	p := make([]byte, byteCount(readAhead))
	if n := testing.AllocsPerRun(1000, func() { r.Read(p) }); n != 0 {
		t.Errorf("%v allocations a read", n)
	}
}
