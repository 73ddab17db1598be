package gpio_test

import (
	"strings"
	"testing"
	"time"

	"moonlark/engine/clock"
	"moonlark/engine/permit"
	"moonlark/engine/pins/sim"
	"moonlark/luastd/luastdtest"
)

func TestAnOutputIsSwitched(t *testing.T) {
	onEveryRig(t, func(t *testing.T, r rig) {
		s := luastdtest.Open(t, r.options(`lamp = gpio.output(4, {initial = true}) low = gpio.output(5, {active_low = true})`))
		s.Want(`return lamp:read(), low:read(), tostring(lamp)`, "true, false, gpio.output 4")
		if !r.level(4) || !r.level(5) {
			t.Error("the first levels are wrong")
		}
		for _, step := range []struct {
			source, want string
			level        bool
		}{
			{`return lamp:off()`, "true", false},
			{`return lamp:on()`, "true", true},
			{`return lamp:write(0)`, "true", false},
			{`return lamp:write(true)`, "true", true},
			{`return lamp:toggle()`, "false", false},
			{`return lamp:toggle()`, "true", true},
		} {
			s.Want(step.source, step.want)
			if r.level(4) != step.level {
				t.Errorf("%s: the level is %v", step.source, !step.level)
			}
		}
		s.Want(`low:on() return low:read()`, "true")
		if r.level(5) {
			t.Error("an output that is active low is on at the high level")
		}
	})
}

func TestAnOutputBlinksAndPulses(t *testing.T) {
	onEveryRig(t, func(t *testing.T, r rig) {
		s := luastdtest.Open(t, r.options(`lamp = gpio.output(4)`))
		s.Want(`return lamp:blink(0.05, 0.05)`, "true")
		for range 3 {
			waitLevel(t, r, 4, true)
			waitLevel(t, r, 4, false)
		}
		s.Want(`return lamp:on()`, "true") // ends the blink
		time.Sleep(150 * time.Millisecond) // longer than a blink
		if !r.level(4) {
			t.Error("the lamp blinks after on()")
		}
		s.Want(`lamp:off() return lamp:pulse(60)`, "true")
		if !r.level(4) {
			t.Error("a pulse does not begin at once")
		}
		s.Want(`return lamp:pulse(0.05)`, "true")
		waitLevel(t, r, 4, false)
	})
}

