// Package system is the Lua module "system": the state of the machine.
//
//	system.info()                 -> { host =, os =, arch =, model =, kernel = }
//	system.network()              -> list of { name =, up =, kind =, addresses =, signal = }
//	system.online()               -> whether the machine has an address with which it reaches others
//	system.temperature()          -> degrees Celsius of the processor
//	system.load()                 -> the mean number of busy processes in 1, 5 and 15 minutes
//	system.memory()               -> { total =, available =, swap_total =, swap_free = }, in bytes
//	system.disk([path])           -> { total =, free = }, in bytes
//	system.uptime()               -> seconds since the machine was started
//	system.battery()              -> { percent =, status = }
//	system.brightness([value])    -> the brightness of the screen, 0 to 1; or true when it has been set
//	system.reboot()               -> true; the machine is restarted
//	system.poweroff()             -> true; the machine is switched off
//
// The functions return nil, a reason and a code when they fail. info and network need
// --allow-sys=info, because they identify the machine; setting the brightness needs
// --allow-sys=brightness, and reboot and poweroff --allow-sys=reboot. Most of it works only on
// Linux; elsewhere the code is "unsupported".
//
// The functions read small files of the kernel on goroutines of their own, since a sensor can be
// slow.
package system

import (
	_ "embed"
	"errors"
	"io/fs"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "system".
var Module = luastd.Module{
	Name: "system", Open: open, Doc: doc, Manual: manual,
	Needs: []permit.Kind{permit.Sys}, Need: need, NeedFunctions: []string{"info", "network", "reboot", "poweroff"},
}

// The abilities that --allow-sys grants, and what they let a script do.
const (
	abilityInfo, identifyMachine = "info", "identify the machine"
	abilityBrightness            = "brightness"
	abilityReboot                = "reboot"
)

type module struct {
	rt luastd.Runtime
	// brightnessOfTest is the brightness of the screen in a test of the script, where no real screen is
	// changed.
	brightnessOfTest float64
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{rt: rt, brightnessOfTest: 1}
	t := L.CreateTable(0, 12)
	for name, read := range map[string]func(*permit.Broker) (any, error){
		"info": info, "network": network, "online": online, "temperature": temperature, "memory": memory,
		"uptime": uptime, "battery": battery,
	} {
		t.RawSetString(name, L.NewFunction(func(L *lua.LState) int {
			m.checkInfo(L, name)
			return m.push(L, name, read)
		}))
	}
	value.SetFunctions(L, t, map[string]lua.LGFunction{
		"load": m.load, "disk": m.disk, "brightness": m.brightness,
		"reboot":   func(L *lua.LState) int { return m.control(L, "reboot", "restart the machine") },
		"poweroff": func(L *lua.LState) int { return m.control(L, "poweroff", "switch off the machine") },
	})
	return t
}

// need returns an error if b lacks the permission for a call of function.
func need(b *permit.Broker, function, _ string, _ bool) error {
	switch function {
	case "info", "network":
		return b.CheckDevice(permit.Sys, identifyMachine, abilityInfo)
	case "reboot":
		return b.CheckDevice(permit.Sys, "restart the machine", abilityReboot)
	}
	return b.CheckDevice(permit.Sys, "switch off the machine", abilityReboot)
}

// checkInfo raises an error if the function identifies the machine and the script may not do that.
func (m *module) checkInfo(L *lua.LState, function string) {
	if function != "info" && function != "network" {
		return
	}
	if err := need(m.rt.Permit(), function, "", false); err != nil {
		L.RaiseError("system.%s: %s", function, err)
	}
}

// ask makes the running task wait for read, which runs on a goroutine of its own. what says what is
// read, for the reason of a failure.
func (m *module) ask(L *lua.LState, what string, read func(*permit.Broker) (any, error)) (any, *sockets.Failure) {
	type result struct {
		v   any
		err error
	}
	b := m.rt.Permit()
	r := m.rt.Await(L, func(done func(any)) func() {
		go func() {
			v, err := read(b)
			done(result{v, err})
		}()
		return nil
	}).(result)
	if r.err != nil {
		return nil, explain(r.err, what)
	}
	return r.v, nil
}

// push pushes what read returns, or the failure.
func (m *module) push(L *lua.LState, what string, read func(*permit.Broker) (any, error)) int {
	v, failure := m.ask(L, what, read)
	if failure != nil {
		return failure.Push(L)
	}
	L.Push(toLua(L, v))
	return 1
}

// A fields is a Lua table with these fields.
type fields map[string]any

// toLua returns v as a Lua value.
func toLua(L *lua.LState, v any) lua.LValue {
	switch v := v.(type) {
	case bool:
		return lua.LBool(v)
	case string:
		return lua.LString(v)
	case float64:
		return lua.LNumber(v)
	case fields:
		t := L.CreateTable(0, len(v))
		for name, field := range v {
			t.RawSetString(name, toLua(L, field))
		}
		return t
	case []string:
		t := L.CreateTable(len(v), 0)
		for _, text := range v {
			t.Append(lua.LString(text))
		}
		return t
	case []fields:
		t := L.CreateTable(len(v), 0)
		for _, f := range v {
			t.Append(toLua(L, f))
		}
		return t
	}
	return lua.LNil
}

// errUnsupported is the error of what the system does not tell.
var errUnsupported = errors.New("this system does not tell")

// explain returns the Failure for an error.
func explain(err error, what string) *sockets.Failure {
	var known *sockets.Failure
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, errUnsupported), errors.Is(err, fs.ErrNotExist):
		return sockets.Fail("unsupported", "%s: this system does not tell that", what)
	case errors.Is(err, fs.ErrPermission):
		return sockets.Fail("denied", "%s: the system does not allow that", what)
	}
	return sockets.Fail("io", "%s: %s", what, err)
}

