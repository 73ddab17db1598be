package timers_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/luastd/luastdtest"
)

func TestScheduleExamples(t *testing.T) {
	t.Setenv("TZ", "Europe/Berlin")
	luastdtest.Examples(t, "testdata/*.lua")
}

func TestTimers(t *testing.T) {
	for _, row := range []struct{ why, source, want string }{
		{"after runs once", "local n = 0 after(1, function() n = n + 1 end) sleep(10) return n", "1"},
		{"every runs again and can be cancelled", `
			local n, timer = 0
			timer = every(1, function() n = n + 1 if n == 3 then timer:cancel() end end)
			sleep(10)
			return n`, "3"},
		{"a timer has no arguments", "local n after(1, function(...) n = select('#', ...) end) sleep(2) return n", "0"},
		{"a cancelled timer does not run", "local n = 0 local timer = after(1, function() n = 1 end) timer:cancel() timer:cancel() sleep(2) return n, getmetatable(timer)", "0, timer"},
		{"a timer says what it is", "return tostring(after(60, print)), tostring(every(0.5, print))", "timer (after 60 s), timer (every 0.5 s)"},
		{"next is the time of the next run", "local timer = after(60, print) return timer:next() - time.now()", "60"},
		{"next of a timer that repeats", "local timer = every(2, print) sleep(5) return timer:next() - time.now()", "1"},
		{"next after the last run", "local timer = after(1, print) sleep(2) return timer:next()", "nil"},
		{"restart delays the run", "local at local timer = after(4, function() at = time.now() end) local begin = time.now() sleep(2) timer:restart() sleep(10) return at - begin", "6"},
		{"restart of a timer that has run", "local n = 0 local timer = after(1, function() n = n + 1 end) sleep(2) timer:restart() sleep(2) return n", "2"},
		{"spawn passes arguments", "local got spawn(function(...) got = table.concat({ ... }, ' ') end, 1, 'a') sleep(0) while not got do sleep(0) end return got", "1 a"},
		{"other tasks run during a sleep", "local n = 0 spawn(function() n = 1 end) local before = n sleep(1) return before, n", "0, 1"},

		{"debounce runs after the last call", `
			local at, got
			local changed = debounce(2, function(...) at, got = time.now(), table.concat({ ... }, " ") end)
			local begin = time.now()
			for i = 1, 5 do changed(i, "x") sleep(1) end
			sleep(4)
			return at - begin, got`, "6, 5 x"},
		{"debounce runs again", `
			local got = {}
			local changed = debounce(2, function(v) got[#got + 1] = v end)
			changed("a") sleep(3) changed("b") sleep(3)
			return table.concat(got, " ")`, "a b"},
		{"a call of debounce during a run", `
			local got = {}
			local changed = debounce(1, function(v) got[#got + 1] = v sleep(5) got[#got + 1] = v .. " ended" end)
			changed("a") sleep(2) changed("b") sleep(11)
			return table.concat(got, ", ")`, "a, a ended, b, b ended"},
		{"debounce without a call", "local n = 0 debounce(1, function() n = 1 end) sleep(2) return n", "0"},
		{"debounce with nil", "local n local changed = debounce(1, function(...) n = select('#', ...) end) changed(nil, nil) sleep(2) return n", "2"},
		{"a failing function of debounce", "local changed = debounce(1, error) changed('oops') sleep(2) return 'ok'", "ok"},

		{"throttle calls at most once in that time", `
			local n = 0
			local limited = throttle(2, function(...) n = n + 1 return n, ... end)
			local first, second = table.concat({ limited("a", "b") }, " "), select("#", limited("c"))
			sleep(1.9)
			limited()
			sleep(0.2)
			return first, second, limited("d")`, "1 a b, 0, 2, d"},
		{"a function of throttle may wait", "local limited = throttle(1, function() sleep(5) return 'done' end) return limited()", "done"},
		{"a failing function of throttle", "local limited = throttle(1, error) return pcall(limited, 'oops', 0)", "false, oops"},
	} {
		synctest.Test(t, func(t *testing.T) {
			// the clock of a bubble begins in the year 2000
			s := luastdtest.Open(t, luastdtest.Options{Now: func() time.Time { return time.Now().AddDate(26, 0, 0) }})
			if got := s.Run(row.source); got != row.want {
				t.Errorf("%s: got %s, want %s", row.why, got, row.want)
			}
		})
	}
}

func TestATimerMadeWhileTheScriptLoads(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `
		early, args = 0, nil
		at_load = after(0, function() early = early + 1 end)
		next_at_load = at_load:next() - os.time()
		debounce(0, function(...) args = select("#", ...) end)("x")
	`})
	if got := s.Run("while early == 0 or not args do sleep(0.001) end return early, args, next_at_load < 2"); got != "1, 1, true" {
		t.Errorf("got %s", got)
	}
}

func TestWrongArguments(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	for source, want := range map[string]string{
		"sleep(1e9)":                    "bad argument #1 to sleep (seconds must be from 0s to a year)",
		"every(0, print)":               "bad argument #1 to every (seconds must be from 1ms to a year)",
		"sleep(0/0)":                    "bad argument #1 to sleep (seconds must be from 0s to a year)",
		"debounce(-1, print)":           "bad argument #1 to debounce (seconds must be from 0s to a year)",
		"debounce(1)":                   "bad argument #2 to debounce (function expected, got nil)",
		"throttle(1e9, print)":          "bad argument #1 to throttle (seconds must be from 0s to a year)",
		"throttle(1)":                   "bad argument #2 to throttle (function expected, got nil)",
		"after(60, print).cancel(1)":    "bad argument #1 to cancel (a timer expected: use a colon, as in timer:cancel())",
		"after(60, print).next()":       "bad argument #1 to next (a timer expected: use a colon, as in timer:next())",
		"after(60, print).restart('x')": "bad argument #1 to restart (a timer expected: use a colon, as in timer:restart())",
	} {
		if got := strings.TrimPrefix(s.Run(source), "a.lua:1: "); got != want {
			t.Errorf("%s: got %s, want %s", source, got, want)
		}
	}
}

// The log names the function that made the timer, and the name of the option name.
func TestTheLogNamesTheTimer(t *testing.T) {
	t.Setenv("TZ", "UTC")
	synctest.Test(t, func(t *testing.T) {
		s := luastdtest.Open(t, luastdtest.Options{
			Now: func() time.Time { return time.Now().AddDate(26, 0, 0) },
			Source: `
				local function fail() error("oops", 0) end
				after(1, fail)
				cron("* * * * * *", fail)
				daily("00:00:02", fail, { name = "lights" })
				at("2026-01-01 00:00:03", fail, { name = "sing\n" })
				debounce(1, fail)()
			`,
		})
		time.Sleep(4 * time.Second)
		log := strings.Join(s.Output(), "\n")
		for _, want := range []string{"ERROR: after: oops", "ERROR: cron: oops", `ERROR: daily "lights": oops`, `ERROR: at "sing\n": oops`, "ERROR: debounce: oops"} {
			if !strings.Contains(log, want) {
				t.Errorf("the log has no line %s:\n%s", want, log)
			}
		}
	})
}

// A script can have variables of its own with the names of the functions.
func TestGlobalsOfTheScriptReplaceTheFunctions(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `at, cron, time = 5, "mine", os.time daily = function() return "own" end`})
	if got := s.Run(`return at, cron, daily(), type(time())`); got != "5, mine, own, number" {
		t.Errorf("got %s", got)
	}
}
