package script

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A testClock is a clock that can be set. Otherwise it goes on with the time of package time.
type testClock struct {
	mu    sync.Mutex
	shown time.Time // what the clock showed when it was set
	set   time.Time // when it was set
}

func (c *testClock) Set(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	shown, err := time.Parse(time.DateTime, text)
	if err != nil {
		panic(err)
	}
	c.shown, c.set = shown, time.Now()
}

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shown.Add(time.Since(c.set))
}

// withClock runs test with the script a.lua, whose clock shows the time begin in UTC when it is loaded.
// In the script, say(text) prints a text with the time of the clock in UTC.
func withClock(t *testing.T, begin, source string, test func(f *fixture, clock *testClock)) {
	t.Helper()
	t.Setenv("TZ", "UTC")
	synctest.Test(t, func(t *testing.T) {
		clock := &testClock{}
		clock.Set(begin)
		f := newFixture(t, Options{Now: clock.Now, Limits: Limits{Handler: 10 * time.Minute}})
		f.write("a.lua", `local function say(text, t) print((t and time.format(t, "%d %T ", "UTC") or "") .. text .. time.format(nil, " %T", "UTC")) end `+source)
		if _, err := f.Load(f.path("a.lua")); err != nil {
			t.Fatal(err)
		}
		test(f, clock)
		f.Close()
	})
}

// sleep waits that long, and until the script has done what was due then.
func sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// wantPrinted fails the test if the lines that the script has printed are not the wanted ones. Their
// order does not matter, because the order of timers that are due at the same time is not defined.
func wantPrinted(t *testing.T, f *fixture, want string) {
	t.Helper()
	got := strings.Split(f.printed(), ", ")
	slices.Sort(got)
	wanted := strings.Split(want, ", ")
	slices.Sort(wanted)
	if !slices.Equal(got, wanted) {
		t.Errorf("the script printed %q, want %q", got, wanted)
	}
}

// wantOnce fails the test if the log does not have the text exactly once.
func wantOnce(t *testing.T, f *fixture, text string) {
	t.Helper()
	if n := strings.Count(f.all(), text); n != 1 {
		t.Errorf("the log has %q %d times:\n%s", text, n, f.all())
	}
}

func TestSchedulesRunAtTheirTimes(t *testing.T) {
	withClock(t, "2026-10-25 00:20:00", `
		cron("30 * * * *", function(t) say("cron", t) end)
		cron("30 2 * * *", function(t) say("berlin", t) end, { zone = "Europe/Berlin" })
		daily("01:10", function(t) say("daily", t) end)
		daily("6:00", function() say("never") end, { days = "mon-fri" })
		daily("sunrise+0:10", function(t) say("sun", t) end, { lat = 52.52, lon = 13.405 })
		at("2026-10-25 01:00", function(t) say("at", t) end)
		at(time.parse("2026-10-25T01:00:00.5Z"), function(t) say("number", t) end)
		at("2026-10-25 00:20:00", function() say("past") end)
	`, func(f *fixture, _ *testClock) {
		sleep(7*time.Hour - 15*time.Minute)
		wantPrinted(t, f, "25 00:30:00 cron 00:30:00, 25 00:30:00 berlin 00:30:00, 25 01:00:00 at 01:00:00, 25 01:00:00 number 01:00:00, "+
			"25 01:10:00 daily 01:10:00, 25 01:30:00 cron 01:30:00, 25 02:30:00 cron 02:30:00, 25 03:30:00 cron 03:30:00, "+
			"25 04:30:00 cron 04:30:00, 25 05:30:00 cron 05:30:00, 25 05:59:37 sun 05:59:37, 25 06:30:00 cron 06:30:00")
	})
}

