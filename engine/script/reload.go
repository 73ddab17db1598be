package script

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"moonlark/engine/script/vm"
	"moonlark/engine/tool"
)

// maxOldGenerations is how many replaced generations of one script may go on running tool calls. At
// the next reload, the calls of the oldest are stopped.
const maxOldGenerations = 8

// replacedReason is the reason given for the tasks and tool calls that a reload stops.
const replacedReason = "the script was replaced"

// Reload loads the script at path again. The current generation stays in use during the load. If
// the load succeeds, Reload publishes the new generation and returns what it offers. Otherwise the
// current generation stays in use, and the error says why.
//
// Tool calls that have begun continue on the old generation. Tool calls that are still queued move
// to the new generation if it offers the tool.
func (s *Scripts) Reload(path string) (Summary, error) { return s.reload(path, "", 0) }

// reload does what Reload says. If delay is not zero, the new generation starts only after delay,
// because the script has crashed. outage is the reason that the agent gets for tool calls during
// this time.
func (s *Scripts) reload(path, outage string, delay time.Duration) (Summary, error) {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	path = filepath.Clean(path)
	sc := s.find(path)
	if sc == nil {
		return Summary{}, fmt.Errorf("%s is not loaded", path)
	}
	s.mu.Lock()
	old := sc.current // no other goroutine can replace old, because s.reloading is locked
	s.mu.Unlock()
	base := old.initialState
	if !old.x.RunBetween(func() { base = old.takeState(noWarnings) }) {
		old.log(slog.LevelWarn, "busy during the reload: state is carried over as it was when the script was loaded")
	}
	g, err := s.build(path, base)
	if err == nil {
		if delay > 0 {
			s.delayStart(g, outage, delay)
		}
		if !old.x.RunBetween(func() { err = s.replace(sc, g, old, base) }) {
			old.log(slog.LevelWarn, "busy during the reload: changes to state since the new script began to load are lost")
			err = s.publish(sc, g, old, snapshot{})
		}
		if err != nil {
			g.close()
		} else {
			old.x.Post(func() { old.unload(replacedReason) })
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sc.failedFiles, sc.failure = nil, err
	if err != nil {
		sc.failedFiles = g.dependencies()
		return Summary{}, err
	}
	return g.summary(), nil
}

// replace publishes g in place of old. The changes that old has made to `state` since the snapshot
// base are passed on to g. replace runs on the executor of old, so that old cannot change `state`
// meanwhile.
func (s *Scripts) replace(sc *script, g, old *generation, base snapshot) error {
	final := old.takeState(withWarnings)
	old.finalState = &final
	return s.publish(sc, g, old, base.changesTo(final))
}

// publish makes g the current generation of sc. old is the generation that g replaces, or nil at
// the first load. changed has the changes that old has made to `state` since g began to load.
// publish returns an error if the scripts are closed, or if g conflicts with another script.
func (s *Scripts) publish(sc *script, g, old *generation, changed snapshot) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return vm.ErrClosed
	}
	if err := s.checkConflicts(sc, g, old); err != nil {
		return err
	}
	if old != nil {
		old.replaced = true
		sc.old = append(sc.old, old)
	} else {
		s.list = append(s.list, sc)
	}
	sc.current = g
	s.collectOffers()
	g.x.Post(func() { g.takeOver(old, changed) })
	if old != nil {
		s.moveQueued(old, g)
		s.closeIfDrained(old)
	}
	s.stopOldest(sc)
	return nil
}

// stopOldest ends the tool calls of the generations of sc that are too old. The caller must hold s.mu.
func (s *Scripts) stopOldest(sc *script) {
	for _, tooOld := range sc.old[:max(0, len(sc.old)-maxOldGenerations)] {
		for c := range tooOld.calls {
			s.wg.Go(func() {
				c.stop(tool.Failed(tool.ExternalClient, "%s was not finished: %s", c.Name, replacedReason))
			})
		}
		for t := range tooOld.continuing {
			tooOld.x.Kill(t, replacedReason)
		}
	}
}

// moveQueued moves the events that are queued for old to g, and also the tool calls that g can run.
// The other tool calls stay on old. The caller must hold s.mu.
func (s *Scripts) moveQueued(old, g *generation) {
	old.x.MoveItems(g.x, func(item any) bool {
		c, ok := item.(*Call)
		if !ok {
			return true
		}
		o := s.offerFor(c)
		if o == nil || o.gen != g {
			return false
		}
		c.assign(o)
		return true
	})
}

// takeOver runs as the first message of a generation that has been published. It waits until old
// has run on_unload, writes the changes that old has made to `state`, and starts the script. It
// runs on the executor's goroutine.
func (g *generation) takeOver(old *generation, changed snapshot) {
	if old != nil {
		// the old generation needs a run slot to run its on_unload functions
		g.x.WithoutSlot(func() { old.awaitUnload(replacedReason) })
		g.mergeState(g.initialState, changed)
	}
	if g.startDelay > 0 {
		g.waitAfterCrash()
		return
	}
	g.start()
}

// start takes the resources that the top level has claimed, calls the on_start functions, and starts the
// timers and the spawned functions that the top level created. It runs on the executor's goroutine.
func (g *generation) start() {
	g.stage = stageInUse
	g.takeClaims()
	for _, fn := range g.onStart {
		g.x.StartTask(g.newTask("on_start", fn, nil))
	}
	for _, start := range g.pending {
		start()
	}
	g.pending = nil
}
