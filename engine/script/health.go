package script

import (
	"context"
	"sync"

	"moonlark/engine/health"
	"moonlark/engine/script/vm"
)

// Health returns the condition of each script, in the order in which the scripts were loaded. It
// does not find out whether the executors respond: call Silent for that.
func (s *Scripts) Health() []health.Script {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []health.Script
	for _, sc := range s.list {
		total := sc.pastUsage.clone()
		for _, g := range sc.generations() {
			total.add(g)
		}
		// CPUTime can be slightly less than in the call of Health before, but the reported time must
		// never decrease.
		sc.lastCPU = max(sc.lastCPU, total.cpu)
		x := sc.current.x
		h := health.Script{
			Name: sc.current.name(), Tools: len(sc.current.offersOf(toolOffer)), Rests: sc.current.outage,
			Crashes: sc.recovery.all, CPU: sc.lastCPU, DroppedEvents: total.events, Dropped: total.modules,
			Calls: x.Queued(vm.Request), Events: x.Queued(vm.Notification), Starts: x.Queued(vm.Start),
		}
		if sc.failure != nil {
			h.Failed = sc.failure.Error()
		}
		all = append(all, h)
	}
	return all
}

// Silent returns the names of the scripts whose executors do not respond before ctx is done. An
// executor that is blocked by a Go function does not respond. An executor that runs an endless Lua
// loop does respond.
func (s *Scripts) Silent(ctx context.Context) []string {
	asked := s.currentGenerations()
	responds := make([]bool, len(asked))
	var wg sync.WaitGroup
	for i, g := range asked {
		wg.Go(func() { responds[i] = g.x.Responds(ctx) })
	}
	wg.Wait()
	var silent []string
	for i, g := range asked {
		if !responds[i] {
			silent = append(silent, g.name())
		}
	}
	return silent
}
