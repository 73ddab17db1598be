package luastd_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"moonlark/luastd"
)

// A request for more bytes than there are does not make other requests fail, even for a moment.
func TestABudgetNeverCountsMoreThanItsMaximum(t *testing.T) {
	b := new(luastd.Budget)
	if !b.Take(luastd.MaxHeld-1) || b.Take(2) || !b.Take(1) || b.Take(1) {
		t.Errorf("%d bytes are counted", b.Used())
	}
	b.Give(luastd.MaxHeld)
	var wg sync.WaitGroup
	var failed atomic.Int64
	for range 4 {
		wg.Go(func() {
			for range 20_000 {
				if b.Take(luastd.MaxHeld + 1) {
					t.Error("too many bytes are counted")
				}
				if !b.Take(1) {
					failed.Add(1)
					continue
				}
				b.Give(1)
			}
		})
	}
	wg.Wait()
	if n := failed.Load(); n > 0 || b.Used() != 0 {
		t.Errorf("%d requests failed, and %d bytes are counted", n, b.Used())
	}
}
