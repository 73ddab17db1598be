package pulse_test

import (
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"moonlark/audio"
	"moonlark/audio/pulse"
	"moonlark/audio/pulse/pulsetest"
)

// A ramp is a source each of whose samples says which one it is, within a
// second. What is lost it gives again.
type ramp struct {
	mu   sync.Mutex
	next int
	last promise
	lost []int
}

// A promise is when a sample was said to be heard.
type promise struct {
	sample int
	when   time.Time
}

func (r *ramp) Fill(sound []float32, delay time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = promise{r.next, time.Now().Add(delay)}
	for i := range sound {
		sound[i] = rampAt(r.next + i)
	}
	r.next += len(sound)
}

func (r *ramp) Lost(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next -= n
	r.lost = append(r.lost, n)
}

func (r *ramp) promise() promise {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

func (r *ramp) reports() []int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lost
}

func rampAt(i int) float32 { return 0.1 + 0.8*float32(i%audio.Rate)/audio.Rate }

// position is which sample of a ramp v is.
func position(v float32) int { return int(math.Round(float64(v-0.1) / 0.8 * audio.Rate)) }

// apart is how far a is after b, within half a second either way.
func apart(a, b int) int {
	d := (a - b) % audio.Rate
	switch {
	case d > audio.Rate/2:
		return d - audio.Rate
	case d < -audio.Rate/2:
		return d + audio.Rate
	}
	return d
}

func TestLostIsWhatWasNotHeard(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		heard := server.Record(pulsetest.Heard)
		source := &ramp{}
		speaker := pulse.NewSpeaker(pulse.Options{Server: server.Address()})
		play(t, speaker, source)
		until(t, "the ramp is heard", func() bool { return loudest(heard.Samples(0)) > 0.8 })
		for i := range 5 {
			time.Sleep(113 * time.Millisecond)
			from := heard.Len() - audio.Rate/20 // just before the flush there may be a moment of silence
			speaker.Flush()
			until(t, "the flush is reported", func() bool { return len(source.reports()) == i+1 })
			time.Sleep(300 * time.Millisecond)
			sound := heard.Samples(from)
			off := audio.Duration(skipped(sound))
			if off.Abs() > 150*time.Millisecond {
				t.Errorf("what was given again is off by %v", off)
			}
			t.Log("off by", off)
		}
	})
}

// skipped is by how much a ramp leaps where it leaps furthest, not counting
// silence.
func skipped(sound []float32) int {
	leap, last := 0, 0
	for i, v := range sound {
		if !loud(v) {
			continue
		}
		if d := apart(position(v), last+1); i > 0 && max(d, -d) > max(leap, -leap) {
			leap = d
		}
		last = position(v)
	}
	return leap
}

func TestDelayIsWhenItIsHeard(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		heard := server.Record(pulsetest.Heard)
		source := &ramp{}
		speaker := pulse.NewSpeaker(pulse.Options{Server: server.Address()})
		play(t, speaker, source)
		until(t, "the ramp is heard", func() bool { return loudest(heard.Samples(0)) > 0.8 })
		time.Sleep(300 * time.Millisecond)
		var early []time.Duration
		for range 5 {
			time.Sleep(73 * time.Millisecond)
			p := source.promise()
			time.Sleep(time.Until(p.when) + 300*time.Millisecond)
			at := heard.At(p.when)
			until(t, "it is recorded", func() bool { return heard.Len() > at })
			early = append(early, audio.Duration(apart(position(heard.Samples(at)[0]), p.sample)))
		}
		slices.Sort(early) // the middle one: on a busy machine a server may miss its time
		if off := early[len(early)/2]; off.Abs() > 60*time.Millisecond {
			t.Errorf("heard %v before it was said to be", off)
		}
		t.Log("heard early by", early)
	})
}

func TestWhatIsNotHeardAtTheEndIsLost(t *testing.T) {
	server := pulsetest.Start(t)
	source := &ramp{}
	r := play(t, pulse.NewSpeaker(pulse.Options{Server: server.Address()}), source)
	r.until(t, "a second was taken", func() bool { return source.promise().sample > audio.Rate })
	r.stop()
	<-r.done
	lost := source.reports()
	if len(lost) != 1 || lost[0] < audio.Rate/10 || lost[0] > audio.Rate {
		t.Errorf("lost: got %d, want one report of some 700 ms", lost)
	}
}