// The times of a blink are those of the clock of the script.
func TestTheTimesOfABlink(t *testing.T) {
	began := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	c := clock.NewFake(began)
	chip := sim.New(c)
	s := luastdtest.Open(t, luastdtest.Options{Source: `lamp = gpio.output(4)`, Pins: chip, Clock: c, Permissions: gpioGrants})
	s.Want(`return lamp:blink(1, 0.5, 2)`, "true")
	for c.Step(began.Add(10 * time.Second)) {
	}
	var got []string
	for _, change := range chip.State(4).Changes {
		got = append(got, map[bool]string{true: "on", false: "off"}[change.Value]+" "+change.Time.Sub(began).String())
	}
	if got, want := strings.Join(got, ", "), "off 0s, on 0s, off 1s, on 1.5s, off 2.5s"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAGroupIsSetAtOnce(t *testing.T) {
	onEveryRig(t, func(t *testing.T, r rig) {
		s := luastdtest.Open(t, r.options(`lamps = gpio.group({1, 2, 3}, {initial = {true, false, true}})`))
		s.Want(`local v = lamps:read() return v[1], v[2], v[3]`, "true, false, true")
		s.Want(`return lamps:write{false, 1, false}`, "true")
		if r.level(1) || !r.level(2) || r.level(3) {
			t.Error("the levels are wrong")
		}
		s.Want(`return lamps:write{true}`, "a.lua:1: bad argument #2 to write (a list of 3 values expected, one for each line, not of 1)")
		s.Want(`return lamps:close()`, "true")
		s.Want(`return gpio.group{1, "GPIO1"}`, "nil, invalid: the line GPIO1 is in the group twice, invalid")
		s.Want(`return gpio.output(2) ~= nil`, "true")
	})
}

func TestALineIsOpenedOnce(t *testing.T) {
	onEveryRig(t, func(t *testing.T, r rig) {
		s := luastdtest.Open(t, r.options(`lamp = gpio.output(4)`))
		got := s.Run(`return gpio.input(4)`)
		if !strings.HasPrefix(got, "nil, busy: ") || !strings.Contains(got, "used by moonlark") || !strings.HasSuffix(got, ", busy") {
			t.Errorf("got %s", got)
		}
		s.Want(`lamp:close() lamp:close() local again = gpio.input(4) again:close() return tostring(again)`, "gpio.input 4 (closed)")
		s.Want(`return lamp:on()`, "a.lua:1: pin:on: gpio.output 4 has been closed")
	})
}

func TestAtCloseIsWritten(t *testing.T) {
	chip := sim.New(clock.Machine{})
	s := luastdtest.Open(t, simRig{chip}.options(`relay = gpio.output(4, {initial = true, at_close = false}) stay = gpio.output(5, {initial = true})`))
	changes := func(line int) (n int) { return len(chip.State(line).Changes) }
	luastdtest.WaitFor(t, "the pins are open", func() bool { return changes(4) == 1 && changes(5) == 1 })
	s.Want(`relay:close() stay:close()`, "")
	if changes(4) != 2 || chip.State(4).Changes[1].Value || changes(5) != 1 {
		t.Errorf("got %v and %v", chip.State(4).Changes, chip.State(5).Changes)
	}
}

func TestLinesAreFoundByNameAndByChip(t *testing.T) {
	chip := sim.New(clock.Machine{}, "DOORBELL")
	s := luastdtest.Open(t, simRig{chip}.options(""))
	for _, row := range []luastdtest.Row{
		{"the name of a line", `return tostring(gpio.output("GPIO3")), gpio.info()[1].lines[4].direction`, "gpio.output GPIO3, output"},
		{"a name of one's own", `return tostring(gpio.button("DOORBELL"))`, "gpio.button DOORBELL"},
		{"a chip by its label", `return tostring(gpio.output(7, {chip = "simulated"}))`, "gpio.output simulated:7"},
		{"a chip by its path", `return tostring(gpio.output(8, {chip = "/dev/gpiochip0"}))`, "gpio.output gpiochip0:8"},
		{"an unknown name", `return gpio.output("NOWHERE")`, "nil, not_found: no GPIO line has the name NOWHERE, not_found"},
		{"an unknown chip", `return gpio.output(1, {chip = "gpiochip9"})`, "nil, not_found: there is no GPIO chip gpiochip9: there are gpiochip0 (simulated), not_found"},
		{"a number that is too great", `return gpio.output(999)`, "nil, not_found: gpiochip0 has no line 999: it has the lines 0 to 28, not_found"},
		{"the user of a line", `local l = gpio.info()[1].lines[4] return l.offset, l.name, l.used, l.consumer`, "3, GPIO3, true, moonlark"},
	} {
		if got := s.Run(row.Source); got != row.Want {
			t.Errorf("%s: got %s, want %s", row.Why, got, row.Want)
		}
	}
}

func TestWrongArguments(t *testing.T) {
	s := luastdtest.Open(t, simRig{sim.New(clock.Machine{})}.options(`lamp = gpio.output(4) button = gpio.button(5)`))
	for source, want := range map[string]string{
		`gpio.output()`:                            "bad argument #1 to output (value expected)",
		`gpio.output("17")`:                        `bad argument #1 to output ("17" is a text: write the number without quotes)`,
		`gpio.output("a\27[1m")`:                   `bad argument #1 to output ("a\x1b[1m" is not the name of a line)`,
		`gpio.output(1.5)`:                         "bad argument #1 to output (the number of a line is a whole number from 0 to 1023, not 1.5)",
		`gpio.output({})`:                          `bad argument #1 to output (the number or the name of a line expected, such as 17 or "GPIO17", not a table)`,
		`gpio.output(1, {initital = true})`:        "bad argument #2 to output (there is no field 'initital' (did you mean 'initial'?); its fields are initial, active_low, drive, at_close, chip)",
		`gpio.output(1, {initial = "on"})`:         "bad argument #2 to output (initial must be true, false, 0 or 1, not a string)",
		`gpio.output(1, {drive = "strong"})`:       `bad argument #2 to output (drive must be one of push_pull, open_drain, open_source, not "strong")`,
		`gpio.output(1, {chip = "../x"})`:          "bad argument #2 to output (chip must be the name, the label or the path of a chip, such as gpiochip0, not \"../x\")",
		`gpio.input(1, {debounce = 20})`:           "bad argument #2 to input (debounce must be at most 10, not 20: seconds are meant, not milliseconds)",
		`lamp:write("on")`:                         "bad argument #2 to write (true, false, 0 or 1 expected, not a string)",
		`lamp.on()`:                                "bad argument #1 to on (a pin expected: use a colon, as in pin:on())",
		`lamp:blink(0, 1)`:                         "bad argument #2 to blink (a number of seconds from 0.001 to 600 expected, not 0)",
		`lamp:blink(1, 1, 0)`:                      "bad argument #4 to blink (a whole number from 1 to 1000000000 expected, got 0)",
		`lamp:on_press(print)`:                     "pin:on_press: the pin 4 is an output: use gpio.input or gpio.button",
		`button:on()`:                              "pin:on: the pin 5 is an input: use gpio.output",
		`button:on_press()`:                        "bad argument #2 to on_press (function expected, got nil)",
		`button:on_click(0, print)`:                "bad argument #2 to on_click (a whole number from 1 to 10 expected, got 0)",
		`button:wait("up")`:                        `bad argument #2 to wait ("up" is not one of rising, falling, both, press, release)`,
		`button:wait("press", 5000)`:               "bad argument #3 to wait (the timeout must be at most 600, not 5000: seconds are meant, not milliseconds)",
		`gpio.pwm{channel = 0, duty = 50}`:         "bad argument #1 to pwm (duty must be a number from 0 to 1, not 50)",
		`gpio.group({})`:                           "bad argument #1 to group (a list of 1 to 64 lines expected)",
		`gpio.mode(4, gpio.OUTPUT)`:                "there is no gpio.mode: use gpio.input or gpio.output",
		`gpio.ouput(4)`:                            "there is no gpio.ouput (did you mean 'output'?)",
		`for i = 0, 200 do gpio.output(i % 4) end`: "",
	} {
		if got := strings.TrimPrefix(s.Run(source), "a.lua:1: "); got != want {
			t.Errorf("%s: got %s, want %s", source, got, want)
		}
	}
}

func TestAScriptHasAtMost64Lines(t *testing.T) {
	var names []string
	for range 80 {
		names = append(names, "X"+strings.Repeat("x", len(names)%30)+string(rune('A'+len(names)/30)))
	}
	s := luastdtest.Open(t, simRig{sim.New(clock.Machine{}, names...)}.options(""))
	s.Want(`for i = 0, 63 do assert(gpio.output(i)) end`, "")
	s.Want(`return gpio.output(64)`, "a.lua:1: gpio.output: the script has 64 lines open: close those that are not needed any more")
}

func TestAScriptHasAtMost256FunctionsForInputs(t *testing.T) {
	s := luastdtest.Open(t, simRig{sim.New(clock.Machine{})}.options(`
		button, other = gpio.button(5), gpio.button(6)
		function fill() for i = 1, 300 do handler = other:on_press(print) end end`))
	const full = "a.lua:1: pin:on_hold: there are 256 functions for inputs: cancel those that are not needed any more"
	s.Want(`pcall(fill) button:on_hold(1, print)`, full)
	s.Want(`handler:cancel() handler:cancel() button:on_hold(1, print)`, "")
	s.Want(`button:on_hold(1, print)`, full)
	s.Want(`other:close() pcall(fill) button:on_hold(1, print)`, "")
}

// A function that could not be set because the script has too much to do can be set later.
func TestAFunctionIsSetWhenTheScriptHasLessToDo(t *testing.T) {
	chip := sim.New(clock.Machine{})
	s := luastdtest.Open(t, simRig{chip}.options(`button = gpio.button(5, {debounce = 0})`))
	s.Want(`while pcall(spawn, function() end) do end button:on_press(print)`, "a.lua:1: pin:on_press: too many functions are waiting to start")
	s.Want(`button:on_press(function() pressed = true end)`, "")
	chip.SetValue(5, true)
	waitResult(t, s, `return pressed`, "true")
}

func TestPermissions(t *testing.T) {
	chip := sim.New(clock.Machine{})
	open := func(grants ...string) *luastdtest.Script {
		var p permit.Settings
		for _, g := range grants {
			p.Grants = append(p.Grants, permit.Grant{Kind: permit.GPIO, Value: g})
		}
		return luastdtest.Open(t, luastdtest.Options{Pins: chip, Permissions: p})
	}
	const denied = "a.lua:1: gpio.output: test.lua may not use the pin "
	for _, row := range []struct{ grant, source, want string }{
		{"17", `gpio.output(17):close()`, ""},
		{"17", `gpio.output("GPIO17"):close()`, ""},
		{"GPIO17", `gpio.output(17):close()`, ""},
		{"gpiochip0:17", `gpio.output(17):close()`, ""},
		{"simulated:17", `gpio.output(17, {chip = "gpiochip0"}):close()`, ""},
		{"17", `gpio.output(18)`, denied + "18. Start with --allow-gpio=18"},
		{"17", `gpio.output("GPIO18")`, denied + "GPIO18. Start with --allow-gpio=GPIO18"},
		{"17", `gpio.pwm{channel = 0}`, "a.lua:1: gpio.pwm: test.lua may not use the PWM channel 0 of chip 0. Start with --allow-gpio=pwm0.0"},
		{"17", `return #gpio.info()`, "1"},
	} {
		if got := open(row.grant).Run(row.source); got != row.want {
			t.Errorf("%s, %s: got %s, want %s", row.grant, row.source, got, row.want)
		}
	}
	s := open()
	s.Want(`gpio.info()`, "a.lua:1: gpio.info: test.lua may not use pins. Start with --allow-gpio")
	s.Want(`gpio.output(17)`, denied+"17. Start with --allow-gpio=17")
}

// While the script loads, nothing is opened, and a mistake is noticed.
func TestWhileTheScriptLoads(t *testing.T) {
	chip := sim.New(clock.Machine{})
	for source, want := range map[string]string{
		`gpio.output(4):on()`:          "pin:on: the script is still loading: call it in on_start(function() ... end)",
		`gpio.info()`:                  "gpio.info: the script is still loading: call it in on_start(function() ... end)",
		`gpio.button(4):wait("press")`: "pin:wait: the script is still loading: call it in on_start(function() ... end)",
	} {
		_, err := luastdtest.TryOpen(t, simRig{chip}.options(source))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", source, err, want)
		}
	}
	s, err := luastdtest.TryOpen(t, luastdtest.Options{Source: `gpio.output(4)`, Pins: chip})
	if err == nil || !strings.Contains(err.Error(), "--allow-gpio=4") {
		t.Errorf("without a permission: %v", err)
	}
	if s.Scripts.Close(); chip.State(4).Direction != "" {
		t.Error("the line was opened")
	}
	s = luastdtest.Open(t, simRig{chip}.options(`lamp = gpio.output("NOWHERE")`))
	s.Want(`return lamp:on()`, "nil, not_found: no GPIO line has the name NOWHERE, not_found")
	if got := strings.Join(s.Output(), "\n"); !strings.Contains(got, "ERROR: gpio.output NOWHERE: not_found: no GPIO line") {
		t.Errorf("the log has %q", got)
	}
}

