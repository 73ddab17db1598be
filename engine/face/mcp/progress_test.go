package mcp

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// sent runs a function that reports progress and returns the updates that a client gets, each as
// "DONE/TOTAL MESSAGE at TIME".
func sent(t *testing.T, run func(p *progress)) (got []string) {
	synctest.Test(t, func(*testing.T) {
		began := time.Now()
		p := startProgress(func(u update) {
			got = append(got, fmt.Sprintf("%v/%v %s at %v", u.done, u.total, u.message, time.Since(began)))
		})
		run(p)
		p.end()
	})
	return got
}

func TestProgressIsSentTenTimesASecondAndTheLastAlways(t *testing.T) {
	got := sent(t, func(p *progress) {
		for i := range 25 {
			p.report(float64(i), 25, "copying")
			time.Sleep(10 * time.Millisecond)
		}
		p.report(25, 25, "copied")
	})
	want := []string{"0/25 copying at 0s", "10/25 copying at 100ms", "20/25 copying at 200ms", "25/25 copied at 250ms"}
	// at the same moment, either goroutine may be first
	if len(got) != 4 || got[0] != want[0] || got[3] != want[3] {
		t.Errorf("got %q, want about %q", got, want)
	}
}

func TestProgressOnlyGrows(t *testing.T) {
	got := sent(t, func(p *progress) {
		for _, done := range []float64{-1, -1, 5, 3, 5, 6} {
			p.report(done, 0, "")
			time.Sleep(time.Second)
		}
	})
	if want := []string{"-1/0  at 0s", "5/0  at 2s", "6/0  at 5s"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNothingIsSentWithoutProgress(t *testing.T) {
	if got := sent(t, func(*progress) { time.Sleep(time.Second) }); got != nil {
		t.Errorf("got %q", got)
	}
}

func TestProgressAfterTheResultIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		p := startProgress(func(update) { sent++ })
		p.end()
		p.report(1, 1, "")
		synctest.Wait()
		if sent > 0 {
			t.Errorf("%d updates were sent", sent)
		}
	})
}

func TestProgressThatIsNotANumberIsDropped(t *testing.T) {
	got := sent(t, func(p *progress) {
		p.report(math.NaN(), 1, "")
		p.report(1, math.Inf(1), "")
		p.report(2, 0, "")
	})
	if want := []string{"2/0  at 0s"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
