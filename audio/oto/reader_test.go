//go:build !static

package oto

import (
	"encoding/binary"
	"math"
	"testing"
	"time"

	"moonlark/audio"
)

// A buffer is a player that holds what it is told to hold.
type buffer struct {
	size int
	did  string
}

func (b *buffer) BufferedSize() int              { return b.size }
func (b *buffer) PauseAndStopReading()           { b.did += "pause " }
func (b *buffer) Play()                          { b.did += "play " }
func (b *buffer) Seek(int64, int) (int64, error) { b.size = 0; b.did += "empty "; return 0, nil }
func (b *buffer) Fill(s []float32, d time.Duration) {
	for i := range s {
		s[i] = float32(d) / float32(time.Second)
	}
}
func (b *buffer) Lost(n int) { b.did += "lost "; b.size = -n }

func newReader(b *buffer) *reader {
	return &reader{source: b, player: b, counts: &audio.Counts{}, sound: make([]float32, audio.Samples(ahead))}
}

func TestReaderGivesNoMoreThanIsToBeAhead(t *testing.T) {
	for _, test := range []struct {
		name     string
		buffered time.Duration
		want     time.Duration
	}{
		{"nothing is there", 0, 200 * time.Millisecond},
		{"the device has taken some", 190 * time.Millisecond, 10 * time.Millisecond},
		{"all is there", 200 * time.Millisecond, 0},
		{"more is there", 300 * time.Millisecond, 0},
	} {
		r := newReader(&buffer{size: bytesOf(test.buffered)})
		p := make([]byte, bytesOf(ahead))
		n, err := r.Read(p)
		if n != bytesOf(test.want) || err != nil {
			t.Errorf("%s: got %d bytes, %v, want %d", test.name, n, err, bytesOf(test.want))
		}
		if n > 0 {
			got, want := math.Float32frombits(binary.LittleEndian.Uint32(p)), (test.buffered + device).Seconds()
			if math.Abs(float64(got)-want) > 1e-6 {
				t.Errorf("%s: the sound is said to be heard in %v s, want %v", test.name, got, want)
			}
		}
	}
}

func TestReaderCountsThatItHasRunOut(t *testing.T) {
	b := &buffer{}
	r := newReader(b)
	p := make([]byte, bytesOf(ahead))
	r.Read(p) // the first time it is no wonder
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

func TestFlushTellsTheSourceBetweenEmptyingAndPlaying(t *testing.T) {
	b := &buffer{size: 400}
	r := newReader(b)
	r.flush()
	if want := "pause empty lost play "; b.did != want || b.size != -100 {
		t.Errorf("got %s, lost %d, want %s, lost 100", b.did, -b.size, want)
	}
}

func TestReadingDoesNotAllocate(t *testing.T) {
	b := &buffer{size: bytesOf(190 * time.Millisecond)}
	r := newReader(b)
	p := make([]byte, bytesOf(ahead))
	if n := testing.AllocsPerRun(1000, func() { r.Read(p) }); n != 0 {
		t.Errorf("%v allocations a read", n)
	}
}