func TestAChipThatIsTakenAway(t *testing.T) {
	chip := sim.New(clock.Machine{})
	const source = `lamp = gpio.output(4) button = gpio.button(5) button:on_press(function() presses = (presses or 0) + 1 end)`
	s := luastdtest.Open(t, simRig{chip}.options(source))
	result := make(chan string)
	go func() { result <- s.Run(`return button:wait("press")`) }()
	luastdtest.WaitFor(t, "the script waits", func() bool { return s.Run(`return button:read()`) == "false" })
	time.Sleep(20 * time.Millisecond)
	chip.Unplug()
	const lost = "nil, lost: the GPIO chip has been taken away, lost"
	if got := <-result; got != lost {
		t.Errorf("wait: got %s", got)
	}
	for _, call := range []string{`lamp:on()`, `lamp:read()`, `lamp:toggle()`, `lamp:pulse(1)`, `button:read()`, `button:wait("press")`} {
		s.Want("return "+call, lost)
	}
	chip.Plug()
	s.ReloadWith(source)
	waitResult(t, s, `return lamp:on()`, "true")
	chip.SetValue(5, true)
	waitResult(t, s, `return presses`, "1")
}

func TestPWMAndServos(t *testing.T) {
	chip := sim.New(clock.Machine{})
	const source = `fan = gpio.pwm{channel = 0, frequency = 25000, duty = 0.5} arm = gpio.servo{channel = 1}`
	s := luastdtest.Open(t, simRig{chip}.options(source))
	state := func(channel int, want sim.PWMState) {
		t.Helper()
		if got, _ := chip.PWMState(channel); got != want {
			t.Errorf("channel %d: got %+v, want %+v", channel, got, want)
		}
	}
	s.Want(`return tostring(fan), tostring(arm)`, "gpio.pwm pwm0.0, gpio.servo pwm0.1")
	state(0, sim.PWMState{Period: 40 * time.Microsecond, High: 20 * time.Microsecond, On: true})
	state(1, sim.PWMState{Period: 20 * time.Millisecond})
	s.Want(`return fan:duty(0.25), arm:angle(90)`, "true, true")
	state(0, sim.PWMState{Period: 40 * time.Microsecond, High: 10 * time.Microsecond, On: true})
	state(1, sim.PWMState{Period: 20 * time.Millisecond, High: 1500 * time.Microsecond, On: true})
	s.ReloadWith(source)
	waitResult(t, s, `return arm:angle(180)`, "true")
	state(0, sim.PWMState{Period: 40 * time.Microsecond, High: 10 * time.Microsecond, On: true}) // as it was
	state(1, sim.PWMState{Period: 20 * time.Millisecond, High: 2500 * time.Microsecond, On: true})
	s.Want(`return fan:frequency(50000), fan:off(), arm:off()`, "true, true, true")
	state(0, sim.PWMState{Period: 20 * time.Microsecond, High: 5 * time.Microsecond})
	s.Want(`return gpio.pwm{channel = 0}`, "nil, busy: the PWM channel 0 of chip 0 is in use, busy")
	s.Want(`return gpio.pwm{channel = 7}`, "nil, not_found: there is no PWM channel 7 of chip 0, not_found")
	s.Want(`fan:close() return fan:duty(1)`, "a.lua:1: pwm:duty: gpio.pwm pwm0.0 has been closed")
	s.Want(`return arm:angle(181)`, "a.lua:1: bad argument #2 to angle (a number from 0 to 180 expected, not 181)")
}
