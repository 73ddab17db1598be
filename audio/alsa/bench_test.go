//go:build linux && !static

package alsa

import (
	"context"
	"slices"
	"syscall"
	"testing"
	"time"
)

// A timeline is an audio.Sink that records the time of each call of Take. It calls full when times
// has reached its capacity.
type timeline struct {
	times []time.Time
	full  func()
}

func (w *timeline) Take([]float32, time.Duration) {
	if w.times = append(w.times, time.Now()); len(w.times) == cap(w.times) {
		w.full()
	}
}

// BenchmarkRecord measures the time between chunks that are recorded from a sound server through
// ALSA, and how much of a processor core the recording uses.
func BenchmarkRecord(b *testing.B) {
	startServer(b)
	ctx, stop := context.WithCancel(b.Context())
	w := &timeline{times: make([]time.Time, 0, max(b.N, 50)), full: stop}
	before := cpuTime()
	if err := New("pulsed", nil).Record(ctx, w); err != nil {
		b.Fatal(err)
	}
	used := cpuTime() - before
	var gaps []time.Duration
	for i := 5; i < len(w.times); i++ { // skips the first chunks, which arrive all at once
		gaps = append(gaps, w.times[i].Sub(w.times[i-1]))
	}
	slices.Sort(gaps)
	b.ReportMetric(float64(gaps[len(gaps)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(gaps[len(gaps)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(100*used.Seconds()/w.times[len(w.times)-1].Sub(w.times[0]).Seconds(), "%core")
}

// cpuTime returns how much processor time this process has used.
func cpuTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
