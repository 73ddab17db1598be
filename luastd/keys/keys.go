// Package keys is the Lua module "keys": the keys of keyboards, remote controls, buttons and
// barcode scanners.
//
//	keys.on(key, fn)              -> handle; or nil, reason, code. Calls fn(e) when the key is pressed
//	keys.open{...}                -> device; or nil, reason, code
//	    name = "part of its name"    or
//	    path = "/dev/input/..."      or
//	    kind = "keyboard"            or "remote", "scanner", "buttons"
//	    grab = false                 true: no other program gets the keys of the device
//	keys.pressed(key)             -> whether a key is pressed now; or nil, reason, code
//	keys.devices()                -> list of { name =, path =, phys =, kind = }; or nil, reason, code
//
//	device:on(action, fn [, {key =, hold = 1}])  calls fn(e) at each "press", "release", "repeat" or "hold"
//	device:on_code(fn)               calls fn(text) for what a scanner types until the key Enter
//	device:wait([key [, timeout]])-> e; or nil, reason, code
//	device:close(), handle:close()
//	device.name, .path, .connected
//
//	e = { key =, code =, action =, device =, time = }
//
// A key is a name such as "volume_up", possibly with modifiers, such as "ctrl+alt+q", or "*" for
// all. A script sees only the devices that have been granted to it with --allow-keys. The module
// works on Linux; elsewhere the functions return the code "unsupported".
//
// A source has the goroutines that look for devices and read from them. It outlives the generations
// of the script. Bounds: 16 devices at once; 32 handles of keys.open and 256 functions of a script;
// 256 events that wait, of which the oldest are dropped and counted; 4096 characters of a code.
package keys

