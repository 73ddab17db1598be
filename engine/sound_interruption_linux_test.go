package engine

import (
	"slices"
	"testing"
	"time"

	"moonlark/audio"
	"moonlark/audio/pulse/pulsetest"
	"moonlark/engine/bus"
	"moonlark/engine/convai"
)

func TestInterruptionSilencesTheAgent(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		t.Parallel() // beside the other server, but not beside other tests
		s := startSoundTest(t, server, format48k, Options{})
		a := s.awaitReady()
		heard := server.Record(pulsetest.Heard)
		a.say(1, tone(10*time.Second))
		heard.Until(t, 0, "the agent speaks", func(sound []float32) bool {
			n, _, _ := pulsetest.Audible(sound)
			return n > audio.Rate/4
		})
		interrupted := interrupt(a, 1)
		s.waitFor(bus.Silent, "")
		a.say(1, tone(500*time.Millisecond)) // belongs to the interrupted response
		time.Sleep(500 * time.Millisecond)
		if after := lastAudible(heard, interrupted).Sub(interrupted); after > 200*time.Millisecond {
			t.Errorf("the agent was heard for %v after the interruption", after)
		}
		if all := s.published(bus.Silent); len(all) != 1 || !all[0].Interrupted {
			t.Errorf("the events at the end are %v, want one that says interrupted", all)
		}
		next := heard.Len()
		a.say(2, tone(300*time.Millisecond))
		heard.Until(t, next, "the next response is heard to its end", func(sound []float32) bool {
			n, _, last := pulsetest.Audible(sound)
			return n > audio.Rate/5 && len(sound)-last > audio.Rate/10
		})
	})
}

// interrupt sends an interruption and returns the time just before.
func interrupt(a *soundAgent, id int) time.Time {
	now := time.Now()
	a.send(&convai.Interruption{EventID: id})
	return now
}

// lastAudible returns when the last audible sample of a recording was played. It looks at the
// samples from 50 ms before moment on.
func lastAudible(r *pulsetest.Recording, moment time.Time) time.Time {
	from := max(r.At(moment.Add(-50*time.Millisecond)), 0)
	_, _, last := pulsetest.Audible(r.Samples(from))
	return r.Time(from + last)
}

// BenchmarkInterruption measures how long the agent is heard after it has sent an interruption. It
// compares PulseAudio and PipeWire with oto in the same engine, and with the official Python
// client. That client empties its queue, but plays to the end the chunk of 1,000 samples at 16 kHz
// that it has begun to write, and the three chunks in the buffer of the device.
func BenchmarkInterruption(b *testing.B) {
	b.Run("pulse", func(b *testing.B) {
		server := pulsetest.Start(b)
		s := startSoundTest(b, server, format48k, Options{})
		benchInterruption(b, server, s.awaitReady())
	})
	b.Run("pulse-on-PipeWire", func(b *testing.B) {
		server := pulsetest.StartPipeWire(b)
		s := startSoundTest(b, server, format48k, Options{})
		benchInterruption(b, server, s.awaitReady())
	})
	b.Run("oto", func(b *testing.B) {
		server := pulsetest.Start(b)
		benchInterruption(b, server, startChildEngine(b, server, "oto", "off").awaitAgent())
	})
	b.Run("python", func(b *testing.B) {
		server := pulsetest.Start(b)
		clients := make(chan *soundAgent, 1)
		startPythonClient(b, server, serveSound(b, format16k, clients))
		benchInterruption(b, server, <-clients)
	})
}

func benchInterruption(b *testing.B, server *pulsetest.Server, a *soundAgent) {
	heard := server.Record(pulsetest.Heard)
	time.Sleep(2 * time.Second) // the device of oto may take so long to open
	sound := pulsetest.Tone(1000*audio.Rate/float64(a.format.Rate), 0.5, 5*time.Second)
	var took []time.Duration
	for id := 1; b.Loop(); id++ {
		from := heard.Len()
		a.say(id, sound)
		heard.Until(b, from, "the agent speaks", func(sound []float32) bool {
			n, _, _ := pulsetest.Audible(sound)
			return n > audio.Rate/4
		})
		time.Sleep(time.Duration(id*37%100) * time.Millisecond) // so that the interruption comes at different points of a chunk
		interrupted := interrupt(a, id)
		time.Sleep(600 * time.Millisecond)
		took = append(took, lastAudible(heard, interrupted).Sub(interrupted))
	}
	report(b, took)
}

// report reports the median, the 99th percentile and the maximum in milliseconds.
func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	at := func(q float64) float64 { return float64(took[int(q*float64(len(took)-1))].Microseconds()) / 1000 }
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	b.ReportMetric(at(1), "max-ms")
	b.ReportMetric(0, "ns/op")
}