// A small computer without a battery starts with a time long past.
func TestSchedulesWaitUntilTheClockHasBeenSet(t *testing.T) {
	withClock(t, "2023-12-31 23:59:30", `
		local timers = {
			cron("* * * * *", function(t) say("cron", t) end),
			daily("00:00", function(t) say("daily", t) end),
			at("2026-10-25 12:00", function(t) say("at", t) end),
		}
		register_tool("next", function() local n = 0 for _, t in ipairs(timers) do if t:next() then n = n + 1 end end return n end)
		every(3600, function() say("every") end)
	`, func(f *fixture, clock *testClock) {
		clock.Set("1970-01-01 00:00:30")
		sleep(2*time.Hour + time.Second)
		wantOnce(t, f, "so it has not been set: cron, daily and at wait until it is right")
		f.want("next", "{}", "0")
		clock.Set("2026-10-25 11:58:20")
		sleep(30 * time.Second)
		wantOnce(t, f, "INFO: the clock of the machine has been set to 2026-10-25 11:58:2")
		f.want("next", "{}", "3")
		sleep(150 * time.Second)
		wantPrinted(t, f, "every 01:00:30, every 02:00:30, 25 11:59:00 cron 11:59:00, 25 12:00:00 cron 12:00:00, 25 12:00:00 at 12:00:00, 25 12:01:00 cron 12:01:00")
	})
}

// The clock can be put forward, or the machine was suspended.
func TestAClockThatIsPutForward(t *testing.T) {
	const source = `
		cron("*/10 * * * *", function(t) say("cron", t) end)
		daily("07:00", function(t) say("daily", t) end)
		at("2026-10-25 07:00", function(t) say("at", t) end)
	`
	t.Run("a little", func(t *testing.T) {
		withClock(t, "2026-10-25 06:00:00", source, func(f *fixture, clock *testClock) {
			sleep(time.Minute)
			clock.Set("2026-10-25 08:55:00")
			sleep(6 * time.Minute) // the timers wake up after 30 s
			wantPrinted(t, f, "25 06:10:00 cron 08:55:30, 25 07:00:00 daily 08:55:30, 25 07:00:00 at 08:55:30, 25 09:00:00 cron 09:00:00")
		})
	})
	t.Run("far", func(t *testing.T) {
		withClock(t, "2026-10-25 06:00:00", source, func(f *fixture, clock *testClock) {
			sleep(time.Minute)
			clock.Set("2026-10-26 06:55:00")
			sleep(6 * time.Minute)
			wantPrinted(t, f, "26 07:00:00 cron 07:00:00, 26 07:00:00 daily 07:00:00")
			for _, line := range []string{"WARN: at: the run of 2026-10-25 07:00:00 is skipped, because it is 23h56m0s too late", "WARN: cron: the run of 2026-10-25 06:10:00 is skipped"} {
				if !f.hasLine(line) {
					t.Errorf("there is no line %s:\n%s", line, f.all())
				}
			}
		})
	})
}

func TestAClockThatIsPutBack(t *testing.T) {
	const source = `
		cron("*/10 * * * *", function(t) say("interval", t) end)
		daily("07:00", function(t) say("daily", t) end)
	`
	for _, row := range []struct{ why, set, want string }{
		{"by seconds", "2026-10-25 06:59:40", "25 07:10:00 interval 07:10:00"},
		{"by an hour", "2026-10-25 06:04:00", "25 06:10:00 interval 06:10:00, 25 06:20:00 interval 06:20:00"},
		{"by more than three hours", "2026-10-24 06:55:00", "24 07:00:00 interval 07:00:00, 24 07:00:00 daily 07:00:00, 24 07:10:00 interval 07:10:00"},
	} {
		t.Run(row.why, func(t *testing.T) {
			withClock(t, "2026-10-25 06:59:00", source, func(f *fixture, clock *testClock) {
				sleep(70 * time.Second)
				clock.Set(row.set)
				sleep(20 * time.Minute)
				wantPrinted(t, f, "25 07:00:00 interval 07:00:00, 25 07:00:00 daily 07:00:00, "+row.want)
			})
		})
	}
	t.Run("so far that it is not set", func(t *testing.T) {
		withClock(t, "2026-10-25 06:59:00", source, func(f *fixture, clock *testClock) {
			clock.Set("1970-01-01 06:59:00")
			sleep(20 * time.Minute)
			wantPrinted(t, f, "")
		})
	})
	t.Run("during a run", func(t *testing.T) {
		withClock(t, "2026-10-25 06:59:00", `cron("0 * * * *", function(t) say("cron", t) sleep(50) end)`, func(f *fixture, clock *testClock) {
			sleep(80 * time.Second)
			clock.Set("2026-10-25 06:59:50")
			sleep(70 * time.Minute)
			wantPrinted(t, f, "25 07:00:00 cron 07:00:00, 25 08:00:00 cron 08:00:00")
		})
	})
}

