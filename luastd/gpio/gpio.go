// Package gpio is the Lua module "gpio": the pins of the device.
//
//	gpio.output(line [, options])    -> pin; or nil, reason, code
//	    initial = false                 the first value
//	    active_low = false              true: the value true is the low level
//	    drive = "push_pull"             or "open_drain", "open_source"
//	    at_close                        a value that is written before the pin is closed
//	    chip                            the name, the label or the path of a chip
//	gpio.input(line [, options])     -> pin; or nil, reason, code
//	    pull                            "up", "down" or "none"; default: as it is
//	    active_low = false
//	    debounce = 0.02                 seconds
//	    chip
//	gpio.button(line [, options])       an input with pull = "up" and active_low = true
//	gpio.group(lines [, options])    -> a group of outputs that are set at once
//	gpio.pwm{channel =, ...}         -> a PWM channel
//	gpio.servo{channel =, ...}       -> a servo at a PWM channel
//	gpio.info()                      -> a list of the chips and their lines; or nil, reason, code
//
//	pin:on(), pin:off(), pin:write(v), pin:toggle(), pin:read()
//	pin:blink(on_s, off_s [, times]), pin:pulse(s)
//	pin:on_change(fn), on_press(fn), on_release(fn), on_hold(s, fn), on_click(n, fn) -> a handler
//	pin:wait(what [, timeout])       -> an event; or nil, reason, code
//	pin:close()
//
// What is open outlives the generations of the script, so that a reload does not click a relay: an
// output or an input is a luastd.Resource, and a pin is what one generation has of it. Changes come on
// goroutines of the board. They go into a queue of the input, and a task of the generation calls the
// functions of the script.
//
// Bounds: 64 lines and 256 functions for inputs of a script. 256 changes of an input wait for the script; then the oldest are dropped
// and counted. Of an input that changes more often than 1,000 times a second, the other changes are
// dropped and counted too.
package gpio

import (
	_ "embed"
	"os"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/engine/pins"
	"moonlark/engine/pins/cdev"
	"moonlark/luastd"
	"moonlark/luastd/callbacks"
	luatime "moonlark/luastd/time"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "gpio".
var Module = luastd.Module{Name: "gpio", Open: open, Doc: doc, Manual: manual, Needs: []permit.Kind{permit.GPIO}, Need: need}

const (
	maxLines     = 64   // maximal number of lines of a script
	maxFunctions = 256  // maximal number of functions for inputs of a script
	maxQueue     = 256  // maximal number of changes of an input that wait for the script
	maxRate      = 1000 // maximal number of changes of an input in a second
	maxDuration  = 600 * time.Second

	// clickGap is the maximal time between the presses of one click.
	clickGap = 400 * time.Millisecond
	// handover is how long after a reload changes that have come meanwhile are still delivered, and a
	// pin that the copy of the script before has open may be busy.
	handover = 2 * time.Second
)

// A module is the module of one Lua state.
type module struct {
	rt      luastd.Runtime
	board   pins.Board
	started time.Time // when time.monotonic was 0
	waiter  callbacks.Waiter

	pins, groups, pwms, servos, handlers *lua.LTable // metatables

	// The executor's goroutine uses the fields below.
	lines     int // number of open lines
	functions int // number of functions for inputs

	mu    sync.Mutex // guards the fields below
	owned bool       // end has been registered
	slots map[*slot]struct{}
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{rt: rt, waiter: callbacks.Waiter{Runtime: rt}, started: luatime.MonotonicStart(rt), slots: map[*slot]struct{}{}}
	if m.board = rt.SimulatedPins(); m.board != nil {
		m.waiter.Rest = true
	} else {
		broker := rt.Permit()
		m.board = cdev.New(func(path string) (*os.File, error) {
			return broker.OpenShared(permit.GPIO, "use the pins of "+path, path, os.O_RDWR)
		})
	}
	m.pins = m.pinMetatable(L)
	m.groups = m.groupMetatable(L)
	m.pwms = m.pwmMetatable(L)
	m.servos = m.servoMetatable(L)
	m.handlers = handlerMetatable(L)
	t := L.CreateTable(0, 7)
	functions := map[string]lua.LGFunction{
		"output": m.output, "input": m.input, "button": m.button, "group": m.group, "pwm": m.pwm, "servo": m.servo, "info": m.info,
	}
	value.SetFunctions(L, t, functions)
	value.RaiseForUnknown(L, "gpio", t, functions, foreignFunctions)
	return t
}

// need returns an error if b lacks the permission for the line with this name. In the source, the
// number of a line is not known.
func need(b *permit.Broker, _, line string, known bool) error {
	switch {
	case known:
		return b.CheckDevice(permit.GPIO, "use the pin "+line, line)
	case b.HasAny(permit.GPIO):
		return nil
	}
	return b.CheckDevice(permit.GPIO, "use pins")
}

// isFaked reports whether the script is being tested, with simulated pins. It needs no permission then.
func (m *module) isFaked() bool { return m.rt.Fakes() != nil && m.rt.SimulatedPins() != nil }

// checkPermission raises an error if the script may not use the line. function is the Lua function.
func (m *module) checkPermission(L *lua.LState, function string, n pins.Name) {
	b := m.rt.Permit()
	if m.isFaked() || b.HasDevice(permit.GPIO, n.String()) {
		return
	}
	names := []string{n.String()}
	if b.HasAny(permit.GPIO) { // the line may have been granted under another name
		if chips, err := m.board.Chips(); err == nil {
			if chip, line, err := pins.Find(chips, n); err == nil {
				names = pins.GrantNames(n, chips, chip, line)
			}
		}
	}
	if err := b.CheckDevice(permit.GPIO, "use the pin "+n.String(), names...); err != nil {
		L.RaiseError("%s: %s", function, err)
	}
}

// pushError pushes the results of a function that has failed with an error of a pins.Board.
func pushError(L *lua.LState, err error) int {
	e, ok := err.(*pins.Error)
	if !ok {
		e = &pins.Error{Code: "io", Text: err.Error()}
	}
	return value.PushFailure(L, e.Code, "%s", e.Text)
}

// pushDone pushes true, or the results of a function that has failed.
func pushDone(L *lua.LState, err error) int {
	if err != nil {
		return pushError(L, err)
	}
	L.Push(lua.LTrue)
	return 1
}
