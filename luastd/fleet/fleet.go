// Package fleet is the Lua module "fleet": the fleet of devices to which the program belongs.
//
//	fleet.name()               -> the name of the device
//	fleet.groups()             -> a list of its groups
//	fleet.bundle()             -> the name of the bundle that runs, such as "shop 17", and its version
//	fleet.defer(seconds)       -> true; asks the device not to switch to another bundle for this time
//	fleet.report(name, value)  -> true; has the value shown in the centre of the fleet
//
// The functions return nil, a reason and a code when they fail, and always if the program belongs to no
// fleet. No function waits.
package fleet

import (
	_ "embed"
	"regexp"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "fleet". It needs no permissions.
var Module = luastd.Module{Name: "fleet", Open: open, Doc: doc, Manual: manual}

// maxDefer is the maximal number of seconds of fleet.defer: no bundle waits longer.
const maxDefer = 3600

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	t := L.CreateTable(0, 5)
	value.SetFunctions(L, t, map[string]lua.LGFunction{
		"name":   func(L *lua.LState) int { return name(L, rt.Fleet()) },
		"groups": func(L *lua.LState) int { return groups(L, rt.Fleet()) },
		"bundle": func(L *lua.LState) int { return bundle(L, rt.Fleet()) },
		"defer":  func(L *lua.LState) int { return deferSwitch(L, rt) },
		"report": func(L *lua.LState) int { return report(L, rt) },
	})
	return t
}

// noFleet pushes the failure of a function that needs a fleet.
func noFleet(L *lua.LState) int {
	return value.PushFailure(L, "unsupported", "this program belongs to no fleet")
}

// isConnected reports whether f is a fleet in which the device has a name.
func isConnected(f luastd.Fleet) bool { return f != nil && f.Name() != "" }

// name is the Lua function fleet.name.
func name(L *lua.LState, f luastd.Fleet) int {
	if !isConnected(f) {
		return noFleet(L)
	}
	L.Push(lua.LString(f.Name()))
	return 1
}

// groups is the Lua function fleet.groups.
func groups(L *lua.LState, f luastd.Fleet) int {
	if !isConnected(f) {
		return noFleet(L)
	}
	list := L.CreateTable(0, 0)
	for _, group := range f.Groups() {
		list.Append(lua.LString(group))
	}
	L.Push(list)
	return 1
}

// bundle is the Lua function fleet.bundle.
func bundle(L *lua.LState, f luastd.Fleet) int {
	if f == nil {
		return noFleet(L)
	}
	name, version := f.Bundle()
	if name == "" {
		return value.PushFailure(L, "not_found", "no bundle runs, but the factory scripts")
	}
	L.Push(lua.LString(name))
	L.Push(lua.LNumber(version))
	return 2
}

// deferSwitch is the Lua function fleet.defer.
func deferSwitch(L *lua.LState, rt luastd.Runtime) int {
	seconds := float64(L.CheckNumber(1))
	if !(seconds >= 0 && seconds <= maxDefer) {
		L.ArgError(1, "a number of seconds from 0 to 3600 expected")
	}
	luastd.CheckLoaded(L, rt, "fleet.defer")
	f := rt.Fleet()
	if f == nil {
		return noFleet(L)
	}
	f.Defer(time.Duration(seconds * float64(time.Second)))
	L.Push(lua.LTrue)
	return 1
}

var reportName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// report is the Lua function fleet.report.
func report(L *lua.LState, rt luastd.Runtime) int {
	name := L.CheckString(1)
	if !reportName.MatchString(name) {
		L.ArgError(1, "a name of 1 to 64 letters, digits, '_', '.' and '-' expected")
	}
	text, err := value.Append(nil, L.CheckAny(2), luastd.MaxReport)
	if err != nil {
		L.ArgError(2, err.Error())
	}
	luastd.CheckLoaded(L, rt, "fleet.report")
	f := rt.Fleet()
	if !isConnected(f) {
		return noFleet(L)
	}
	if err := f.Report(name, text); err != nil {
		return value.PushFailure(L, "failed", "%v", err)
	}
	L.Push(lua.LTrue)
	return 1
}
