package pulse_test

import (
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"moonlark/audio"
	"moonlark/audio/pulse"
	"moonlark/audio/pulse/pulsetest"
)

// An edge is a Flush between tone and silence, as the monitor has heard it.
type edge struct {
	heard time.Duration // from Flush until the last, or the first, sample of the tone
	lost  time.Duration // what the source was told
}

// flushes plays tone and silence in turn on server, n times each, and flushes
// when it changes.
func flushes(t testing.TB, server *pulsetest.Server, n int) (stops, starts []edge) {
	heard := server.Record(pulsetest.Heard)
	v := newVoice(false)
	speaker := pulse.NewSpeaker(pulse.Options{Server: server.Address()})
	play(t, speaker, v)
	until(t, "there is a second of silence", func() bool { v.mu.Lock(); defer v.mu.Unlock(); return v.given > audio.Rate*2 })
	for i := range 2 * n {
		on := i%2 == 0
		time.Sleep(200*time.Millisecond + time.Duration(i)*1370*time.Microsecond)
		v.say(on)
		at := time.Now()
		speaker.Flush()
		e := edge{lost: audio.Duration(<-v.losses)}
		time.Sleep(250 * time.Millisecond)
		from := heard.At(at.Add(-150 * time.Millisecond))
		sound := heard.Samples(from)
		if on {
			first := slices.IndexFunc(sound, loud)
			if first < 0 {
				t.Fatal("the tone was not heard")
			}
			e.heard = heard.Time(from + first).Sub(at)
			starts = append(starts, e)
		} else {
			slices.Reverse(sound)
			last := len(sound) - 1 - slices.IndexFunc(sound, loud)
			e.heard = heard.Time(from + last).Sub(at)
			stops = append(stops, e)
		}
	}
	return stops, starts
}

func TestFlushSilencesAtOnce(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		stops, starts := flushes(t, server, 4)
		for _, e := range slices.Concat(stops, starts) {
			if e.heard > 150*time.Millisecond {
				t.Errorf("heard %v after the flush", e.heard)
			}
		}
		t.Log(stops, starts)
	})
}

func BenchmarkFlush(b *testing.B) {
	for _, s := range []struct {
		name  string
		start func(testing.TB) *pulsetest.Server
	}{{"PulseAudio", pulsetest.Start}, {"PipeWire", pulsetest.StartPipeWire}} {
		b.Run(s.name, func(b *testing.B) {
			server := s.start(b)
			stops, starts := flushes(b, server, max(1, b.N))
			report(b, "stop", stops)
			report(b, "start", starts)
		})
	}
}

func report(b *testing.B, name string, edges []edge) {
	ms := func(d time.Duration) float64 { return math.Round(float64(d)/1e4) / 100 }
	slices.SortFunc(edges, func(a, b edge) int { return int(a.heard - b.heard) })
	b.ReportMetric(ms(edges[len(edges)/2].heard), name+"-p50-ms")
	b.ReportMetric(ms(edges[len(edges)*99/100].heard), name+"-p99-ms")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkSteady plays silence and counts what a second of it costs: all of it
// is proto's, for the messages of the server.
func BenchmarkSteady(b *testing.B) {
	server := pulsetest.Start(b)
	play(b, pulse.NewSpeaker(pulse.Options{Server: server.Address()}), quiet{})
	time.Sleep(2 * time.Second)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	for b.Loop() {
		time.Sleep(time.Second)
	}
	runtime.ReadMemStats(&after)
	seconds := time.Since(start).Seconds()
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/seconds, "allocs/s")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/seconds, "B/s")
	b.ReportMetric(0, "ns/op")
}

// quiet is a source that gives silence.
type quiet struct{}

func (quiet) Fill(sound []float32, _ time.Duration) { clear(sound) }
func (quiet) Lost(int)                              {}