import (
	_ "embed"
	"slices"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/callbacks"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "keys".
var Module = newModule(openInput, supported)

const (
	maxSources  = 32
	maxHandlers = 256
	maxEvents   = 256
	maxDevices  = 16 // maximal number of devices that keys.on reads from
	maxTimeout  = 600 * time.Second
)

// A module is the module of one generation of a script. It belongs to the executor's goroutine.
type module struct {
	rt        luastd.Runtime
	openInput opener
	supported bool

	sources  int       // number of consumers that have not been closed
	handlers int       // number of functions that have been registered
	all      *consumer // that of keys.on and keys.pressed; nil before the first use
	devices  *lua.LTable
	handles  *lua.LTable
}

// newModule returns the module. openInput opens a device of the system.
func newModule(openInput opener, supported bool) luastd.Module {
	return luastd.Module{
		Name: "keys", Doc: doc, Manual: manual, Needs: []permit.Kind{permit.Keys}, Need: need,
		Open: func(L *lua.LState, rt luastd.Runtime) lua.LValue {
			m := &module{rt: rt, openInput: openInput, supported: supported}
			m.devices, m.handles = m.deviceMetatable(L), m.handleMetatable(L)
			t := L.CreateTable(0, 4)
			value.SetFunctions(L, t, map[string]lua.LGFunction{"on": m.on, "open": m.open, "pressed": m.pressed, "devices": m.list})
			return t
		},
	}
}

// need returns an error if b permits no device at all. Which device keys.open finds is not known
// before.
func need(b *permit.Broker, _, _ string, _ bool) error { return checkAny(b) }

// checkAny returns an error if the script may see no keys at all.
func checkAny(b *permit.Broker) error {
	if b.HasAny(permit.Keys) {
		return nil
	}
	return b.CheckDevice(permit.Keys, "see the keys that are pressed")
}

// errUnsupported is the failure on systems without devices for keys.
var errUnsupported = sockets.Fail("unsupported", "only Linux shows keys to programs like this one")

// check raises an error if the script may see no keys. It returns a failure if the system has none.
func (m *module) check(L *lua.LState, function string) *sockets.Failure {
	if m.fakes() != nil { // a test decides what there is
		return nil
	}
	if err := checkAny(m.rt.Permit()); err != nil {
		L.RaiseError("%s: %s", function, err)
	}
	if !m.supported {
		return errUnsupported
	}
	return nil
}

// everything returns the consumer of keys.on and keys.pressed.
func (m *module) everything(L *lua.LState) *consumer {
	if m.all == nil {
		m.all = m.newConsumer(L, "keys.on", selector{all: true})
	}
	return m.all
}

// newConsumer returns a consumer of the devices that s selects. While the script loads, the devices
// are opened later.
func (m *module) newConsumer(L *lua.LState, function string, s selector) *consumer {
	if m.sources >= maxSources {
		L.RaiseError("%s: %d devices are open: close those that are not needed any more", function, m.sources)
	}
	// In a test (moonlark test) no keys come, so a task that waits for a key must not stop the clock of
	// the test.
	c := &consumer{m: m, selector: s, waiter: callbacks.Waiter{Runtime: m.rt, Rest: m.rt.Fakes() != nil}}
	if err := c.claim(); err != nil {
		L.RaiseError("%s: %s", function, err)
	}
	m.sources++
	if _, err := m.rt.Start(luastd.TaskSpec{Name: "keys", Fn: L.NewFunction(c.deliver)}); err != nil {
		c.close()
		L.RaiseError("%s: %s", function, err)
	}
	return c
}

// on is the Lua function keys.on.
func (m *module) on(L *lua.LState) int {
	key, fn := checkCombination(L, 1), L.CheckFunction(2)
	if failure := m.check(L, "keys.on"); failure != nil {
		return failure.Push(L)
	}
	c := m.everything(L)
	h := c.add(L, &handler{action: "press", combination: key, fn: fn})
	L.Push(&lua.LUserData{Value: h, Env: L.Env, Metatable: m.handles})
	return 1
}

// pressed is the Lua function keys.pressed.
func (m *module) pressed(L *lua.LState) int {
	luastd.CheckLoaded(L, m.rt, "keys.pressed")
	key := checkCombination(L, 1)
	if failure := m.check(L, "keys.pressed"); failure != nil {
		return failure.Push(L)
	}
	c := m.everything(L)
	c.awaitFirst(L)
	L.Push(lua.LBool(c.source.isPressed(key)))
	return 1
}

// open is the Lua function keys.open.
func (m *module) open(L *lua.LState) int {
	s := checkSelector(L)
	if failure := m.check(L, "keys.open"); failure != nil {
		return failure.Push(L)
	}
	if m.fakes() == nil {
		if err := m.checkSelected(L, s); err != nil {
			L.RaiseError("keys.open: %s", err)
		}
	}
	c := m.newConsumer(L, "keys.open", s)
	kept := false
	defer func() { // also when the task is killed while it waits
		if !kept {
			c.close()
		}
	}()
	if !m.rt.Loading() {
		c.awaitFirst(L)
		if failure := c.source.absence(); failure != nil {
			return failure.Push(L)
		}
	}
	kept = true
	L.Push(&lua.LUserData{Value: c, Env: L.Env, Metatable: m.devices})
	return 1
}

// checkSelected returns an error if s selects only devices that the script may not use.
func (m *module) checkSelected(L *lua.LState, s selector) error {
	b := m.rt.Permit()
	err, _ := m.rt.Await(L, func(done func(any)) func() {
		go func() {
			var refusal error
			for _, d := range listDevices(b) {
				if !s.matches(d) {
					continue
				}
				if b.HasDevice(permit.Keys, d.names()...) {
					done(nil)
					return
				}
				if refusal == nil {
					refusal = b.CheckDevice(permit.Keys, "see the keys of "+d.name, d.name)
				}
			}
			done(refusal)
		}()
		return nil
	}).(error)
	return err
}

// list is the Lua function keys.devices.
func (m *module) list(L *lua.LState) int {
	if failure := m.check(L, "keys.devices"); failure != nil {
		return failure.Push(L)
	}
	list := L.CreateTable(0, 0)
	for _, d := range m.granted(L) {
		t := L.CreateTable(0, 4)
		for name, text := range map[string]string{"name": d.name, "path": d.path, "phys": d.phys, "kind": d.kind} {
			t.RawSetString(name, lua.LString(text))
		}
		list.Append(t)
	}
	L.Push(list)
	return 1
}

// granted returns the devices that the script may use.
func (m *module) granted(L *lua.LState) (all []info) {
	if fakes := m.fakes(); fakes != nil {
		for n, f := range fakes {
			all = append(all, fakeInfo(n, f))
		}
		return all
	}
	b := m.rt.Permit()
	return m.rt.Await(L, func(done func(any)) func() {
		go func() {
			done(slices.DeleteFunc(listDevices(b), func(d info) bool { return !b.HasDevice(permit.Keys, d.names()...) }))
		}()
		return nil
	}).([]info)
}
