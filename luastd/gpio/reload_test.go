package gpio_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"moonlark/engine/clock"
	"moonlark/engine/pins/sim"
	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

// A reload clicks no relay: the output stays open with its value.
func TestAReloadKeepsOutputs(t *testing.T) {
	chip := sim.New(clock.Machine{})
	const source = `relay = gpio.output(4, {at_close = false}) lamps = gpio.group{6, 7}`
	s := luastdtest.Open(t, simRig{chip}.options(source))
	s.Want(`return relay:on(), lamps:write{true, true}`, "true, true")
	for _, change := range []string{"", ` n = 1`} {
		s.ReloadWith(source + change)
		waitResult(t, s, `return relay:read()`, "true")
	}
	s.ReloadWith(strings.Replace(source, "at_close = false", "initial = true, at_close = true", 1))
	waitResult(t, s, `return relay:read(), lamps:read()[2]`, "true, true")
	if got := len(chip.State(4).Changes); got != 2 { // false when it was opened, then true
		t.Errorf("the relay has changed %d times", got)
	}
}

func TestAPulseGoesOnAfterAReload(t *testing.T) {
	chip := sim.New(clock.Machine{})
	const source = `door = gpio.output(4)`
	s := luastdtest.Open(t, simRig{chip}.options(source))
	s.Want(`return door:pulse(0.5)`, "true")
	s.ReloadWith(source)
	waitResult(t, s, `return door:read()`, "false")
	changes := chip.State(4).Changes
	if len(changes) != 3 {
		t.Fatalf("got %v", changes)
	}
	if took := changes[2].Time.Sub(changes[1].Time); took < 500*time.Millisecond {
		t.Errorf("the pulse took %v", took)
	}
}

func TestWhatTheScriptNoLongerHasIsClosed(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes 2 s")
	}
	chip := sim.New(clock.Machine{})
	s := luastdtest.Open(t, simRig{chip}.options(`gpio.output(4, {initial = true}) gpio.button(5) gpio.pwm{channel = 0}`))
	s.ReloadWith("")
	luastdtest.WaitFor(t, "the lines are closed", func() bool {
		_, open := chip.PWMState(0)
		return chip.State(4).Direction == "" && chip.State(5).Direction == "" && !open
	})
}

// The same line with other options, or as something else, is opened anew.
func TestAReloadChangesTheUseOfALine(t *testing.T) {
	chip := sim.New(clock.Machine{})
	s := luastdtest.Open(t, simRig{chip}.options(`pin = gpio.output(4)`))
	s.ReloadWith(`pin = gpio.output(4, {active_low = true, initial = true})`)
	waitResult(t, s, `return pin:read()`, "true")
	if chip.State(4).Level != "low" {
		t.Error("the output is not active low")
	}
	s.ReloadWith(`pin = gpio.button(4)`)
	waitResult(t, s, `return tostring(pin), pin:read()`, "gpio.button 4, false")
	if testing.Short() {
		return // the rest takes 3 s
	}
	s.ReloadWith(`pin = gpio.output("GPIO4")`) // the line has another name, so it is busy for a while
	waitResult(t, s, `return pin:on()`, "true")
	s.ReloadWith(`pins = gpio.group{4, 5}`)
	waitResult(t, s, `return pins:write{true, true}`, "true")
}

