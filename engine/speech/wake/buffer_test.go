package wake

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/audio"
)

func TestTheBufferKeepsTheNewestTwoSecondsForAReader(t *testing.T) {
	var counts audio.Counts
	b := newBuffer(&counts)
	// put drops this sound and does not count it, because no recogniser reads yet
	b.put(make([]byte, 100000))
	newest := make([]byte, 64000)
	b.take(newest) // this first read opens the buffer
	for i := range 300 {
		b.put(slices.Repeat([]byte{byte(i)}, 640))
	}
	if got := counts.WakeDropped.Load(); got != 200 {
		t.Errorf("%d pieces were dropped, want 200", got)
	}
	if err := b.read(t.Context(), newest); err != nil || newest[0] != 200 || newest[63999] != 299-256 {
		t.Errorf("read pieces %d to %d, %v, want %d to %d", newest[0], newest[63999], err, 200, 299-256)
	}
}

func TestAReadWaitsForEnoughSound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBuffer(new(audio.Counts))
		got := make([]byte, 4)
		done := make(chan error, 1)
		go func() { done <- b.read(t.Context(), got) }()
		synctest.Wait()
		b.put([]byte{1, 2, 3})
		synctest.Wait()
		if len(done) > 0 {
			t.Errorf("the read returned with 3 bytes of 4")
		}
		b.put([]byte{4, 5})
		if err := <-done; err != nil || !slices.Equal(got, []byte{1, 2, 3, 4}) {
			t.Errorf("read %v, %v", got, err)
		}
	})
}

func TestAReadEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBuffer(new(audio.Counts))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := b.read(ctx, make([]byte, 2)); err != context.DeadlineExceeded {
			t.Errorf("got %v", err)
		}
	})
}

func TestAClosedBufferDropsItsSound(t *testing.T) {
	b := newBuffer(new(audio.Counts))
	b.take(make([]byte, 2))
	b.put([]byte{1, 1})
	b.close()
	b.put([]byte{2, 2})
	got := make([]byte, 2)
	if b.take(got) {
		t.Errorf("got %v", got)
	}
	b.put([]byte{3, 3})
	if !b.take(got) || got[0] != 3 {
		t.Errorf("got %v", got)
	}
}

func TestHearAllocatesNothing(t *testing.T) {
	b := newBuffer(new(audio.Counts))
	b.take(make([]byte, 2)) // this first read opens the buffer
	sound := make([]float32, audio.Samples(20*time.Millisecond))
	if n := testing.AllocsPerRun(200, func() { b.hear(sound) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
