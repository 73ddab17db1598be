package script

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"moonlark/engine/tool"
)

// shuttingDown is the tool result for calls that Drain refuses or stops.
var shuttingDown = tool.Failed(tool.ExternalClient, "shutting down")

// ErrCancelled is the error of a load that Cancel has ended.
var ErrCancelled = errors.New("the load was cancelled")

// Cancel ends a load in progress, which then returns ErrCancelled, as do all later loads. Generations
// in use go on. Any goroutine may call it, more than once.
func (s *Scripts) Cancel() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.isCancelled() {
		close(s.cancelled)
	}
	if s.loading != nil {
		s.loading.stopTasks(shuttingDown.Text)
	}
}

// isCancelled reports whether Cancel has been called.
func (s *Scripts) isCancelled() bool {
	select {
	case <-s.cancelled:
		return true
	default:
		return false
	}
}

// Drain refuses new tool calls, cancels a load in progress, and waits for the tool calls in
// progress. When ctx is done, it answers the remaining calls with an error. It returns when all
// calls have been answered.
func (s *Scripts) Drain(ctx context.Context) {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.Cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		calls := s.callsInProgress()
		if len(calls) == 0 {
			return
		}
		select {
		case <-ctx.Done():
			for _, c := range calls {
				c.stop(shuttingDown)
			}
			// All calls have been stopped. The loop continues, because another goroutine may
			// still be running the Reply of a call.
			ctx = context.Background()
		case <-tick.C:
		}
	}
}

// callsInProgress returns the tool calls whose Reply has not returned yet.
func (s *Scripts) callsInProgress() []*Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var calls []*Call
	for _, sc := range slices.Concat(s.list, s.removed) {
		for _, g := range sc.generations() {
			for c := range g.calls {
				if !c.replied.Load() {
					calls = append(calls, c)
				}
			}
		}
	}
	return calls
}

// Close answers all tool calls with an error, runs the on_unload functions of every script, and
// ends the executors. It returns when all goroutines of the scripts have ended, also if several
// goroutines call it at the same time.
func (s *Scripts) Close() {
	s.closing.Lock()
	defer s.closing.Unlock()
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	s.Drain(ended)
	s.reloading.Lock()
	s.mu.Lock()
	var current, old []*generation
	for _, sc := range s.list {
		current = append(current, sc.current)
	}
	for _, sc := range slices.Concat(s.list, s.removed) {
		old = append(old, sc.old...)
	}
	all := append(slices.Collect(maps.Values(s.claims)), s.retiredClaims...)
	s.list, s.removed, s.offers = nil, nil, nil
	s.mu.Unlock()
	for _, c := range all {
		c.cancel() // resources that are being closed do not finish their work, so that Close is quick
	}
	s.reloading.Unlock() // before s.wg.Wait, because a crash recovery may wait for this mutex
	for _, g := range current {
		s.wg.Go(func() {
			g.x.Post(func() { g.unload(shuttingDown.Text) })
			g.awaitUnload(shuttingDown.Text)
			g.close()
		})
	}
	for _, g := range old {
		s.wg.Go(g.close)
	}
	s.wg.Wait()
	s.reloading.Lock()
	for _, c := range all {
		s.wg.Go(c.close)
	}
	s.wg.Wait()
	s.closeBrokers()
	s.reloading.Unlock()
	if s.ownHeap != nil {
		s.ownHeap.Close()
	}
}
