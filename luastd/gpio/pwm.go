package gpio

import (
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/value"
)

const (
	minFrequency = 1   // hertz
	maxFrequency = 1e6 // hertz
	servoHertz   = 50  // the frequency of the signal of a servo
)

// A pwm is a PWM channel, also that of a servo, as one generation of the script has it. Its fields belong
// to the executor's goroutine.
type pwm struct {
	slot
	channel *channel // nil before it is open
	servo   servo    // of a servo
}

// A servo says which pulses a servo understands.
type servo struct {
	minPulse, maxPulse time.Duration // at 0 degrees, and at the maximal angle
	maxAngle           float64       // in degrees
}

// pwm is the Lua function gpio.pwm.
func (m *module) pwm(L *lua.LState) int {
	L.CheckTable(1)
	o := value.CheckOptions(L, 1, "chip", "channel", "frequency", "duty")
	s := signal{frequency: o.Number("frequency", 1000, minFrequency, maxFrequency), duty: o.Number("duty", 0, 0, 1), on: true}
	return m.openPWM(L, "gpio.pwm", o, s, &pwm{}, m.pwms)
}

// servo is the Lua function gpio.servo.
func (m *module) servo(L *lua.LState) int {
	L.CheckTable(1)
	o := value.CheckOptions(L, 1, "chip", "channel", "min_pulse", "max_pulse", "max_angle", "angle")
	v := servo{
		minPulse: o.Seconds("min_pulse", 500*time.Microsecond, 100*time.Microsecond, 10*time.Millisecond),
		maxPulse: o.Seconds("max_pulse", 2500*time.Microsecond, 100*time.Microsecond, 10*time.Millisecond),
		maxAngle: o.Number("max_angle", 180, 1, 3600),
	}
	if v.maxPulse <= v.minPulse {
		L.ArgError(1, "max_pulse must be greater than min_pulse")
	}
	s := signal{frequency: servoHertz}
	if o.Get("angle") != lua.LNil {
		s.high, s.on = v.pulse(o.Number("angle", 0, 0, v.maxAngle)), true
	}
	return m.openPWM(L, "gpio.servo", o, s, &pwm{servo: v}, m.servos)
}

// pulse returns the length of the pulse for an angle.
func (v servo) pulse(angle float64) time.Duration {
	return v.minPulse + time.Duration(float64(v.maxPulse-v.minPulse)*angle/v.maxAngle)
}

// openPWM opens the channel of p, and pushes p.
func (m *module) openPWM(L *lua.LState, function string, o value.Options, s signal, p *pwm, meta *lua.LTable) int {
	chip, number := o.Int("chip", 0, 0, 63), o.Int("channel", 0, 0, 63)
	name := fmt.Sprintf("pwm%d.%d", chip, number)
	if !m.isFaked() {
		if err := m.rt.Permit().CheckDevice(permit.GPIO, fmt.Sprintf("use the PWM channel %d of chip %d", number, chip), name); err != nil {
			L.RaiseError("%s: %s", function, err)
		}
	}
	p.slot = slot{m: m, function: function, name: name, lines: 1, detach: func() {}}
	failure := p.claim(L, luastd.Claim{
		Kind: "pwm channel", Name: name,
		Open: func() (luastd.Resource, error) { return openChannel(m.board, chip, number) },
	}, func(r luastd.Resource) error {
		p.channel = r.(*channel)
		return p.channel.attach(m.rt.Elapsed, m.rt.AfterFunc, s)
	})
	if failure != nil {
		return pushError(L, failure)
	}
	L.Push(&lua.LUserData{Value: p, Env: L.Env, Metatable: meta})
	return 1
}

// pwmMetatable returns the metatable of PWM channels.
func (m *module) pwmMetatable(L *lua.LState) *lua.LTable {
	const usage = "pwm:duty(0.5)"
	return value.HandleMetatable[*pwm](L, "gpio pwm", map[string]lua.LGFunction{
		"duty": func(L *lua.LState) int {
			p, duty := checkPWM(L, usage), checkNumber(L, 2, 0, 1)
			return p.change(L, "pwm:duty", func(s *signal) { s.duty, s.on = duty, true })
		},
		"frequency": func(L *lua.LState) int {
			p, hertz := checkPWM(L, usage), checkNumber(L, 2, minFrequency, maxFrequency)
			return p.change(L, "pwm:frequency", func(s *signal) { s.frequency = hertz })
		},
		"off": func(L *lua.LState) int {
			return checkPWM(L, usage).change(L, "pwm:off", func(s *signal) { s.on = false })
		},
		"close": func(L *lua.LState) int { return closePWM(L, usage) },
	}, nil)
}

// servoMetatable returns the metatable of servos.
func (m *module) servoMetatable(L *lua.LState) *lua.LTable {
	const usage = "servo:angle(90)"
	return value.HandleMetatable[*pwm](L, "gpio servo", map[string]lua.LGFunction{
		"angle": func(L *lua.LState) int {
			p := checkPWM(L, usage)
			pulse := p.servo.pulse(checkNumber(L, 2, 0, p.servo.maxAngle))
			return p.change(L, "servo:angle", func(s *signal) { s.high, s.on = pulse, true })
		},
		"off": func(L *lua.LState) int {
			return checkPWM(L, usage).change(L, "servo:off", func(s *signal) { s.on = false })
		},
		"close": func(L *lua.LState) int { return closePWM(L, usage) },
	}, nil)
}

func checkPWM(L *lua.LState, usage string) *pwm {
	return value.CheckHandle[*pwm](L, "a PWM channel or a servo", usage)
}

// checkNumber returns argument n, a number from min to max.
func checkNumber(L *lua.LState, n int, min, max float64) float64 {
	v := float64(L.CheckNumber(n))
	if !(v >= min && v <= max) {
		L.ArgError(n, fmt.Sprintf("a number from %v to %v expected, not %v", lua.LNumber(min), lua.LNumber(max), lua.LNumber(v)))
	}
	return v
}

// change changes the signal, for a Lua method.
func (p *pwm) change(L *lua.LState, method string, f func(*signal)) int {
	if failure := p.ready(L, method); failure != nil {
		return pushError(L, failure)
	}
	return pushDone(L, p.channel.change(f))
}

// closePWM is the method close of PWM channels and servos.
func closePWM(L *lua.LState, usage string) int {
	checkPWM(L, usage).close()
	L.Push(lua.LTrue)
	return 1
}
