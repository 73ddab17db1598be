package script

import (
	"fmt"
	"log/slog"
	"time"

	"moonlark/engine/tool"
)

const (
	firstPause = time.Second // before a script that has crashed again is loaded again
	mostPause  = time.Minute
)

// renew replaces a generation whose Lua state cannot be trusted any more, or
// holds too much memory, by a fresh load of the script. Its calls are answered
// with an error, and nothing more is done with it; its events wait for the fresh
// one. When that happens again soon after, the fresh one rests before it is
// used, for a time that doubles each time. Any goroutine may call it.
func (s *Scripts) renew(g *generation, why string) {
	s.mu.Lock()
	sc := s.owner(g)
	if s.closed || g.renewing != "" || sc == nil {
		s.mu.Unlock()
		return
	}
	g.renewing = why
	g.x.held.Store(true)
	var calls []*Call
	for c := range g.calls {
		calls = append(calls, c)
	}
	pause := sc.pause(time.Now())
	s.wg.Go(func() { s.loadAgain(g, why, pause) })
	s.mu.Unlock()
	g.log(slog.LevelError, why+"; the script is loaded again")
	for _, c := range calls {
		c.abandon(tool.Failed(tool.ExternalClient, "%s was not finished: %s", c.Name, why))
	}
	g.giveUp(why)
}

// owner is the script that g is in use for, nil when it is not any more. The
// caller holds mu.
func (s *Scripts) owner(g *generation) *script {
	for _, sc := range s.list {
		if sc.current == g {
			return sc
		}
	}
	return nil
}

// pause is how long to wait before the script is loaded again after a crash.
// The caller holds the mutex of the scripts.
func (sc *script) pause(now time.Time) time.Duration {
	quietly := now.Sub(sc.crashed) > 2*mostPause
	sc.crashed = now
	switch {
	case quietly:
		sc.backOff = 0
	case sc.backOff == 0:
		sc.backOff = firstPause
	default:
		sc.backOff = min(2*sc.backOff, mostPause)
	}
	return sc.backOff
}

// rest leaves a fresh generation unused for its pause. Only the old one is let
// go, with the memory it holds. It runs on the executor's goroutine.
func (g *generation) rest() {
	g.log(slog.LevelWarn, fmt.Sprintf("loaded again; it rests for %v", g.pause))
	time.AfterFunc(g.pause, func() {
		g.x.box.put(&message{do: func() {
			if g.stage == loaded { // and not replaced in the meantime
				g.scripts.mu.Lock()
				g.renewing = ""
				g.scripts.mu.Unlock()
				g.x.held.Store(false)
				g.goOn()
			}
		}})
	})
}

// loadAgain loads g's script again, and again if it does not load, until it
// does, or g is no longer the one in use, or the scripts are closed.
func (s *Scripts) loadAgain(g *generation, why string, pause time.Duration) {
	for {
		s.mu.Lock()
		stale := s.closed || s.owner(g) == nil
		s.mu.Unlock()
		if stale {
			return
		}
		_, err := s.reload(g.path, why, pause)
		if err == nil {
			return
		}
		g.log(slog.LevelError, fmt.Sprintf("not loaded again: %v", err))
		pause = min(max(2*pause, firstPause), mostPause)
		select {
		case <-time.After(pause):
		case <-s.ended:
			return
		}
	}
}
