package pulse_test

import (
	"context"
	"math"
	"sync"
	"testing"
	"time"

	"moonlark/audio"
	"moonlark/audio/pulse"
	"moonlark/audio/pulse/pulsetest"
)

// A voice is a source that gives a tone while it is on, and silence otherwise.
type voice struct {
	mu     sync.Mutex
	on     bool
	given  int // samples since the start
	lost   int // of them
	delays []time.Duration
	fills  chan struct{}
	losses chan int
}

func newVoice(on bool) *voice {
	return &voice{on: on, fills: make(chan struct{}, 1), losses: make(chan int, 1000)}
}

func (v *voice) Fill(sound []float32, delay time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.delays = append(v.delays, delay)
	for i := range sound {
		sound[i] = 0
		if v.on {
			sound[i] = float32(0.5 * math.Sin(2*math.Pi*1000*float64(v.given-v.lost+i)/audio.Rate))
		}
	}
	v.given += len(sound)
}

func (v *voice) Lost(n int) {
	v.mu.Lock()
	v.lost += n
	v.mu.Unlock()
	v.losses <- n
}

func (v *voice) say(on bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.on = on
}

// A run is a Play or a Record that goes on beside the test.
type run struct {
	stop context.CancelFunc
	done chan struct{}
	err  error // read it after done
}

func start(t testing.TB, f func(context.Context) error) *run {
	ctx, stop := context.WithCancel(t.Context())
	r := &run{stop: stop, done: make(chan struct{})}
	go func() {
		r.err = f(ctx)
		close(r.done)
	}()
	t.Cleanup(func() {
		stop()
		<-r.done
	})
	return r
}

func play(t testing.TB, s *pulse.Speaker, source audio.Source) *run {
	return start(t, func(ctx context.Context) error { return s.Play(ctx, source) })
}

// until waits until f is true.
func until(t testing.TB, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}

func loud(v float32) bool { return v > 0.01 || v < -0.01 }

func TestToneArrivesWhole(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		heard := server.Record(pulsetest.Heard)
		var counts audio.Counts
		speaker := pulse.NewSpeaker(pulse.Options{Server: server.Address(), Counts: &counts})
		play(t, speaker, newVoice(true))
		until(t, "the tone is heard", func() bool { s := heard.Samples(0); return len(s) > 0 && loudest(s) > 0.4 })
		from := heard.Len()
		time.Sleep(2 * time.Second)
		sound := heard.Samples(from)
		if peak := loudest(sound); math.Abs(peak-0.5) > 0.01 {
			t.Errorf("peak: got %.3f, want 0.5", peak)
		}
		if n := pulsetest.Gaps(sound, 1000); n != 0 {
			t.Errorf("gaps: got %d, want none", n)
		}
		if n := counts.Underruns.Load(); n != 0 {
			t.Errorf("underruns: got %d, want none", n)
		}
		t.Log(speaker, len(sound), "samples")
	})
}

func loudest(sound []float32) float64 {
	peak := 0.0
	for _, v := range sound {
		peak = max(peak, math.Abs(float64(v)))
	}
	return peak
}
