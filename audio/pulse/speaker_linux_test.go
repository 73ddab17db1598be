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

// A toneSource is an audio.Source that returns a tone of 1000 Hz while on is set, and silence
// otherwise.
type toneSource struct {
	mu     sync.Mutex // guards the fields below
	on     bool
	taken  int             // number of samples that Fill has returned
	lost   int             // number of samples that were lost
	delays []time.Duration // the delay in each call of Fill
	losses chan int        // the argument of each call of Lost
}

func newToneSource(on bool) *toneSource {
	return &toneSource{on: on, losses: make(chan int, 1000)}
}

func (s *toneSource) Fill(sound []float32, delay time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delays = append(s.delays, delay)
	for i := range sound {
		sound[i] = 0
		if s.on {
			sound[i] = float32(0.5 * math.Sin(2*math.Pi*1000*float64(s.taken-s.lost+i)/audio.Rate))
		}
	}
	s.taken += len(sound)
}

func (s *toneSource) Lost(n int) {
	s.mu.Lock()
	s.lost += n
	s.mu.Unlock()
	s.losses <- n
}

func (s *toneSource) setOn(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.on = on
}

// A run is a call of Play or Record on a goroutine of its own.
type run struct {
	stop context.CancelFunc
	done chan struct{} // closed when the call has returned
	err  error         // the result of the call; valid after done is closed
}

// start calls f on a new goroutine and returns the running call. It cancels the context of f at the
// end of the test.
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

// play starts to play source on s and returns the running call of Play.
func play(t testing.TB, s *pulse.Speaker, source audio.Source) *run {
	return start(t, func(ctx context.Context) error { return s.Play(ctx, source) })
}

// waitUntil waits until done returns true. If that takes more than 10 s, the test fails. what
// describes what done checks, such as "the tone is audible".
func waitUntil(t testing.TB, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatalf("timeout: %s", what)
}

func isLoud(v float32) bool { return v > 0.01 || v < -0.01 }

func TestToneIsPlayedWithoutGaps(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		heard := server.Record(pulsetest.Heard)
		var counts audio.Counts
		speaker := pulse.NewSpeaker(pulse.Options{Server: server.Address(), Counts: &counts})
		play(t, speaker, newToneSource(true))
		waitUntil(t, "the tone is audible", func() bool { s := heard.Samples(0); return len(s) > 0 && peak(s) > 0.4 })
		from := heard.Len()
		time.Sleep(2 * time.Second)
		sound := heard.Samples(from)
		if p := peak(sound); math.Abs(p-0.5) > 0.01 {
			t.Errorf("peak: got %.3f, want 0.5", p)
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

// peak returns the largest absolute value of a sample in sound, or 0 if sound is empty.
func peak(sound []float32) float64 {
	p := 0.0
	for _, v := range sound {
		p = max(p, math.Abs(float64(v)))
	}
	return p
}
