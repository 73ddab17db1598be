package gpio

import (
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/pins"
	"moonlark/luastd"
	"moonlark/luastd/value"
)

// A pin is a pin as one generation of the script has it. Its fields belong to the executor's goroutine,
// except receiver.
type pin struct {
	slot
	out *output // nil for an input, and before it is open
	in  *input  // nil for an output, and before it is open

	isInput  bool
	receiver *receiver // of an input: the functions of the script
}

// output is the Lua function gpio.output.
func (m *module) output(L *lua.LState) int {
	names := []pins.Name{checkLine(L, L.CheckAny(1))}
	opts := checkOutputOptions(L, names)
	m.checkPermission(L, "gpio.output", names[0])
	p := &pin{slot: slot{m: m, function: "gpio.output", name: names[0].String(), lines: 1}}
	p.detach = func() {}
	failure := p.claim(L, outputClaim(m.board, names, opts), func(r luastd.Resource) error {
		p.out = r.(*output)
		return p.out.attach(m.rt.AfterFunc, opts.atClose)
	})
	return m.pushPin(L, p, failure)
}

// outputClaim returns the claim of outputs. The first values and those at the end are no settings, so
// that a line is not closed when the script changes them.
func outputClaim(b pins.Board, names []pins.Name, opts outputOptions) luastd.Claim {
	return luastd.Claim{
		Kind: "gpio line", Name: fmt.Sprint(names), Settings: fmt.Sprintf("%+v", opts.request),
		Open: func() (luastd.Resource, error) { return openOutput(b, names, opts) },
	}
}

// input is the Lua function gpio.input.
func (m *module) input(L *lua.LState) int { return m.openInput(L, "gpio.input", "", false) }

// button is the Lua function gpio.button.
func (m *module) button(L *lua.LState) int { return m.openInput(L, "gpio.button", pins.PullUp, true) }

// openInput opens an input. pull and activeLow are the defaults of the options.
func (m *module) openInput(L *lua.LState, function string, pull pins.Pull, activeLow bool) int {
	names := []pins.Name{checkLine(L, L.CheckAny(1))}
	o := value.CheckOptions(L, 2, "pull", "active_low", "debounce", "chip")
	checkChip(o, names)
	r := pins.Request{Pull: pull, ActiveLow: o.Bool("active_low", activeLow)}
	if o.Get("pull") != lua.LNil {
		r.Pull = pins.Pull(o.Choice("pull", "up", "down", "none"))
	}
	r.Debounce = o.Seconds("debounce", 20*time.Millisecond, 0, 10*time.Second)
	m.checkPermission(L, function, names[0])
	p := &pin{slot: slot{m: m, function: function, name: names[0].String(), lines: 1}, isInput: true}
	p.receiver = newReceiver(p)
	p.detach = p.receiver.end
	failure := p.claim(L, luastd.Claim{
		Kind: "gpio line", Name: fmt.Sprint(names), Settings: fmt.Sprintf("%+v", r),
		Open: func() (luastd.Resource, error) { return openInput(m.board, names, r) },
	}, func(res luastd.Resource) error {
		p.in = res.(*input)
		return p.in.attach(p.receiver)
	})
	return m.pushPin(L, p, failure)
}

// pushPin pushes a pin, or the results of a function that has failed.
func (m *module) pushPin(L *lua.LState, p *pin, failure *pins.Error) int {
	if failure != nil {
		return pushError(L, failure)
	}
	L.Push(&lua.LUserData{Value: p, Env: L.Env, Metatable: m.pins})
	return 1
}

// pinMetatable returns the metatable of pins.
func (m *module) pinMetatable(L *lua.LState) *lua.LTable {
	methods := map[string]lua.LGFunction{
		"on": pinOn, "off": pinOff, "write": pinWrite, "toggle": pinToggle, "blink": pinBlink, "pulse": pinPulse,
		"read": pinRead, "wait": pinWait, "close": pinClose, "on_hold": pinOnHold, "on_click": pinOnClick,
	}
	for _, kind := range []string{onChange, onPress, onRelease} {
		methods[kind] = func(L *lua.LState) int {
			p := checkInput(L, kind)
			return p.on(L, &callback{kind: kind, fn: L.CheckFunction(2)})
		}
	}
	return value.HandleMetatable[*pin](L, "gpio pin", methods, nil)
}

