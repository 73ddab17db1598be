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

// A rampSource is an audio.Source of a ramp: its samples rise for a second and then start again. So
// within a second, the value of a sample tells the number of the sample. After Lost, Fill returns
// the lost samples again.
type rampSource struct {
	mu     sync.Mutex // guards the fields below
	next   int        // number of the next sample
	last   prediction // what the latest call of Fill predicted
	losses []int      // the argument of each call of Lost
}

// A prediction is the time at which the speaker expects a sample to be audible.
type prediction struct {
	sample int
	when   time.Time
}

func (r *rampSource) Fill(sound []float32, delay time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = prediction{r.next, time.Now().Add(delay)}
	for i := range sound {
		sound[i] = rampValue(r.next + i)
	}
	r.next += len(sound)
}

func (r *rampSource) Lost(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next -= n
	r.losses = append(r.losses, n)
}

func (r *rampSource) prediction() prediction {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

func (r *rampSource) lossesSoFar() []int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.losses
}

// rampValue returns the value of sample number i.
func rampValue(i int) float32 { return 0.1 + 0.8*float32(i%audio.Rate)/audio.Rate }

// rampNumber returns the number of the sample with the value v. Numbers start again at 0 after each
// second.
func rampNumber(v float32) int { return int(math.Round(float64(v-0.1) / 0.8 * audio.Rate)) }

// distance returns by how many samples a is after b; the result is negative if a is before b. a and
// b are numbers as rampNumber returns them, at most half a second apart.
func distance(a, b int) int {
	d := (a - b) % audio.Rate
	switch {
	case d > audio.Rate/2:
		return d - audio.Rate
	case d < -audio.Rate/2:
		return d + audio.Rate
	}
	return d
}

func TestLostSamplesAreThoseThatWereNotAudible(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		heard := server.Record(pulsetest.Heard)
		source := &rampSource{}
		speaker := pulse.NewSpeaker(pulse.Options{Server: server.Address()})
		play(t, speaker, source)
		waitUntil(t, "the ramp is audible", func() bool { return peak(heard.Samples(0)) > 0.8 })
		for i := range 5 {
			time.Sleep(113 * time.Millisecond)
			// the range begins 50 ms before the flush, because there may be silence at the flush
			from := heard.Len() - audio.Rate/20
			speaker.Flush()
			waitUntil(t, "Lost is called", func() bool { return len(source.lossesSoFar()) == i+1 })
			time.Sleep(300 * time.Millisecond)
			sound := heard.Samples(from)
			jump := audio.Duration(maxJump(sound))
			if jump.Abs() > 150*time.Millisecond {
				t.Errorf("the ramp jumps by %v at the flush, want at most 150ms", jump)
			}
			t.Log("jump", jump)
		}
	})
}

// maxJump returns the largest jump in a recorded ramp, as a number of samples. A jump is a
// difference between neighbouring samples other than one sample number. maxJump ignores silence.
func maxJump(sound []float32) int {
	jump, last := 0, 0
	for i, v := range sound {
		if !isLoud(v) {
			continue
		}
		if d := distance(rampNumber(v), last+1); i > 0 && max(d, -d) > max(jump, -jump) {
			jump = d
		}
		last = rampNumber(v)
	}
	return jump
}

func TestDelayOfFillIsAccurate(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		heard := server.Record(pulsetest.Heard)
		source := &rampSource{}
		speaker := pulse.NewSpeaker(pulse.Options{Server: server.Address()})
		play(t, speaker, source)
		waitUntil(t, "the ramp is audible", func() bool { return peak(heard.Samples(0)) > 0.8 })
		time.Sleep(300 * time.Millisecond)
		var early []time.Duration
		for range 5 {
			time.Sleep(73 * time.Millisecond)
			p := source.prediction()
			time.Sleep(time.Until(p.when) + 300*time.Millisecond)
			at := heard.At(p.when)
			waitUntil(t, "the sample is recorded", func() bool { return heard.Len() > at })
			early = append(early, audio.Duration(distance(rampNumber(heard.Samples(at)[0]), p.sample)))
		}
		// sort to find the median, because a busy server may be late for some of the samples
		slices.Sort(early)
		if median := early[len(early)/2]; median.Abs() > 60*time.Millisecond {
			t.Errorf("samples are audible %v before the predicted time, want at most 60ms", median)
		}
		t.Log("audible before the predicted time by", early)
	})
}

func TestBufferedSoundIsLostWhenPlayReturns(t *testing.T) {
	server := pulsetest.Start(t)
	source := &rampSource{}
	r := play(t, pulse.NewSpeaker(pulse.Options{Server: server.Address()}), source)
	r.waitUntil(t, "a second of sound was taken", func() bool { return source.prediction().sample > audio.Rate })
	r.stop()
	<-r.done
	losses := source.lossesSoFar()
	if len(losses) != 1 || losses[0] < audio.Rate/10 || losses[0] > audio.Rate {
		t.Errorf("losses: got %d, want one of about 700 ms", losses)
	}
}
