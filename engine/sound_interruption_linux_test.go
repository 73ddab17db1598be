package engine

import (
	"slices"
	"testing"
	"time"

	"moonlark/audio"
	"moonlark/audio/pulse/pulsetest"
	"moonlark/engine/convai"
	"moonlark/engine/event"
)

func TestInterruptionSilencesTheAgent(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		s := perform(t, server, full, Options{})
		a := s.ready()
		heard := server.Record(pulsetest.Heard)
		a.say(1, tone(10*time.Second))
		heard.Until(t, 0, "the agent speaks", func(sound []float32) bool {
			n, _, _ := pulsetest.Audible(sound)
			return n > audio.Rate/4
		})
		over := interrupt(a, 1)
		s.until(event.Silent, "")
		a.say(1, tone(500*time.Millisecond)) // late
		time.Sleep(500 * time.Millisecond)
		if after := last(heard, over).Sub(over); after > 200*time.Millisecond {
			t.Errorf("the agent was heard for %v after the interruption", after)
		}
		if all := s.all(event.Silent); len(all) != 1 || !all[0].Interrupted {
			t.Errorf("told of the end: %v", all)
		}
		next := heard.Len()
		a.say(2, tone(300*time.Millisecond))
		heard.Until(t, next, "the next response is heard whole", func(sound []float32) bool {
			n, _, last := pulsetest.Audible(sound)
			return n > audio.Rate/5 && len(sound)-last > audio.Rate/10
		})
	})
}

// interrupt sends an interruption, and says when.
func interrupt(a *listener, id int) time.Time {
	now := time.Now()
	a.send(&convai.Interruption{EventID: id})
	return now
}

// last is when the last sample that can be heard was there, of those that a
// recording has from shortly before a moment on.
func last(r *pulsetest.Recording, moment time.Time) time.Time {
	from := max(r.At(moment.Add(-50*time.Millisecond)), 0)
	_, _, last := pulsetest.Audible(r.Samples(from))
	return r.Time(from + last)
}

// How long the agent is heard after the interruption was sent, beside oto in
// the same engine, and beside what the official Python client does: it empties
// its queue, and the chunk of 1,000 samples at 16 kHz that it has begun to write is
// played to its end, as are the three in the device's buffer.
func BenchmarkInterruption(b *testing.B) {
	b.Run("pulse", func(b *testing.B) {
		server := pulsetest.Start(b)
		s := perform(b, server, full, Options{})
		benchInterruption(b, server, s.ready())
	})
	b.Run("pulse-on-PipeWire", func(b *testing.B) {
		server := pulsetest.StartPipeWire(b)
		s := perform(b, server, full, Options{})
		benchInterruption(b, server, s.ready())
	})
	b.Run("oto", func(b *testing.B) {
		server := pulsetest.Start(b)
		benchInterruption(b, server, performElsewhere(b, server, "oto", "off").agent())
	})
	b.Run("python", func(b *testing.B) {
		server := pulsetest.Start(b)
		clients := make(chan *listener, 1)
		runPythonsWay(b, server, listen(b, wide, clients))
		benchInterruption(b, server, <-clients)
	})
}

func benchInterruption(b *testing.B, server *pulsetest.Server, a *listener) {
	heard := server.Record(pulsetest.Heard)
	time.Sleep(2 * time.Second) // oto's device may take that long
	sound := pulsetest.Tone(1000*audio.Rate/float64(a.format.Rate), 0.5, 5*time.Second)
	var took []time.Duration
	for id := 1; b.Loop(); id++ {
		from := heard.Len()
		a.say(id, sound)
		heard.Until(b, from, "the agent speaks", func(sound []float32) bool {
			n, _, _ := pulsetest.Audible(sound)
			return n > audio.Rate/4
		})
		time.Sleep(time.Duration(id*37%100) * time.Millisecond) // at any point of a chunk
		over := interrupt(a, id)
		time.Sleep(600 * time.Millisecond)
		took = append(took, last(heard, over).Sub(over))
	}
	report(b, took)
}

// report gives the middle, the 99th percentile and the worst, in ms.
func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	at := func(q float64) float64 { return float64(took[int(q*float64(len(took)-1))].Microseconds()) / 1000 }
	b.ReportMetric(at(0.5), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	b.ReportMetric(at(1), "max-ms")
	b.ReportMetric(0, "ns/op")
}