func checkPin(L *lua.LState, method string) *pin {
	return value.CheckHandle[*pin](L, "a pin", "pin:"+method+"()")
}

// checkInput returns argument 1, which must be an input.
func checkInput(L *lua.LState, method string) *pin {
	p := checkPin(L, method)
	if !p.isInput {
		L.RaiseError("pin:%s: the pin %s is an output: use gpio.input or gpio.button", method, p.name)
	}
	return p
}

// checkOutput returns argument 1, which must be an output, and why it could not be opened.
func checkOutput(L *lua.LState, method string) (*pin, *pins.Error) {
	p := checkPin(L, method)
	if p.isInput {
		L.RaiseError("pin:%s: the pin %s is an input: use gpio.output", method, p.name)
	}
	return p, p.ready(L, "pin:"+method)
}

// pinSet writes a value to an output, for the Lua methods on, off and write.
func pinSet(L *lua.LState, method string, v bool) int {
	p, failure := checkOutput(L, method)
	if failure != nil {
		return pushError(L, failure)
	}
	return pushDone(L, p.out.write([]bool{v}))
}

func pinOn(L *lua.LState) int  { return pinSet(L, "on", true) }
func pinOff(L *lua.LState) int { return pinSet(L, "off", false) }

// pinWrite is the Lua method pin:write.
func pinWrite(L *lua.LState) int {
	checkPin(L, "write")
	v, ok := toBool(L.CheckAny(2))
	if !ok {
		L.ArgError(2, "true, false, 0 or 1 expected, not "+value.TypeName(L.Get(2)))
	}
	return pinSet(L, "write", v)
}

// pinToggle is the Lua method pin:toggle.
func pinToggle(L *lua.LState) int {
	p, failure := checkOutput(L, "toggle")
	if failure != nil {
		return pushError(L, failure)
	}
	v, err := p.out.toggle()
	if err != nil {
		return pushError(L, err)
	}
	L.Push(lua.LBool(v))
	return 1
}

// pinBlink is the Lua method pin:blink.
func pinBlink(L *lua.LState) int {
	p, failure := checkOutput(L, "blink")
	on, off := checkEffect(L, 2), checkEffect(L, 3)
	times := 0
	if !value.IsNone(L.Get(4)) {
		times = int(value.CheckWhole(L, 4, 1, 1e9))
	}
	if failure != nil {
		return pushError(L, failure)
	}
	return pushDone(L, p.out.blink(on, off, times))
}

// pinPulse is the Lua method pin:pulse.
func pinPulse(L *lua.LState) int {
	p, failure := checkOutput(L, "pulse")
	d := checkEffect(L, 2)
	if failure != nil {
		return pushError(L, failure)
	}
	return pushDone(L, p.out.blink(d, 0, 1))
}

// checkEffect returns argument n, a number of seconds for a blink or a pulse.
func checkEffect(L *lua.LState, n int) time.Duration {
	v := float64(L.CheckNumber(n))
	if !(v >= 0.001 && v <= maxDuration.Seconds()) {
		L.ArgError(n, fmt.Sprintf("a number of seconds from 0.001 to %v expected, not %v", maxDuration.Seconds(), v))
	}
	return time.Duration(v * float64(time.Second))
}

// pinRead is the Lua method pin:read.
func pinRead(L *lua.LState) int {
	p := checkPin(L, "read")
	if failure := p.ready(L, "pin:read"); failure != nil {
		return pushError(L, failure)
	}
	var values []bool
	var err error
	if p.isInput {
		values, err = p.in.read()
	} else {
		values, err = p.out.read()
	}
	if err != nil {
		return pushError(L, err)
	}
	L.Push(lua.LBool(values[0]))
	return 1
}

// pinClose is the Lua method pin:close.
func pinClose(L *lua.LState) int {
	p := checkPin(L, "close")
	if p.isInput {
		p.receiver.removeAll()
	}
	p.close()
	L.Push(lua.LTrue)
	return 1
}
