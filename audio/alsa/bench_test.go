//go:build linux && !static

package alsa

import (
	"context"
	"slices"
	"syscall"
	"testing"
	"time"

	"moonlark/audio/pulse/pulsetest"
)

// A watch is a sink that notes when it is given something, until it has been
// given so much.
type watch struct {
	times  []time.Time
	enough func()
}

func (w *watch) Take([]float32, time.Duration) {
	if w.times = append(w.times, time.Now()); len(w.times) == cap(w.times) {
		w.enough()
	}
}

// BenchmarkRecord is how regularly chunks come from a sound server through
// ALSA, and what that costs.
func BenchmarkRecord(b *testing.B) {
	needALSA(b)
	server := pulsetest.Start(b)
	b.Setenv("TEST_PULSE", server.Address())
	ctx, enough := context.WithCancel(b.Context())
	w := &watch{times: make([]time.Time, 0, max(b.N, 50)), enough: enough}
	before := used()
	if err := New("pulsed", nil).Record(ctx, w); err != nil {
		b.Fatal(err)
	}
	cost := used() - before
	var gaps []time.Duration
	for i := 5; i < len(w.times); i++ { // the first come at once
		gaps = append(gaps, w.times[i].Sub(w.times[i-1]))
	}
	slices.Sort(gaps)
	b.ReportMetric(float64(gaps[len(gaps)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(gaps[len(gaps)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(100*cost.Seconds()/w.times[len(w.times)-1].Sub(w.times[0]).Seconds(), "%core")
}

// used is how much of a core this process has used.
func used() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
