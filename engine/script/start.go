package script

import (
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/script/vm"
	"moonlark/luastd"
)

var errManyStarts = errors.New("too many functions are waiting to start")

// A taskRef is the luastd.Task of a task of a generation.
type taskRef struct {
	g *generation
	t *vm.Task
}

func (r taskRef) Kill(reason string)        { r.g.x.Kill(r.t, reason) }
func (r taskRef) AtEnd(f func(killed bool)) { r.t.AtEnd(f) }
func (r taskRef) Interrupted() bool         { return r.t.Interrupted() }

// RunningTask returns the task that runs now. Call it in a Go function that a task called.
func (g *generation) RunningTask() luastd.Task { return taskRef{g, g.x.RunningTask()} }

// Spawn queues fn, to be run as a task with the arguments args: see Start.
func (g *generation) Spawn(fn *lua.LFunction, args []lua.LValue) error {
	_, err := g.Start(luastd.TaskSpec{Name: "spawn", Fn: fn, Args: args})
	if errors.Is(err, luastd.ErrReplaced) {
		return fmt.Errorf("spawn: %w", err)
	}
	return err
}

// Start queues a task. If the top level is still running, the task is queued when the generation
// starts. Start returns an error if too many functions are queued, or if the generation has been
// replaced and the task does not belong to a tool call.
func (g *generation) Start(spec luastd.TaskSpec) (luastd.Task, error) {
	t := g.newTask(spec.Name, spec.Fn, func(L *lua.LState) (int, error) {
		for _, v := range spec.Args {
			L.Push(v)
		}
		return len(spec.Args), nil
	})
	t.Timeout, t.OutlivesRetire = spec.Timeout, spec.Continues
	if parent, ok := spec.Parent.(taskRef); ok {
		t.OutlivesRetire = parent.t.OutlivesRetire
	}
	if spec.Ended != nil {
		t.End = func(L *lua.LState, err error) {
			if !spec.Ended(g.outcome(L, err)) {
				g.report(spec.Name, spec.Fn, err)
			}
		}
	}
	if spec.Continues && !g.addContinuing(t) {
		return nil, luastd.ErrReplaced
	}
	err := g.queueStart(t)
	if err != nil && spec.Continues {
		g.removeContinuing(t)
	}
	return taskRef{g, t}, err
}

// addContinuing records that t continues when the generation is replaced. The generation is then
// closed only after t has ended. addContinuing returns false if the generation has been replaced
// already, because it may be about to be closed.
func (g *generation) addContinuing(t *vm.Task) bool {
	g.scripts.mu.Lock()
	defer g.scripts.mu.Unlock()
	if g.replaced {
		return false
	}
	g.continuing[t] = struct{}{}
	end := t.End
	t.End = func(L *lua.LState, err error) {
		end(L, err)
		g.removeContinuing(t)
	}
	return true
}

func (g *generation) removeContinuing(t *vm.Task) {
	g.scripts.mu.Lock()
	defer g.scripts.mu.Unlock()
	delete(g.continuing, t)
	g.scripts.closeIfDrained(g)
}

// queueStart queues the start of t. If the top level is still running, t is queued when the
// generation starts.
func (g *generation) queueStart(t *vm.Task) error {
	start := func() {
		if g.stage == stageUnloading && !t.OutlivesRetire {
			g.x.Kill(t, luastd.ErrReplaced.Error())
		}
		g.x.StartTask(t)
	}
	switch {
	case g.stage == stageUnloading && !t.OutlivesRetire:
		return luastd.ErrReplaced
	case g.stage >= stageInUse:
		err := g.x.Put(vm.Start, start)
		if errors.Is(err, vm.ErrFull) {
			return errManyStarts
		}
		return err
	}
	if g.pendingSpawn++; g.pendingSpawn > vm.MaxStarts {
		return errManyStarts
	}
	g.pending = append(g.pending, func() {
		// the functions of on_start, which have begun before, may have queued as many
		if errors.Is(g.x.Put(vm.Start, start), vm.ErrFull) {
			t.End(g.x.State(), errManyStarts)
		}
	})
	return nil
}

// outcome returns the Outcome of a task that has ended with err. If err is nil, the results of the
// task are on the stack of L.
func (g *generation) outcome(L *lua.LState, err error) luastd.Outcome {
	if err != nil {
		var killed *vm.KilledError
		o := luastd.Outcome{Failed: true, Failure: g.ErrorText(err)}
		if errors.As(err, &killed) {
			o.Killed, o.TimedOut = true, killed.TimedOut
		}
		return o
	}
	var results []lua.LValue
	for i := 1; i <= L.GetTop(); i++ {
		results = append(results, L.Get(i))
	}
	return luastd.Outcome{Results: results}
}
