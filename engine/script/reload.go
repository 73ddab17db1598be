package script

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/tool"
)

const (
	mostOld      = 8                      // generations that still answer calls, a script
	busyPatience = time.Second            // for a generation that runs Lua without a wait, at a reload
	grace        = 200 * time.Millisecond // for a handler that runs when its generation is replaced
	unloadLimit  = 200 * time.Millisecond // for all of on_unload
)

// replaced is why what a generation does by itself ends at a reload.
const replaced = "the script was replaced"

// Reload loads the script at path anew, beside the generation in use, and
// publishes it if that works. If not, the old one goes on and the error says
// why. Calls that have begun end on the old one, those that still wait for
// their turn begin on the new one, if that offers their tool.
func (s *Scripts) Reload(path string) (Summary, error) { return s.reload(path, "", 0) }

// reload is Reload, after which the script rests for a while, and why: see rest.
func (s *Scripts) reload(path, why string, pause time.Duration) (Summary, error) {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	path = filepath.Clean(path)
	sc := s.find(path)
	if sc == nil {
		return Summary{}, fmt.Errorf("%s is not loaded", path)
	}
	old := sc.current // only a reload changes it
	base := old.origin
	if !old.x.between(func() { base = old.snapshot(silently) }) {
		old.log(slog.LevelWarn, "busy at the reload: state is carried over as it was when the script was loaded")
	}
	g, err := s.build(path, base)
	if err == nil {
		if g.pause = pause; pause > 0 {
			g.renewing = why
			g.x.held.Store(true)
		}
		if !old.x.between(func() { err = s.replace(sc, g, old, base) }) {
			old.log(slog.LevelWarn, "busy at the reload: what was written into state while the new script loaded is lost")
			err = s.publish(sc, g, old, snapshot{})
		}
		if err != nil {
			g.x.close()
		} else {
			old.x.box.put(&message{do: func() { old.stepDown(replaced) }})
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sc.failed, sc.failure = nil, err
	if err != nil {
		sc.failed = g.dependsOn()
		return Summary{}, err
	}
	return g.summary(), nil
}

// replace publishes g with what old has changed in state. It runs on old's
// executor, so that old changes nothing more in between.
func (s *Scripts) replace(sc *script, g, old *generation, base snapshot) error {
	parting := old.snapshot(aloud)
	old.parting = &parting
	return s.publish(sc, g, old, base.changes(parting))
}

// publish makes g the generation in use, in place of old, or of none. changed
// is what old changed in `state` since g began to load.
func (s *Scripts) publish(sc *script, g, old *generation, changed snapshot) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	for _, o := range g.tools {
		if other := s.tools[o.spec.Name]; other != nil && other.gen != old {
			return conflict(o, other)
		}
	}
	for _, other := range s.list {
		if other != sc && other.current.agent != nil && g.agent != nil {
			return rivals(g.agent, other.current.agent)
		}
	}
	if old != nil {
		for _, o := range old.tools {
			delete(s.tools, o.spec.Name)
		}
		old.retired = true
		sc.old = append(sc.old, old)
	} else {
		s.list = append(s.list, sc)
	}
	for _, o := range g.tools {
		s.tools[o.spec.Name] = o
	}
	sc.current = g
	g.x.box.put(&message{do: func() { g.begin(old, changed) }})
	if old != nil {
		old.x.box.move(g.x.box, func(c *Call) bool {
			o := s.tools[c.Name]
			if o == nil || o.gen != g {
				return false // it runs on the old one, as if it had begun
			}
			c.assign(o)
			return true
		})
		s.endIfDrained(old)
	}
	for _, g := range sc.old[:max(0, len(sc.old)-mostOld)] {
		for c := range g.calls {
			s.wg.Go(func() {
				c.abandon(tool.Failed(tool.ExternalClient, "%s was not finished: the script was replaced", c.Name))
			})
		}
	}
	return nil
}

// begin is a generation's first act once it is in use: it waits for the old one
// to let go, takes over its state, and starts what was asked for while it
// loaded. It runs on the executor's goroutine.
func (g *generation) begin(old *generation, changed snapshot) {
	if old != nil {
		g.x.turn.idle() // old needs a slot to run its on_unload
		old.awaitUnload(replaced)
		g.x.turn.take()
		g.carry(g.origin, changed)
	}
	if g.pause > 0 {
		g.rest()
		return
	}
	g.goOn()
}

// goOn starts what the script does by itself, and lets its tools be called. It
// runs on the executor's goroutine.
func (g *generation) goOn() {
	g.stage = inUse
	for _, fn := range g.onStart {
		g.x.start(g.newTask("on_start", fn, noArgs))
	}
	for _, start := range g.pending {
		start()
	}
	g.pending = nil
}

// stepDown ends what a generation does by itself: timers, handlers, spawned
// functions. Its calls go on. It runs on the executor's goroutine.
func (g *generation) stepDown(why string) {
	if g.stage == stepping {
		return
	}
	g.stage = stepping
	g.x.held.Store(false)
	for t := range g.timers {
		t.cancel()
	}
	for t := range g.x.tasks {
		if t.call == nil {
			g.x.killTask(t, why)
		}
	}
	end := time.Now().Add(unloadLimit)
	for _, fn := range g.onUnload {
		t := &task{
			name: "on_unload",
			rush: true,
			fn:   fn,
			args: noArgs,
			end: func(_ *lua.LState, err error) {
				if err != nil {
					g.log(slog.LevelError, "on_unload: "+g.explain(err))
				}
			},
		}
		late := time.AfterFunc(time.Until(end), func() { t.kill.kill(fmt.Sprintf("on_unload took longer than %v", unloadLimit)) })
		g.x.start(t)
		late.Stop()
	}
	close(g.unloaded)
}

// awaitUnload waits until the generation has stepped down. One that is busy in
// a handler is made to, one that is busy in a call is not waited for.
func (g *generation) awaitUnload(why string) {
	for _, patience := range []time.Duration{grace, grace + unloadLimit} {
		select {
		case <-g.unloaded:
			return
		case <-g.x.done:
			return
		case <-time.After(patience):
			g.x.retire(why)
		}
	}
}

// leave ends a retired generation whose calls have all ended, and says which
// entries of state were written too late to be carried over.
func (g *generation) leave() {
	select {
	case <-g.unloaded:
	case <-g.x.done:
	case <-time.After(busyPatience): // close ends it anyway
	}
	g.x.between(func() {
		if g.parting == nil {
			return
		}
		for _, k := range g.parting.changes(g.snapshot(silently)).keys {
			g.log(slog.LevelWarn, fmt.Sprintf("state.%s was written by a call that began before the reload: that is lost", k.String()))
		}
	})
	g.x.close()
}

// between runs do on the executor's goroutine and returns true once it has run:
// between tasks or, when one keeps it busy, between two instructions of
// that. do must not run Lua. When neither comes for longer than busyPatience,
// since a Go function holds the executor, do is not run at all and between returns false.
func (x *executor) between(do func()) bool {
	var claimed atomic.Bool
	done := make(chan struct{})
	once := func() {
		if claimed.CompareAndSwap(false, true) {
			do()
			close(done)
		}
	}
	if x.box.put(&message{do: once}) != nil {
		return false
	}
	defer x.hook.ask.CompareAndSwap(&once, nil)
	for _, patience := range []time.Duration{busyPatience / 10, busyPatience} {
		select {
		case <-done:
			return true
		case <-x.done:
			return !claimed.CompareAndSwap(false, true) // do may have been its last act
		case <-time.After(patience):
			x.hook.ask.Store(&once)
		}
	}
	if claimed.CompareAndSwap(false, true) {
		return false
	}
	<-done
	return true
}

// killSoon ends a task wherever it is. Any goroutine may call it.
func (x *executor) killSoon(t *task, why string) {
	t.kill.kill(why)
	x.box.put(&message{do: func() { x.killTask(t, why) }})
}