func TestAScheduleFollowsTheZoneOfTheMachine(t *testing.T) {
	withClock(t, "2026-10-24 05:50:00", `
		daily("08:00", function(t) say("machine", t) end)
		daily("08:00", function(t) say("utc", t) end, { zone = "UTC" })
		at("2026-10-24 08:05", function(t) say("at", t) end)
	`, func(f *fixture, _ *testClock) {
		sleep(time.Minute)
		os.Setenv("TZ", "Europe/Berlin")
		sleep(3 * time.Hour)
		wantPrinted(t, f, "24 06:00:00 machine 06:00:00, 24 06:05:00 at 06:05:00, 24 08:00:00 utc 08:00:00")
	})
}

func TestARunOfAScheduleThatIsDueDuringARunIsLeftOut(t *testing.T) {
	withClock(t, "2026-10-24 05:59:50", `
		cron("* * * * *", function(t) say("run", t) sleep(90) end)
		cron("0 6 * * *", function(t) say("long", t) sleep(3600) end, { name = "slow" })
	`, func(f *fixture, _ *testClock) {
		sleep(5 * time.Minute)
		wantPrinted(t, f, "24 06:00:00 run 06:00:00, 24 06:00:00 long 06:00:00, 24 06:02:00 run 06:02:00, 24 06:04:00 run 06:04:00")
		sleep(10 * time.Minute)
		if !f.hasLine(`WARN: cron "slow": stopped: a.lua:3: took longer than 10m0s`) {
			t.Errorf("the long run was not stopped:\n%s", f.all())
		}
	})
}

func TestAReloadEndsSchedules(t *testing.T) {
	const source = `local n = ... cron("* * * * *", function() say("old") end) at("2026-10-24 06:01", function() say("old at") end)`
	withClock(t, "2026-10-24 05:59:50", source, func(f *fixture, _ *testClock) {
		sleep(time.Second)
		f.write("a.lua", `at("2026-10-24 06:01", function() print("new at") end)`)
		f.reload()
		sleep(5 * time.Minute)
		wantPrinted(t, f, "new at")
	})
}

func TestCheckRunsNoTimers(t *testing.T) {
	t.Setenv("TZ", "UTC")
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{Now: func() time.Time { return time.Now().AddDate(26, 0, 0) }})
		f.write("a.lua", `
			local timers = { cron("* * * * * *", print), daily("sunset", print, { lat = 0, lon = 0 }), at("2026-01-01 00:00:01", print), after(0, print) }
			debounce(0, print)("x")
			for _, t in ipairs(timers) do print(t:next() ~= nil) t:restart() t:cancel() t:restart() end
		`)
		if _, err := f.Check(f.path("a.lua")); err != nil {
			t.Fatal(err)
		}
		sleep(time.Minute)
		wantPrinted(t, f, "true, true, true, true")
		f.Close()
	})
}

func TestSchedulesCountTowardsTheMaximumOfTimers(t *testing.T) {
	f := load(t, fmt.Sprintf(`
		local first = cron("@daily", print)
		for i = 2, %d do at("2099-01-01", print) end
		register_tool("more", function() return select(2, pcall(daily, "07:00", print)) end)
		register_tool("cancel", function() first:cancel() daily("07:00", print) return select(2, pcall(first.restart, first)) end)
	`, maxTimers))
	f.want("more", "{}", "daily: more than 1024 timers")
	f.want("cancel", "{}", "cron: more than 1024 timers")
}