// What still runs of the copy before gets the code closed.
func TestTheCopyBeforeHasNoPin(t *testing.T) {
	for _, row := range []struct{ before, after, call string }{
		{`pin = gpio.output(4)`, `pin = gpio.output(4, {active_low = true})`, `pin:read()`},
		{`pin = gpio.output(4)`, `pin = gpio.output(4, {active_low = true})`, `pin:on()`},
		{`pin = gpio.button(4)`, `pin = gpio.input(4)`, `pin:read()`},
		{`pin = gpio.button(4)`, `pin = gpio.input(4)`, `pin:wait("press", 60)`},
		{`pin = gpio.group{4, 5}`, `pin = gpio.group({4, 5}, {active_low = true})`, `pin:read()`},
	} {
		chip := sim.New(clock.Machine{})
		s := luastdtest.Open(t, simRig{chip}.options(row.before))
		result := make(chan string)
		go func() {
			result <- s.Run(`started = true while select(3, pin:read()) ~= "closed" do sleep(0.002) end return select(3, ` + row.call + `)`)
		}()
		waitResult(t, s, `return started`, "true")
		s.ReloadWith(row.after)
		if got := <-result; got != "closed" {
			t.Errorf("%s, then %s: %s returns %s", row.before, row.after, row.call, got)
		}
	}
}

// Changes that come while the script is loaded again are for the new copy.
func TestChangesWaitForTheNewCopy(t *testing.T) {
	testkit.SkipIfEmulated(t)
	chip := sim.New(clock.Machine{})
	const source = `
		state.presses = state.presses or 0
		button = gpio.button(5, {debounce = 0})
		button:on_press(function(e) state.presses = state.presses + 1 end)
	`
	s := luastdtest.Open(t, simRig{chip}.options(source))
	waitResult(t, s, `return button:read()`, "false")
	stop, pressed := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for {
			select {
			case <-stop:
				pressed <- n
				return
			case <-time.After(3 * time.Millisecond):
				if n == 100 { // more changes than wait for a script at the same time
					continue
				}
				n++
				chip.SetValue(5, true)
				chip.SetValue(5, false)
			}
		}
	}()
	reloads := 10
	if testing.Short() {
		reloads = 3
	}
	for range reloads {
		s.ReloadWith(source)
		time.Sleep(10 * time.Millisecond)
	}
	close(stop)
	n := <-pressed
	luastdtest.WaitFor(t, "all presses have been counted", func() bool {
		return s.Run(`return state.presses`) == fmt.Sprint(n)
	})
}

// A button that is held during a reload is held for as long as it was pressed.
func TestAHoldGoesOnAfterAReload(t *testing.T) {
	c := clock.NewFake(time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC))
	chip := sim.New(c)
	const source = `button = gpio.button(5, {debounce = 0}) button:on_hold(3, function() held = true end)`
	s := luastdtest.Open(t, luastdtest.Options{Source: source, Pins: chip, Clock: c, Permissions: gpioGrants})
	waitResult(t, s, `return button:read()`, "false")
	chip.SetValue(5, true)
	for c.Step(c.Now().Add(2 * time.Second)) {
		break
	}
	s.ReloadWith(source)
	waitResult(t, s, `return button:read()`, "true")
	for end := c.Now().Add(1100 * time.Millisecond); c.Step(end); {
	}
	waitResult(t, s, `return held`, "true")
}

func TestReloadsLeaveNothing(t *testing.T) {
	chip := sim.New(clock.Machine{})
	luastdtest.CheckReloads(t, simRig{chip}.options(`
		lamp = gpio.output(4)
		button = gpio.button(5)
		button:on_press(function() lamp:toggle() end)
		button:on_hold(1, function() end)
		gpio.pwm{channel = 0}
		on_start(function() lamp:blink(0.01, 0.01) button:wait("press") end)`))
	for _, s := range chip.States() {
		if s.Direction != "" {
			t.Errorf("the line %d is open", s.Line)
		}
	}
}

// The relay stays as it is when the new copy cannot be loaded.
func TestAReloadThatFailsKeepsTheOutputs(t *testing.T) {
	chip := sim.New(clock.Machine{})
	s := luastdtest.Open(t, simRig{chip}.options(`relay = gpio.output(4)`))
	s.Want(`return relay:on()`, "true")
	if err := s.TryReloadWith(`error("no")`); err == nil {
		t.Error("the script was loaded")
	}
	s.Want(`return relay:read(), relay:off()`, "true, true")
}
