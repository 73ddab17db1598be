//go:build linux

package pulsetest

import (
	"math"
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

// Gaps counts where a tone of so many hertz does not go on as it began. Of such
// a tone, each sample follows from the two before it.
func Gaps(sound []float32, hertz float64) int {
	n := 0
	w := 2 * math.Cos(2*math.Pi*hertz/rate)
	for i := 2; i < len(sound); i++ {
		want := w*float64(sound[i-1]) - float64(sound[i-2])
		if math.Abs(float64(sound[i])-want) > 0.005 {
			n++
			i += rate / 1000 // one gap is seen by several samples
		}
	}
	return n
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