func TestRestartAndNext(t *testing.T) {
	withClock(t, "2026-10-24 06:00:00", `
		local once, often, daily_timer
		local function left(timer) local t = timer:next() return t and t - time.now() end
		register_tool("step", function(args) return assert(loadstring(args.code))(once, often, daily_timer, left) end)
		once = after(60, function() say("once") sleep(10) end)
		often = every(60, function() say("often") sleep(10) end)
		daily_timer = daily("07:00", function() say("daily") end)
	`, func(f *fixture, _ *testClock) {
		step := func(code, want string) {
			t.Helper()
			f.want("step", fmt.Sprintf(`{"code": %q}`, "local once, often, daily, left = ... "+code), want)
		}
		sleep(30 * time.Second)
		step("return left(once) .. ' ' .. left(often) .. ' ' .. left(daily)", "30 30 3570")
		step("once:restart() often:restart() daily:restart() return left(once) .. ' ' .. left(often) .. ' ' .. left(daily)", "60 60 3570")
		sleep(65 * time.Second) // both run
		step("return tostring(left(once)) .. ' ' .. left(often)", "nil 55")
		sleep(10 * time.Second) // both have run
		step("return tostring(left(once)) .. ' ' .. left(often)", "nil 45")
		step("often:cancel() daily:cancel() return tostring(left(often)) .. tostring(left(daily))", "nilnil")
		step("once:restart() often:restart() daily:restart() return left(once) .. ' ' .. left(often) .. ' ' .. left(daily)", "60 60 3495")
		sleep(61 * time.Second) // both run
		step("once:restart() often:restart() return left(once) .. ' ' .. left(often)", "60 60")
		step("once:restart() once:cancel() often:cancel() return tostring(left(once))", "nil")
		step("once:restart() return left(once)", "60")
		sleep(2 * time.Minute)
		step("often:restart() daily:cancel() return 'ok'", "ok")
		sleep(61 * time.Second)
		wantPrinted(t, f, "once 06:01:30, often 06:01:30, once 06:02:45, often 06:02:45, once 06:03:46, often 06:05:46")
	})
}

// on_start runs before the timers of the top level start.
func TestOnStartCanRestartATimerOfTheTopLevel(t *testing.T) {
	withClock(t, "2026-10-24 06:00:00", `
		local once = after(10, function() say("once") sleep(1) end)
		local often = every(10, function() say("often") sleep(1) end)
		local cancelled = after(10, function() say("cancelled") end)
		local again = cron("* * * * *", function() say("cron") end)
		on_start(function()
			once:restart() once:restart()
			often:cancel() often:restart()
			cancelled:restart() cancelled:cancel()
			again:restart()
		end)
	`, func(f *fixture, _ *testClock) {
		sleep(65 * time.Second)
		wantPrinted(t, f, "once 06:00:10, often 06:00:10, often 06:00:20, often 06:00:30, often 06:00:40, often 06:00:50, often 06:01:00, cron 06:01:00")
	})
}

// A restart while the message of the timer is in the mailbox must not let it run at once.
func TestARestartDelaysARunThatIsInTheMailbox(t *testing.T) {
	f := load(t, `
		register_tool("busy", function()
			local ran = {}
			local function timer(name) return after(0.03, function() ran[name] = time.monotonic() end) end
			local first, second, third = timer("first"), timer("second"), timer("third")
			local t = os.clock() while os.clock() - t < 0.06 do end -- all timers are due
			local restarted = time.monotonic()
			first:restart()
			second:cancel() second:restart()
			third:restart() third:cancel()
			sleep(0.1)
			local function late(name) return ran[name] and ran[name] - restarted >= 0.03 end
			return tostring(late("first")) .. " " .. tostring(late("second")) .. " " .. tostring(late("third"))
		end)
	`)
	f.want("busy", "{}", "true true nil")
}
