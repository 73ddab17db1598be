//go:build linux

package pulsetest

import (
	"testing"
	"time"
)

// Audible is how many samples are not silence, and where the first and the last
// of them are.
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

// Until waits until what has been recorded from sample from on is as it should
// be.
func (r *Recording) Until(t testing.TB, from int, what string, is func([]float32) bool) {
	t.Helper()
	for until := time.Now().Add(20 * time.Second); !is(r.Samples(from)); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("of what is heard, waited in vain until %s", what)
		}
	}
}
