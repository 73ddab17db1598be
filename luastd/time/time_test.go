package time_test

import (
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/luastdtest"
	module "moonlark/luastd/time"
)

func TestTimeExamples(t *testing.T) {
	t.Setenv("TZ", "Europe/Berlin")
	luastdtest.Examples(t, "testdata/*.lua")
}

// The time of day is that of the clock of the script, and not that of package time.
func TestTheTimeOfDayComesFromTheClock(t *testing.T) {
	t.Setenv("TZ", "Europe/Berlin")
	now := time.Date(2026, 12, 24, 17, 0, 0, 250_000_000, time.UTC)
	s := luastdtest.Open(t, luastdtest.Options{Now: func() time.Time { return now }})
	for source, want := range map[string]string{
		"time.now() % 60":                                         "0.25",
		"time.iso()":                                              "2026-12-24T18:00:00+01:00",
		"time.format(nil, '%H:%M', 'UTC')":                        "17:00",
		"time.date().day":                                         "24",
		"time.iso(time.add(nil, {days = 1}))":                     "2026-12-25T18:00:00+01:00",
		"time.iso(time.parse('07:00', '%R'))":                     "2026-12-24T07:00:00+01:00",
		"time.iso(time.parse('1. 2.', '%d. %m.'))":                "2026-02-01T00:00:00+01:00",
		"time.iso(time.sun(52.52, 13.405).noon):sub(1, 16)":       "2026-12-24T12:05",
		"os.date('%F %T'), os.time() == math.floor(time.now())":   "2026-12-24 18:00:00, true",
		"time.iso(time.parse('00:30', '%R', 'Pacific/Auckland'))": "2026-12-24T12:30:00+01:00",
	} {
		if got := s.Run("return " + source); got != want {
			t.Errorf("%s: got %s, want %s", source, got, want)
		}
	}
}

func TestAClockThatHasNotBeenSetIsNotSynced(t *testing.T) {
	year := 1970
	s := luastdtest.Open(t, luastdtest.Options{Now: func() time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }})
	for _, year = range []int{1970, luastd.FirstYear - 1} {
		if got := s.Run("return time.synced()"); got != "false" {
			t.Errorf("in %d, time.synced returns %s, want false", year, got)
		}
	}
}

// A script can have a variable of its own with the name of the module.
func TestAGlobalOfTheScriptReplacesTheModule(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: "time = os.time"})
	if got := s.Run("return time() > 0, require('time').zone() ~= nil"); got != "true, true" {
		t.Errorf("got %s", got)
	}
}

// Each time must be the same after date and of, and move back to where it was.
func FuzzDateAndOf(f *testing.F) {
	functions := luastdtest.OpenFunctions(f, module.Module)
	call := func(t *testing.T, name string, args ...lua.LValue) lua.LValue {
		results, err := functions.Call(name, args...)
		if err != nil {
			t.Fatalf("%s(%v): %v", name, args, err)
		}
		return results[0]
	}
	f.Add(int64(1798131600), 2, int16(3))
	f.Add(int64(-1), 0, int16(-40))
	f.Add(int64(1792891800), 1, int16(12)) // 02:30 comes twice
	zones := []lua.LString{"UTC", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "CET-1CEST,M3.5.0,M10.5.0/3"}
	f.Fuzz(func(t *testing.T, seconds int64, zone int, days int16) {
		at, name := lua.LNumber(seconds%60_000_000_000), zones[uint(zone)%uint(len(zones))]
		if got := call(t, "of", call(t, "date", at, name)); got != at {
			t.Errorf("of(date(%v, %s)) returned %v", at, name, got)
		}
		by := functions.L.NewTable()
		by.RawSetString("days", lua.LNumber(days))
		moved := call(t, "add", at, by, name)
		if got := float64(moved.(lua.LNumber)-at) - float64(days)*86400; got > 90000 || got < -90000 {
			t.Errorf("%d days after %v in %s is %v, which is %v s away", days, at, name, moved, got)
		}
	})
}
