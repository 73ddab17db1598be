package script

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/clock"
	"moonlark/engine/script/vm"
)

const (
	// handlerGrace is how long an event handler of a replaced generation may go on running Lua code
	// before it is killed.
	handlerGrace = 200 * time.Millisecond
	// unloadTimeout is the time limit of all on_unload functions of a script together.
	unloadTimeout = 200 * time.Millisecond
	// closeTimeout is how long closeReplaced waits for the on_unload functions.
	closeTimeout = time.Second
)

// unload cancels the timers of the generation and kills its event handlers and spawned functions.
// Then it calls the on_unload functions. Tool calls continue. It runs on the executor's goroutine.
func (g *generation) unload(reason string) {
	if g.stage == stageUnloading {
		return
	}
	g.stage = stageUnloading
	g.x.AllowStarts()
	for t := range g.timers {
		t.Cancel()
	}
	g.x.KillTasks(reason, func(t *vm.Task) bool { return !t.OutlivesRetire })
	end := time.Now().Add(unloadTimeout)
	for _, fn := range g.onUnload {
		t := &vm.Task{
			Name:   "on_unload",
			NoWait: true,
			Fn:     fn,
			End: func(_ *lua.LState, err error) {
				if err != nil {
					g.log(slog.LevelError, "on_unload: "+g.explainWithFrames(err))
				}
			},
		}
		stop := g.x.AfterFunc(clock.Machine{}, time.Until(end), func() { g.x.Kill(t, fmt.Sprintf("on_unload took longer than %v", unloadTimeout)) })
		g.x.StartTask(t)
		stop()
	}
	close(g.unloaded)
}

// awaitUnload waits until unload has returned. If an event handler runs Lua code for too long,
// awaitUnload kills it. If a tool call runs Lua code for too long, awaitUnload returns before
// unload has run.
func (g *generation) awaitUnload(reason string) {
	for _, timeout := range []time.Duration{handlerGrace, handlerGrace + unloadTimeout} {
		select {
		case <-g.unloaded:
			return
		case <-g.x.Done():
			return
		case <-time.After(timeout):
			g.x.Retire(reason)
		}
	}
}

// closeIfDrained closes g if g has been replaced, and all its tool calls and continuing tasks have
// ended. The caller must hold s.mu.
func (s *Scripts) closeIfDrained(g *generation) {
	if !g.replaced || len(g.calls) > 0 || len(g.continuing) > 0 {
		return
	}
	for _, sc := range slices.Concat(s.list, s.removed) {
		if i := slices.Index(sc.old, g); i >= 0 {
			sc.old = slices.Delete(sc.old, i, i+1)
			sc.pastUsage.add(g)
			s.wg.Go(g.closeReplaced)
		}
	}
	s.removed = slices.DeleteFunc(s.removed, func(sc *script) bool { return len(sc.old) == 0 })
}

// closeReplaced closes a replaced generation whose tool calls have all ended. It warns about
// entries of `state` that a tool call changed after the new generation had copied them.
func (g *generation) closeReplaced() {
	select {
	case <-g.unloaded:
	case <-g.x.Done():
	case <-time.After(closeTimeout):
	}
	g.x.RunBetween(func() {
		if g.finalState == nil {
			return
		}
		for _, k := range g.finalState.changesTo(g.takeState(noWarnings)).keys {
			g.log(slog.LevelWarn, fmt.Sprintf("state.%s was changed by a call that began before the reload: the change is lost", k.String()))
		}
	})
	g.close()
}
