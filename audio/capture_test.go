package audio

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestACaptureGetsTheSoundOfTheMicrophone(t *testing.T) {
	r := NewRecorder(nil, new(Counts))
	r.created = r.created.Add(-time.Second) // sound from before that would be silent
	c, err := r.Capture()
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]float32, 10000)
	r.Take(level(20*time.Millisecond, 100), 0)
	r.SetMuted(true)
	r.Take(level(20*time.Millisecond, 200), 0)
	n, err := c.Read(context.Background(), dst)
	if n != 1920 || err != nil || dst[0] != 0.1 || dst[1919] != 0 {
		t.Errorf("read %d samples, %v, the first %v, the last %v; want 0.1 and 0, because the microphone is muted", n, err, dst[0], dst[1919])
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cause := errors.New("enough")
	cancel(cause)
	if _, err := c.Read(ctx, dst); !errors.Is(err, cause) {
		t.Errorf("Read returned %v", err)
	}
	c.Close()
	r.Take(level(20*time.Millisecond, 100), 0)
	if n := c.buffer.count; n > 0 {
		t.Errorf("%d samples after Close", n)
	}
}

func TestASlowReaderOfACaptureLosesTheOldestSound(t *testing.T) {
	r := NewRecorder(nil, new(Counts))
	c, _ := r.Capture()
	defer c.Close()
	for range 150 {
		r.Take(level(20*time.Millisecond, 100), 0)
	}
	dst := make([]float32, 1<<20)
	if n, _ := c.Read(context.Background(), dst); Duration(n) != captureLength || !c.Dropped() {
		t.Errorf("%v of sound, dropped %v", Duration(n), c.Dropped())
	}
}

func TestTheNumberOfCapturesIsLimited(t *testing.T) {
	r := NewRecorder(nil, new(Counts))
	var all []*Capture
	for range maxCaptures {
		c, err := r.Capture()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	if _, err := r.Capture(); err == nil {
		t.Error("there is one more")
	}
	all[3].Close()
	if _, err := r.Capture(); err != nil {
		t.Error(err)
	}
}

func TestCapturesDoNotAllocateInTake(t *testing.T) {
	r := NewRecorder(nil, new(Counts))
	c, _ := r.Capture()
	defer c.Close()
	sound := level(20*time.Millisecond, 100)
	if n := testing.AllocsPerRun(100, func() { r.Take(sound, 0) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