// load is the Lua function system.load.
func (m *module) load(L *lua.LState) int {
	v, failure := m.ask(L, "load", load)
	if failure != nil {
		return failure.Push(L)
	}
	for _, n := range v.([3]float64) {
		L.Push(lua.LNumber(n))
	}
	return 3
}

// disk is the Lua function system.disk.
func (m *module) disk(L *lua.LState) int {
	name, given := "", !value.IsNone(L.Get(1))
	if given {
		name = L.CheckString(1)
	}
	var denied *permit.Denied
	var failure error
	v, f := m.ask(L, "disk", func(b *permit.Broker) (any, error) {
		v, err := disk(b, name, given)
		failure = err
		return v, err
	})
	if errors.As(failure, &denied) {
		L.RaiseError("system.disk: %s", denied)
	}
	if f != nil {
		return f.Push(L)
	}
	L.Push(toLua(L, v))
	return 1
}

// brightness is the Lua function system.brightness.
func (m *module) brightness(L *lua.LState) int {
	fakes := m.rt.Fakes()
	if value.IsNone(L.Get(1)) {
		if fakes != nil {
			L.Push(lua.LNumber(m.brightnessOfTest))
			return 1
		}
		return m.push(L, "brightness", brightness)
	}
	luastd.CheckLoaded(L, m.rt, "system.brightness")
	v := float64(L.CheckNumber(1))
	if !(v >= 0 && v <= 1) {
		L.ArgError(1, "a number from 0 to 1 expected")
	}
	const what = "set the brightness of the screen"
	if err := m.rt.Permit().CheckDevice(permit.Sys, what, abilityBrightness); err != nil {
		L.RaiseError("system.brightness: %s", err)
	}
	if fakes != nil { // a test must not change the screen
		m.brightnessOfTest = v
		L.Push(lua.LTrue)
		return 1
	}
	return m.push(L, "brightness", func(b *permit.Broker) (any, error) { return true, setBrightness(b, what, v) })
}

// controlTimeout is how long the program that restarts the machine may take to answer.
const controlTimeout = 10 * time.Second

// control is the Lua function system.reboot or system.poweroff.
func (m *module) control(L *lua.LState, function, what string) int {
	luastd.CheckLoaded(L, m.rt, "system."+function)
	if err := m.rt.Permit().CheckDevice(permit.Sys, what, abilityReboot); err != nil {
		L.RaiseError("system.%s: %s", function, err)
	}
	if fakes := m.rt.Fakes(); fakes != nil { // a test must not restart the machine
		fakes.Asked("system."+function, "", nil)
		L.Push(lua.LTrue)
		return 1
	}
	return m.push(L, function, func(*permit.Broker) (any, error) { return true, control(function) })
}
