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

// An edge is the measurement of one flush, at which the sound changes between a tone and silence.
type edge struct {
	// time from the flush until the first or the last audible sample of the tone
	delay time.Duration
	lost  time.Duration // length of the sound that the flush discarded
}

// measureFlushes plays a tone and silence alternately on server, n times each, and flushes at each
// change. stops contains the changes to silence, and starts the changes to the tone.
func measureFlushes(t testing.TB, server *pulsetest.Server, n int) (stops, starts []edge) {
	heard := server.Record(pulsetest.Heard)
	source := newToneSource(false)
	speaker := pulse.NewSpeaker(pulse.Options{Server: server.Address()})
	play(t, speaker, source)
	waitUntil(t, "two seconds of silence were taken", func() bool { source.mu.Lock(); defer source.mu.Unlock(); return source.taken > audio.Rate*2 })
	for i := range 2 * n {
		on := i%2 == 0
		time.Sleep(200*time.Millisecond + time.Duration(i)*1370*time.Microsecond)
		source.setOn(on)
		at := time.Now()
		speaker.Flush()
		e := edge{lost: audio.Duration(<-source.losses)}
		time.Sleep(250 * time.Millisecond)
		from := heard.At(at.Add(-150 * time.Millisecond))
		sound := heard.Samples(from)
		if on {
			first := slices.IndexFunc(sound, isLoud)
			if first < 0 {
				t.Fatal("the tone was not audible")
			}
			e.delay = heard.Time(from + first).Sub(at)
			starts = append(starts, e)
		} else {
			slices.Reverse(sound)
			last := len(sound) - 1 - slices.IndexFunc(sound, isLoud)
			e.delay = heard.Time(from + last).Sub(at)
			stops = append(stops, e)
		}
	}
	return stops, starts
}

func TestFlushTakesEffectAtOnce(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		stops, starts := measureFlushes(t, server, 4)
		for _, e := range slices.Concat(stops, starts) {
			if e.delay > 150*time.Millisecond {
				t.Errorf("the change was audible %v after the flush, want at most 150ms", e.delay)
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
			stops, starts := measureFlushes(b, server, max(1, b.N))
			report(b, "stop", stops)
			report(b, "start", starts)
		})
	}
}

// report reports the median and the 99th percentile of the delays of edges. name is the first part
// of the metrics' names.
func report(b *testing.B, name string, edges []edge) {
	ms := func(d time.Duration) float64 { return math.Round(float64(d)/1e4) / 100 }
	slices.SortFunc(edges, func(a, b edge) int { return int(a.delay - b.delay) })
	b.ReportMetric(ms(edges[len(edges)/2].delay), name+"-p50-ms")
	b.ReportMetric(ms(edges[len(edges)*99/100].delay), name+"-p99-ms")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkSteady measures the memory allocations per second while silence is played. All these
// allocations are made by package proto for messages of the server.
func BenchmarkSteady(b *testing.B) {
	server := pulsetest.Start(b)
	play(b, pulse.NewSpeaker(pulse.Options{Server: server.Address()}), silentSource{})
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

// A silentSource is an audio.Source of silence.
type silentSource struct{}

func (silentSource) Fill(sound []float32, _ time.Duration) { clear(sound) }
func (silentSource) Lost(int)                              {}
