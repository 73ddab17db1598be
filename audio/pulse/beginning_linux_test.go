package pulse_test

import (
	"testing"
	"time"

	"moonlark/audio"
	"moonlark/audio/pulse"
	"moonlark/audio/pulse/pulsetest"
)

// ticks is a source whose sound begins, at each flush, with a tick of 1 ms.
type ticks struct{ tick int }

func (s *ticks) Fill(sound []float32, _ time.Duration) {
	clear(sound)
	for i := range sound {
		if s.tick > 0 {
			s.tick--
			sound[i] = 0.5
		}
	}
}

func (s *ticks) Lost(int) { s.tick = audio.Samples(time.Millisecond) }

func TestSoundIsHeardFromItsFirstSampleOn(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		const flushes = 30
		heard := server.Record(pulsetest.Heard)
		// Not deep: were the count of what the server wants off by a little after
		// each flush, it would soon get nothing any more.
		speaker := pulse.NewSpeaker(pulse.Options{Server: server.Address(), Depth: 150 * time.Millisecond})
		r := play(t, speaker, &ticks{})
		r.until(t, "the speaker plays", func() bool { return speaker.String() != "pulse" })
		time.Sleep(2 * time.Second)
		from := heard.Len()
		for range flushes {
			speaker.Flush()
			time.Sleep(100 * time.Millisecond)
		}
		n := 0
		for _, x := range heard.Samples(from) {
			if loud(x) {
				n++
			}
		}
		t.Logf("of %d ms of ticks %.1f were heard", flushes, float64(n)/float64(audio.Samples(time.Millisecond)))
		if n < flushes/2*audio.Samples(time.Millisecond) {
			t.Errorf("of %d ms of ticks only %.1f were heard", flushes, float64(n)/float64(audio.Samples(time.Millisecond)))
		}
	})
}
