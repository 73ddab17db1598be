package vm

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestALongBurstCausesAWarningAndThenAKill(t *testing.T) {
	if testing.Short() {
		t.Skip("runs loops for half a second")
	}
	f := newFixture(t, Options{Limits: Limits{BurstWarning: 20 * time.Millisecond, Burst: 60 * time.Millisecond}}, nil, `
		local function loop()
			while true do end
		end
		function plain() loop() end
		function guarded() while true do pcall(loop) end end
		function tail() return pcall(loop) end
		function co() return coroutine.resume(coroutine.create(loop)) end
	`)
	for _, name := range []string{"plain", "guarded", "tail", "co"} {
		got := f.run(name)
		var killed *KilledError
		if !errors.As(got.err, &killed) || !strings.HasPrefix(killed.Reason, "ran for 60ms without a wait, at <string>:3") || !killed.HasLine {
			t.Errorf("%s ended with %v, want an error that says where it ran for 60ms", name, got.err)
		}
		f.until(name + " has run for 20ms without a wait, at <string>:3")
	}
}

func TestAWaitStartsANewBurst(t *testing.T) {
	if testing.Short() {
		t.Skip("runs loops for a second")
	}
	// The limits are long so that the test also passes on a busy machine.
	limits := Limits{BurstWarning: 300 * time.Millisecond, Burst: 400 * time.Millisecond}
	f := newFixture(t, Options{Limits: limits}, map[string]any{"apply": func(f func()) { f() }}, `
		local function work() local t = os.clock() while os.clock() - t < 0.02 do end end
		local function loop() for i = 1, 25 do work() sleep(0) end end
		function plain() loop() return "done" end
		function in_callback() apply(loop) return "done" end
	`)
	f.want("plain", "done") // runs for 500 ms in total, longer than Limits.Burst
	f.want("in_callback", "done")
}

func TestTheWaitForASlotDoesNotCountAsBurst(t *testing.T) {
	if testing.Short() {
		t.Skip("shares one slot with six busy loops")
	}
	slots := NewSlots(1)
	const work = `function work() for i = 1, 1e6 do end return "done" end`
	alone := newFixture(t, Options{Slots: slots, Limits: Limits{Burst: time.Hour}}, nil, work)
	began := time.Now()
	alone.want("work", "done")
	took := time.Since(began)
	startLoops(t, slots, 6)
	beside := newFixture(t, Options{Slots: slots, Limits: Limits{Burst: 3*took + 50*time.Millisecond}}, nil, work)
	// The task takes about seven times as long as when it ran alone, because it shares the slot
	// with six loops. That is more than Limits.Burst.
	beside.want("work", "done")
}

// When Go code calls a Lua function, gopher-luar runs the function on a thread whose context is not
// the hook. The hook cannot count the instructions there, so the watchdog must limit the time.
func TestTheWatchdogEndsALongBurstInsideAGoCallback(t *testing.T) {
	if testing.Short() {
		t.Skip("runs loops for a second")
	}
	limits := Limits{BurstWarning: 20 * time.Millisecond, Burst: 100 * time.Millisecond}
	f := newFixture(t, Options{Limits: limits}, map[string]any{"apply": func(f func()) { f() }, "ended": func() {}}, `
		local function loop() while true do end end
		function once() apply(loop) end
		function nested() apply(function() apply(loop) end) end
		function guarded() while true do pcall(apply, loop) end end
		function tail() return pcall(apply, loop) end
		function after_a_wait() apply(function() sleep(0.001) loop() end) end
		function after_another() apply(ended) sleep(0.001) apply(loop) end
		function co() return coroutine.resume(coroutine.create(function() apply(loop) end)) end
		function alive() local s = "no" apply(function() s = "yes" end) return s end
	`)
	for _, name := range []string{"once", "nested", "guarded", "tail", "after_a_wait", "after_another", "co"} {
		if got := f.run(name); got.err == nil || got.err.Error() != "ran for 100ms without a wait" {
			t.Errorf("%s ended with %v, want an error that it ran for 100ms", name, got.err)
		}
		f.until(name + " has run for 20ms without a wait, in a function that Go has called")
		f.want("alive", "yes")
	}
	if got := f.run("once"); !strings.Contains(ErrorValue(got.err.(*KilledError).Raised).String(), "<string>:2: ran for") {
		t.Errorf("once raised %v, want the line", got.err.(*KilledError).Raised)
	}
}

func TestAKillReachesLuaCodeThatGoCalls(t *testing.T) {
	f := newFixture(t, Options{}, map[string]any{"apply": func(f func()) { f() }}, `
		function loop() apply(function() while true do end end) end
		function guarded() while true do pcall(apply, function() while true do end end) end end
		function waits() apply(function() sleep(3600) end) end
		function alive() local s = "no" apply(function() sleep(0.001) s = "yes" end) return s end
	`)
	for _, name := range []string{"loop", "guarded", "waits"} {
		got := f.await(f.startTask(&Task{Name: name, Timeout: 30 * time.Millisecond}))
		if got.err == nil || got.err.Error() != "took longer than 30ms" {
			t.Errorf("%s ended with %v, want a timeout", name, got.err)
		}
		f.want("alive", "yes")
	}
	loop := f.start("loop")
	f.Close()
	if got := f.await(loop); got.err == nil || got.err.Error() != closedReason {
		t.Errorf("loop ended with %v, want %s", got.err, closedReason)
	}
}
