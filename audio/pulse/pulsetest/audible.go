//go:build linux

package pulsetest

import (
	"math"
	"testing"
	"time"
)

// Audible returns the number of samples that are not silence, and the indexes of the first and the
// last such sample. If there is no such sample, first is -1 and last is 0.
func Audible(sound []float32) (n, first, last int) {
	first = -1
	for i, v := range sound {
		if v > 0.002 || v < -0.002 {
			if first < 0 {
				first = i
			}
			n, last = n+1, i
		}
	}
	return n, first, last
}

// Gaps returns the number of discontinuities in a recorded tone with this frequency. In a tone
// without gaps, each sample can be calculated from the two samples before it.
func Gaps(sound []float32, hertz float64) int {
	n := 0
	w := 2 * math.Cos(2*math.Pi*hertz/rate)
	for i := 2; i < len(sound); i++ {
		want := w*float64(sound[i-1]) - float64(sound[i-2])
		if math.Abs(float64(sound[i])-want) > 0.005 {
			n++
			i += rate / 1000 // skip 1 ms, because one discontinuity affects several samples
		}
	}
	return n
}

// Until waits until done returns true. It passes the recorded sound to done, without the samples
// before the index first. If done does not return true within 20 s, the test fails. what describes
// what done checks, such as "half a second of silence".
func (r *Recording) Until(t testing.TB, first int, what string, done func([]float32) bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(r.Samples(first)); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("timeout while recording: %s", what)
		}
	}
}
