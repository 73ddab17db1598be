package script

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"

	lua "github.com/yuin/gopher-lua"
	luar "layeh.com/gopher-luar"

	"moonlark/engine/clock"
	"moonlark/engine/script/vm"
	"moonlark/luastd"
	"moonlark/luastd/zone"
)

// Load loads the scripts at these paths in order and publishes each. It returns what each loaded
// script offers. It stops at the first script that cannot be loaded and returns a *LoadError; the
// scripts before that one stay loaded.
func (s *Scripts) Load(paths ...string) ([]Summary, error) {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	var all []Summary
	for _, path := range paths {
		path = filepath.Clean(path)
		if s.find(path) != nil {
			return all, namedTwice(path)
		}
		g, err := s.build(path, snapshot{})
		if err != nil {
			return all, g.withFiles(err)
		}
		sc := &script{path: path, recovery: newRecovery()}
		if err := s.publish(sc, g, nil, snapshot{}); err != nil {
			g.close()
			return all, err
		}
		s.mu.Lock()
		all = append(all, g.summary())
		s.mu.Unlock()
	}
	return all, nil
}

// Check runs the top level of the scripts at these paths and returns what each offers. It also
// checks that no two of them conflict. It does not publish the scripts, and calls no tool or
// handler. It stops at the first script that cannot be loaded and returns a *LoadError.
func (s *Scripts) Check(paths ...string) ([]Summary, error) {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	defer s.forgetUnused()
	var all []Summary
	var conflicts conflictCheck
	for i, path := range paths {
		path = filepath.Clean(path)
		if slices.ContainsFunc(paths[:i], func(before string) bool { return filepath.Clean(before) == path }) {
			return all, namedTwice(path)
		}
		g, err := s.build(path, snapshot{})
		if err != nil {
			return all, g.withFiles(err)
		}
		g.close()
		if err := conflicts.add(g); err != nil {
			return all, err
		}
		s.mu.Lock()
		summary := g.summary()
		s.mu.Unlock()
		summary.Calls = g.permissionCalls()
		all = append(all, summary)
	}
	return all, nil
}

// withFiles returns err, the error of a load of g. If it is a *LoadError, it gets the files that g
// depends on.
func (g *generation) withFiles(err error) error {
	var load *LoadError
	if errors.As(err, &load) {
		load.Files = g.dependencies()
	}
	return err
}

func namedTwice(path string) error { return &LoadError{Text: path + ": named twice"} }

// build makes a new generation of the script at path and runs its top level. The Lua table `state`
// begins with the content of initial. build blocks until the top level has returned or failed, or
// has been killed because it took too long. If the load fails, build returns a *LoadError and a
// generation that can only be asked for its dependencies.
func (s *Scripts) build(path string, initial snapshot) (*generation, error) {
	g := &generation{
		scripts:      s,
		path:         path,
		initialState: initial,
		handlers:     make(map[string][]*lua.LFunction),
		calls:        make(map[*Call]struct{}),
		continuing:   make(map[*vm.Task]struct{}),
		claims:       s.claimsOf(path),
		modules:      make(map[string]*module),
		requiring:    make(map[*vm.Task]*module),
		timers:       make(map[*timer]struct{}),
		unloaded:     make(chan struct{}),
		files:        make(map[string]File),
		sources:      make(map[string][]byte),
		versions:     make(map[string]string),
	}
	g.zones = zone.New(func(text string) { g.log(slog.LevelWarn, text) })
	g.addDependency(path)
	permissions, err := s.broker(path)
	if err != nil {
		return g, err
	}
	g.permit = permissions.Broker
	proto, source, err := g.compile(path)
	if err != nil {
		return g, err
	}
	g.leavePermit = permissions.join()
	g.x = vm.New(vm.Options{
		Slots:          s.opts.Slots,
		Heap:           s.opts.Heap,
		Limits:         vm.Limits{BurstWarning: s.opts.Limits.BurstWarning, Burst: s.opts.Limits.Burst},
		Clock:          s.opts.Clock,
		Trace:          s.opts.Coverage.tracer(),
		Watcher:        g.watcher(),
		GoCallbacks:    len(s.opts.Globals) > 0,
		Handle:         g.handleItem,
		Warn:           func(text string) { g.log(slog.LevelWarn, text) },
		OnPanic:        g.handlePanic,
		OnExcessMemory: g.handleExcessMemory,
	})
	g.furnish()
	g.debugged.Attach(g.x)
	g.x.Start()
	s.setLoading(g)
	defer s.setLoading(nil)
	if err := g.runTopLevel(proto); err != nil {
		g.close()
		if s.isCancelled() {
			return g, ErrCancelled
		}
		return g, g.loadError(err)
	}
	g.warnOfGlobals(source)
	return g, nil
}

// setLoading records that the generation g is being loaded, or that no generation is if g is nil.
// Cancel uses the record.
func (s *Scripts) setLoading(g *generation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.loading = g; g != nil && s.isCancelled() {
		g.stopTasks(shuttingDown.Text)
	}
}

// furnish puts all libraries and globals that a script can use into the Lua state, and the initial
// content of `state`. Call it before the executor starts.
func (g *generation) furnish() {
	L := g.x.State()
	list := library
	if more := g.scripts.opts.Modules; len(more) > 0 {
		list = luastd.NewList(append(library.Modules(), more...)...)
	}
	g.library = list.Open(L, g)
	g.globals = list.Globals()
	for name, value := range g.scripts.opts.Globals {
		L.SetGlobal(name, luar.New(L, value))
		g.globals = append(g.globals, name)
	}
	g.openCalls(L)
	g.restoreState(g.initialState)
}

// runTopLevel runs proto, the top level of the script, as a task. It returns the error of the task
// when the task has ended.
func (g *generation) runTopLevel(proto *lua.FunctionProto) error {
	ended := make(chan error, 1)
	t := &vm.Task{
		Name: "the script's top level",
		End: func(_ *lua.LState, err error) {
			g.stage = stageLoaded
			ended <- err
		},
	}
	timeout := g.scripts.opts.LoadTimeout
	defer g.x.AfterFunc(clock.Machine{}, timeout, func() {
		g.x.Kill(t, fmt.Sprintf("the top level took longer than %v to load", timeout))
	})()
	g.x.Post(func() {
		t.Fn = g.NewFunction(proto)
		g.x.StartTask(t)
	})
	return <-ended
}
