package mdns

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/mdns"
	"moonlark/luastd"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

const (
	searchTime  = 3 * time.Second  // how long a search of a browser takes
	searchPause = 10 * time.Second // how long a browser pauses between two searches
	// maxMissed is in how many searches one after the other a service must be missing to be lost.
	maxMissed = 3
)

// A browser searches for services again and again. One task of the script does that. Only the
// executor's goroutine uses it.
type browser struct {
	m               *module
	kind            string
	onFound, onLost *lua.LFunction // nil if not set
	slot            *sockets.Slot
	ctx             context.Context // done when the script has called close
	cancel          func()
	known           map[string]*knownService // by name
}

// A knownService is a service that a browser has found.
type knownService struct {
	mdns.Service
	missed int // in how many searches it was missing since it was found last
}

// browse is the Lua function mdns.browse.
func (m *module) browse(L *lua.LState) int {
	kind := L.CheckString(1)
	if err := mdns.CheckService("x", kind); err != nil {
		L.ArgError(1, err.Error())
	}
	o := value.CheckOptions(L, 2, "timeout", "on_found", "on_lost")
	timeout := m.rt.WaitLimit(o.Timeout("timeout", defaultTimeout, maxTimeout))
	broker := m.rt.Permit()
	if err := broker.CheckLAN(); err != nil {
		L.RaiseError("mdns.browse: %s", err)
	}
	b := &browser{m: m, kind: kind, onFound: functionOption(o, "on_found"), onLost: functionOption(o, "on_lost"), known: make(map[string]*knownService)}
	if b.onFound != nil || b.onLost != nil {
		return b.start(L)
	}
	luastd.CheckLoaded(L, m.rt, "mdns.browse")
	found, err := run(m, L, timeout, func(ctx context.Context) ([]mdns.Service, error) { return broker.Browse(ctx, kind) })
	if err != nil {
		return explain(err).Push(L)
	}
	list := L.CreateTable(len(found), 0)
	for _, s := range found {
		list.Append(serviceTable(L, s))
	}
	L.Push(list)
	return 1
}

func functionOption(o value.Options, name string) *lua.LFunction {
	v := o.Get(name)
	fn, ok := v.(*lua.LFunction)
	if !ok && v != lua.LNil {
		o.Raise(name, "a function", v)
	}
	return fn
}

// start starts the task of the browser, and pushes the browser.
func (b *browser) start(L *lua.LState) int {
	if b.slot = b.m.set.Reserve(); b.slot == nil {
		L.RaiseError("mdns.browse: %d browsers and registrations are open", maxHandles)
	}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.slot.Put(b.cancel)
	if err := b.m.rt.Spawn(L.NewFunction(b.run), nil); err != nil {
		b.slot.Release()
		L.RaiseError("mdns.browse: %s", err)
	}
	L.Push(&lua.LUserData{Value: b, Env: L.Env, Metatable: b.m.browsers})
	return 1
}

// run is the task of the browser.
func (b *browser) run(L *lua.LState) int {
	defer b.slot.Release()
	broker, warned := b.m.rt.Permit(), false
	for b.ctx.Err() == nil {
		found, err := run(b.m, L, searchTime, func(ctx context.Context) ([]mdns.Service, error) {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			defer context.AfterFunc(b.ctx, cancel)()
			return broker.Browse(ctx, b.kind)
		})
		switch {
		case b.ctx.Err() != nil:
			return 0
		case err == nil:
			b.compare(L, found)
		case !warned:
			warned = true
			b.m.rt.Log(slog.LevelWarn, "mdns.browse: "+explain(err).Error())
		}
		b.pause(L)
	}
	return 0
}

// compare calls the functions for the services that are new, and for those that are lost.
func (b *browser) compare(L *lua.LState, found []mdns.Service) {
	for _, k := range b.known {
		k.missed++
	}
	for _, s := range found {
		if k := b.known[s.Name]; k != nil && k.Host == s.Host && k.Port == s.Port {
			k.missed = 0
			continue
		}
		if k := b.known[s.Name]; k != nil {
			b.call(L, "on_lost", b.onLost, k.Service)
		}
		b.known[s.Name] = &knownService{Service: s}
		b.call(L, "on_found", b.onFound, s)
	}
	for _, name := range slices.Sorted(maps.Keys(b.known)) {
		if k := b.known[name]; k.missed >= maxMissed {
			delete(b.known, name)
			b.call(L, "on_lost", b.onLost, k.Service)
		}
	}
}

// call runs a function of the script as a task of its own, so that an error or a kill ends only
// that task, and waits until the task has ended.
func (b *browser) call(L *lua.LState, name string, fn *lua.LFunction, s mdns.Service) {
	if fn == nil || b.ctx.Err() != nil {
		return
	}
	args := []lua.LValue{serviceTable(L, s)}
	b.m.rt.Await(L, func(done func(any)) func() {
		_, err := b.m.rt.Start(luastd.TaskSpec{Name: "mdns.browse: " + name, Fn: fn, Args: args, Ended: func(luastd.Outcome) bool {
			done(nil)
			return false
		}})
		if err != nil {
			b.m.rt.Log(slog.LevelWarn, fmt.Sprintf("mdns.browse: %s was not called: %s", name, err))
			done(nil)
		}
		return nil
	})
}

// pause waits before the next search, or until the script calls close.
func (b *browser) pause(L *lua.LState) {
	b.m.rt.Await(L, func(done func(any)) func() {
		ctx, cancel := context.WithTimeout(b.ctx, searchPause)
		context.AfterFunc(ctx, func() {
			cancel()
			done(nil)
		})
		return cancel
	})
}

// closeBrowser is the Lua method browser:close.
func closeBrowser(L *lua.LState) int {
	value.CheckHandle[*browser](L, "a browser", "browser:close()").cancel()
	L.Push(lua.LTrue)
	return 1
}
