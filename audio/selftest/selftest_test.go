package selftest

import (
	"errors"
	"math"
	"testing"
	"time"

	"moonlark/audio"
)

func TestDelayOfAFaintInvertedEchoIsFound(t *testing.T) {
	played := append(silence(300*time.Millisecond), chirp()...)
	played = append(played, silence(500*time.Millisecond)...)
	mic, seed := make([]float32, len(played)), uint32(1)
	for i := range mic {
		seed = seed*1664525 + 1013904223
		mic[i] = 0.01 * float32(float64(seed>>8)/(1<<23)-1)
		if shift := audio.Samples(123 * time.Millisecond); i >= shift {
			mic[i] -= 0.05 * played[i-shift]
		}
	}
	if got := delay(played, mic); (got - 123*time.Millisecond).Abs() > time.Millisecond {
		t.Errorf("got %v, want 123ms", got)
	}
}

func TestAdviseReturnsTheFirstGoodSetting(t *testing.T) {
	notInstalled := errors.New("not installed")
	for _, c := range []struct {
		server, speex Removed
		want          string
	}{
		{Removed{"server", 25, nil}, Removed{"speex", 30, nil}, "server"},
		{Removed{"server", 12, nil}, Removed{"speex", 30, nil}, "speex"},
		{Removed{"server", 12, nil}, Removed{"speex", 15, nil}, "server"},
		{Removed{"server", 99, notInstalled}, Removed{"speex", 5, nil}, "gate"},
	} {
		if got, _ := advise([]Removed{c.server, c.speex, {"gate", 60, nil}}); got != c.want {
			t.Errorf("%v, %v: got %s, want %s", c.server, c.speex, got, c.want)
		}
	}
}

func TestLevelIsRelativeToASquareWave(t *testing.T) {
	for amplitude, want := range map[float32]float64{1: 0, 0.1: -20, 0: -100} {
		if got := level([]float32{amplitude, -amplitude}); math.Abs(got-want) > 0.01 {
			t.Errorf("%v: got %.2f, want %.2f", amplitude, got, want)
		}
	}
}
