package script

import (
	"fmt"
	"log/slog"
	"time"

	"moonlark/engine/backoff"
	"moonlark/engine/repeat"
	"moonlark/engine/script/vm"
	"moonlark/engine/tool"
)

const (
	// firstRecoveryDelay is how long a script waits before it starts again after its second crash.
	// After the first crash, it starts again at once.
	firstRecoveryDelay = time.Second
	// maxRecoveryDelay is the maximal wait before a script starts again after a crash.
	maxRecoveryDelay = time.Minute
	// If a script has run for quietTime without a crash, its next crash counts as the first again.
	quietTime = 2 * time.Minute
)

// A recovery computes how long a script waits before it starts again after a crash. The mutex of
// Scripts guards its fields.
type recovery struct {
	crashed time.Time // time of the latest crash
	count   int       // number of crashes without a quiet time between them
	all     int       // number of all crashes
	delays  backoff.Backoff
}

func newRecovery() recovery {
	return recovery{delays: backoff.Backoff{First: firstRecoveryDelay, Max: maxRecoveryDelay}}
}

// delay records a crash at the time now. It returns how long to wait before the script starts
// again: zero if the crash before was more than quietTime ago.
func (r *recovery) delay(now time.Time) time.Duration {
	quiet := now.Sub(r.crashed) > quietTime
	r.crashed = now
	r.all++
	if quiet {
		r.count = 0
		r.delays.Reset()
	}
	if r.count++; r.count == 1 {
		return 0
	}
	return r.delays.Next()
}

// handlePanic replaces the generation after a Go panic in a function that Lua code called, because
// the panic may have damaged the Lua state. It runs on the executor's goroutine.
func (g *generation) handlePanic(p *vm.PanicError) {
	g.log(slog.LevelDebug, fmt.Sprintf("panic: %v\n%s", p.Value, p.Stack))
	g.scripts.recoverScript(g, vm.CrashReason, false)
}

// handleExcessMemory replaces the generation because it uses too much memory. reason is a text for
// the user. Any goroutine may call it.
func (g *generation) handleExcessMemory(reason string) {
	g.scripts.recoverScript(g, reason, true)
}

// recoverScript loads the script of g again, because g cannot be used any more: its Lua state may
// be damaged or, if tooMuchMemory is true, it uses too much memory. reason is a text for the user.
// recoverScript answers the tool calls of g with an error and kills the tasks of g. The queued
// events move to the new generation. If the script has crashed before, the new generation starts
// after a delay, which doubles with each crash.
//
// If g is not the current generation of a script, recoverScript does nothing. Any goroutine may
// call it.
func (s *Scripts) recoverScript(g *generation, reason string, tooMuchMemory bool) {
	s.mu.Lock()
	sc := s.scriptUsing(g)
	if s.closed || g.outage != "" || sc == nil {
		s.mu.Unlock()
		return
	}
	g.outage = reason
	g.tooMuchMemory.Store(tooMuchMemory)
	g.x.HoldStarts()
	var calls []*Call
	for c := range g.calls {
		calls = append(calls, c)
	}
	delay := sc.recovery.delay(time.Now())
	count := sc.recovery.count
	s.wg.Go(func() { s.loadAgain(sc, g, reason, delay) })
	s.mu.Unlock()
	if repeat.Shown(count) {
		g.log(slog.LevelError, reason+"; the script is loaded again"+repeat.Suffix(count))
	}
	for _, c := range calls {
		c.stop(tool.Failed(tool.ExternalClient, "%s was not finished: %s", c.Name, reason))
	}
	g.stopTasks(reason)
}

// scriptUsing returns the script whose current generation is g, or nil if there is none. The caller
// must hold s.mu.
func (s *Scripts) scriptUsing(g *generation) *script {
	for _, sc := range s.list {
		if sc.current == g {
			return sc
		}
	}
	return nil
}

// loadAgain tries to load the script sc until a load succeeds, until g is no longer its current
// generation, or until the scripts are closed. The new generation starts after delay. reason says
// why g cannot be used.
func (s *Scripts) loadAgain(sc *script, g *generation, reason string, delay time.Duration) {
	for {
		if s.isCancelled() || !s.isCurrent(g) {
			return
		}
		_, err := s.reload(g.path, reason, delay)
		if err == nil || !s.isCurrent(g) {
			return
		}
		g.log(slog.LevelError, fmt.Sprintf("the script could not be loaded again: %v", err))
		s.mu.Lock()
		delay = sc.recovery.delays.Next()
		s.mu.Unlock()
		select {
		case <-time.After(delay):
		case <-s.cancelled:
			return
		}
	}
}

// isCurrent reports whether g is the current generation of a script.
func (s *Scripts) isCurrent(g *generation) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.scriptUsing(g) != nil
}

// delayStart makes the new generation g wait for delay before it starts. outage is the reason that
// the agent gets for tool calls during this time. Call it before g is published.
func (s *Scripts) delayStart(g *generation, outage string, delay time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g.startDelay = delay
	g.outage = outage
	g.recoveries = s.recoveriesOf(g.path)
	g.x.HoldStarts()
}

// recoveriesOf returns how many crashes the script at path has had without a quiet time between them.
// The caller must hold s.mu.
func (s *Scripts) recoveriesOf(path string) int {
	for _, sc := range s.list {
		if sc.path == path {
			return sc.recovery.count
		}
	}
	return 0
}

// waitAfterCrash starts the script after g.startDelay. Until then the generation handles neither
// calls nor events. It runs on the executor's goroutine.
func (g *generation) waitAfterCrash() {
	if g.recoveries == 2 || repeat.Shown(g.recoveries) { // the second crash is the first with a delay
		g.log(slog.LevelWarn, fmt.Sprintf("loaded again; it starts in %v", g.startDelay))
	}
	time.AfterFunc(g.startDelay, func() {
		g.x.Post(func() {
			// a reload may have replaced the generation during the delay
			if g.stage == stageLoaded {
				g.scripts.mu.Lock()
				g.outage = ""
				g.scripts.mu.Unlock()
				g.x.AllowStarts()
				g.start()
			}
		})
	})
}
