package pulse_test

import (
	"testing"
	"time"

	"moonlark/audio"
	"moonlark/audio/pulse"
	"moonlark/audio/pulse/pulsetest"
)

// A tickSource is an audio.Source of silence. After each flush, its sound begins with a tick of 1
// ms.
type tickSource struct{ tick int } // number of samples of the tick that are left to play

func (s *tickSource) Fill(sound []float32, _ time.Duration) {
	clear(sound)
	for i := range sound {
		if s.tick > 0 {
			s.tick--
			sound[i] = 0.5
		}
	}
}

func (s *tickSource) Lost(int) { s.tick = audio.Samples(time.Millisecond) }

func TestFirstSamplesAfterAFlushAreAudible(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		const flushes = 30
		heard := server.Record(pulsetest.Heard)
		// With a small buffer, a speaker that miscounts the requested samples at each flush soon
		// stops sending sound.
		speaker := pulse.NewSpeaker(pulse.Options{Server: server.Address(), Depth: 150 * time.Millisecond})
		r := play(t, speaker, &tickSource{})
		r.waitUntil(t, "the speaker is open", func() bool { return speaker.String() != "pulse" })
		time.Sleep(2 * time.Second)
		from := heard.Len()
		for range flushes {
			speaker.Flush()
			time.Sleep(100 * time.Millisecond)
		}
		n := 0
		for _, x := range heard.Samples(from) {
			if isLoud(x) {
				n++
			}
		}
		t.Logf("of %d ms of ticks %.1f ms were audible", flushes, float64(n)/float64(audio.Samples(time.Millisecond)))
		if n < flushes/2*audio.Samples(time.Millisecond) {
			t.Errorf("of %d ms of ticks %.1f ms were audible, want at least half", flushes, float64(n)/float64(audio.Samples(time.Millisecond)))
		}
	})
}
