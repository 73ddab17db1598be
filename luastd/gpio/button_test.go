package gpio_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"moonlark/engine/clock"
	"moonlark/engine/pins/sim"
	"moonlark/luastd/luastdtest"
)

// noting is a script that notes in the table events what happens at a button at line 5.
const noting = `
	events = {}
	local function note(what) return function(e, more) events[#events + 1] = what end end
	button = gpio.button(5, {debounce = 0.005})
	button:on_press(note("press"))
	button:on_release(note("release"))
`

const noted = `return table.concat(events, " ")`

func TestAButtonIsPressedAndReleased(t *testing.T) {
	onEveryRig(t, func(t *testing.T, r rig) {
		r.drive(5, true)
		s := luastdtest.Open(t, r.options(noting+`button:on_change(function(v, e)
			events[#events + 1] = tostring(v) .. " " .. e.edge .. " " .. e.seq .. " " .. e.lost .. " " .. tostring(math.abs(time.monotonic() - e.time) < 60)
		end)`))
		s.Want(`return button:read()`, "false")
		r.drive(5, false)
		waitResult(t, s, noted, "press true rising 1 0 true")
		s.Want(`return button:read()`, "true")
		r.drive(5, true)
		waitResult(t, s, noted, "press true rising 1 0 true release false falling 2 0 true")
	})
}

// A contact bounces: it opens and closes many times within some milliseconds.
func TestABouncingButtonIsPressedOnce(t *testing.T) {
	onEveryRig(t, func(t *testing.T, r rig) {
		r.drive(5, true)
		s := luastdtest.Open(t, r.options(strings.Replace(noting, "0.005", "0.2", 1)))
		s.Want(`return button:read()`, "false")
		for i := range 21 {
			r.drive(5, i%2 == 1)
		}
		waitResult(t, s, noted, "press")
		r.drive(5, true)
		waitResult(t, s, noted, "press release")
	})
}

func TestThePullDecidesWhatAnOpenInputReads(t *testing.T) {
	onEveryRig(t, func(t *testing.T, r rig) {
		s := luastdtest.Open(t, r.options(""))
		s.Want(`local p = gpio.input(6, {pull = "up"}) local v = p:read() p:close() return v`, "true")
		s.Want(`local p = gpio.input(6, {pull = "down"}) local v = p:read() p:close() return v`, "false")
		s.Want(`local p = gpio.button(6) local v = p:read() p:close() return v`, "false")
	})
}

func TestWaitingForAButton(t *testing.T) {
	onEveryRig(t, func(t *testing.T, r rig) {
		r.drive(5, true)
		s := luastdtest.Open(t, r.options(noting+`
			waits = 0
			function wait(what) spawn(function() waits = waits + 1 local e = button:wait(what) result = what .. " " .. e.edge end) end`))
		s.Want(`return button:wait("both", 0.05)`, "nil, timeout: the pin 5 did not change in 0.05 s, timeout")
		for i, step := range []struct {
			wait string
			high bool
			want string
		}{
			{"press", false, "press rising"}, {"release", true, "release falling"},
			{"rising", false, "rising rising"}, {"falling", true, "falling falling"}, {"both", false, "both rising"},
		} {
			s.Run(fmt.Sprintf(`wait(%q)`, step.wait))
			waitResult(t, s, `return waits`, fmt.Sprint(i+1))
			r.drive(5, step.high)
			waitResult(t, s, `return result`, step.want)
		}
	})
}

// Holds and clicks follow the clock of the script.
func TestHoldsAndClicks(t *testing.T) {
	began := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	c := clock.NewFake(began)
	chip := sim.New(c)
	s := luastdtest.Open(t, luastdtest.Options{Source: noting + `
		button:on_hold(2, note("hold"))
		button:on_click(1, note("click"))
		button:on_click(2, note("double"))
		handler = button:on_click(3, note("triple"))
	`, Pins: chip, Clock: c, Permissions: gpioGrants})
	s.Want(`return button:read()`, "false")
	pass := func(d time.Duration) {
		for end := c.Now().Add(d); c.Step(end); {
		}
	}
	press := func(d time.Duration) {
		chip.SetValue(5, true)
		pass(d)
		chip.SetValue(5, false)
		pass(10 * time.Millisecond)
	}
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() { press(100 * time.Millisecond) }, "press release"},
		{func() { pass(time.Second) }, "click"},
		{func() { press(100 * time.Millisecond); press(100 * time.Millisecond); pass(time.Second) }, "press release press release double"},
		{func() { press(50 * time.Millisecond); press(50 * time.Millisecond); press(50 * time.Millisecond) }, "press release press release press triple release"},
		{func() { press(3 * time.Second) }, "press click hold release"},
		{func() { press(time.Second); pass(10 * time.Second) }, "press click release"},
		{func() {
			s.Run(`handler:cancel() handler:cancel()`)
			press(50 * time.Millisecond)
			press(50 * time.Millisecond)
		}, "press release press double release"},
	} {
		s.Run(`events = {}`)
		step.do()
		waitResult(t, s, noted, step.want)
	}
}

// The functions of a pin run one after the other, in the order of the changes, and an error ends only one
// of them.
func TestFunctionsRunInOrder(t *testing.T) {
	chip := sim.New(clock.Machine{})
	s := luastdtest.Open(t, simRig{chip}.options(`
		events, running, most = {}, 0, 0
		button = gpio.input(5, {debounce = 0})
		button:on_change(function(v, e)
			running = running + 1
			most = math.max(most, running)
			sleep(0.001)
			running = running - 1
			events[#events + 1] = e.seq
			if e.seq == 3 then error("a mistake") end
		end)`))
	s.Want(`return button:read()`, "false")
	var want []string
	for i := range 20 {
		chip.SetLevel(5, i%2 == 0)
		if seq := i + 1; seq != 3 {
			want = append(want, fmt.Sprint(seq))
		} else {
			want = append(want, "3")
		}
	}
	waitResult(t, s, noted, strings.Join(want, " "))
	s.Want(`return most`, "1")
	if got := strings.Join(s.Output(), "\n"); !strings.Contains(got, "a mistake") {
		t.Errorf("the log has no error: %q", got)
	}
}

// What the kernel has lost, what is beyond the limits of the queue and of the rate: the script is told how
// much it has missed.
func TestLostChangesAreCounted(t *testing.T) {
	c := clock.NewFake(time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC))
	chip := sim.New(c)
	s := luastdtest.Open(t, luastdtest.Options{Source: `
		pin = gpio.input(5, {debounce = 0})
		pin:on_change(function(v, e)
			count, lost, last = (count or 0) + 1, (lost or 0) + e.lost, e.seq
			if stop then stop:wait() end
		end)`, Pins: chip, Clock: c, Permissions: gpioGrants})
	s.Want(`return pin:read()`, "false")
	level := false
	toggle := func(n int) {
		for range n {
			level = !level
			chip.SetLevel(5, level)
		}
	}
	toggle(1)
	chip.LoseEvents(5, 4)
	toggle(5)
	waitResult(t, s, `return count, lost, last`, "2, 4, 6")

	s.Run(`stop = task.event()`)
	toggle(1) // its function waits
	waitResult(t, s, `return count`, "3")
	toggle(300)
	s.Run(`stop:set() stop = nil`)
	waitResult(t, s, `return count, lost, last`, "259, 48, 307")

	c.Step(c.Now().Add(time.Hour))
	toggle(1001)
	c.Step(c.Now().Add(time.Hour))
	toggle(1)
	waitResult(t, s, `return last, last - count - lost`, "1309, 0")
}
