package timers_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlark/engine/permit"
	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

// A kiosk has a script that is started again and again, with the same data folder.
type kiosk struct {
	t    *testing.T
	data string
}

// start loads the script at a time of day, such as "2026-11-29 12:00".
func (k kiosk) start(at, source string) *luastdtest.Script {
	k.t.Helper()
	clock, err := time.Parse("2006-01-02 15:04", at)
	if err != nil {
		k.t.Fatal(err)
	}
	began := time.Now()
	return luastdtest.Open(k.t, luastdtest.Options{
		Source:      source,
		Permissions: permit.Settings{Data: k.data, ID: "kiosk"},
		Now:         func() time.Time { return clock.Add(time.Since(began)) },
	})
}

func output(s *luastdtest.Script) string { return strings.Join(s.Output(), "\n") }

func TestAMissedRunIsMadeUpForAtTheStart(t *testing.T) {
	t.Setenv("TZ", "UTC")
	const script = `
		local function turn(name) return function(t) print(name .. " " .. time.format(t, "%d %H:%M")) end end
		cron("0 9 * * *", turn("kept"), {name = "kept", missed = "run"})
		daily("09:00", turn("daily"), {name = "daily", missed = "run"})
		cron("0 9 * * *", turn("skipped"), {name = "skipped"})
		on_start(function() sleep(0.2) print("started") end)`
	k := kiosk{t, t.TempDir()}
	for _, row := range []struct{ at, want string }{
		{"2026-11-29 12:00", ""}, // from now on, runs can be missed
		{"2026-11-29 18:00", ""},
		{"2026-11-30 08:59", ""},
		{"2026-11-30 20:00", "kept 30 20:00, daily 30 20:00"},
		{"2026-11-30 20:30", ""},
		{"2026-12-24 10:00", "kept 24 10:00, daily 24 10:00"}, // only one of many
	} {
		s := k.start(row.at, script)
		testkit.Until(t, "the start", func() bool { return strings.Contains(output(s), "started") })
		for _, want := range strings.Split(row.want, ", ") {
			testkit.Until(t, want, func() bool { return strings.Contains(output(s), want) })
		}
		if got := strings.Count(output(s), ":"); row.want == "" && got > 0 || strings.Contains(output(s), "skipped") {
			t.Errorf("started at %s: %s", row.at, output(s))
		}
		testkit.Until(t, "the file", func() bool {
			content, err := os.ReadFile(filepath.Join(s.DataFolder, "timers.json"))
			return err == nil && strings.Contains(string(content), `"daily"`) && strings.Contains(string(content), `"kept"`)
		})
		s.Scripts.Close()
	}
}

func TestMistakesOfMissed(t *testing.T) {
	k := kiosk{t, t.TempDir()}
	s := k.start("2026-11-29 12:00", `cron("0 9 * * *", print, {name = "a", missed = "run"})`)
	for source, want := range map[string]string{
		`cron("0 9 * * *", print, {missed = "run"})`:               `missed = "run" needs a name`,
		`cron("0 9 * * *", print, {name = "a", missed = "run"})`:   `there is another timer with the name "a"`,
		`cron("0 9 * * *", print, {name = "b", missed = "later"})`: `missed must be one of skip, run, not "later"`,
	} {
		if got := s.Run(source); !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", source, got, want)
		}
	}
	s.Scripts.Close()
	if err := os.WriteFile(filepath.Join(s.DataFolder, "timers.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	s = k.start("2026-11-29 12:00", "")
	if got := s.Run(`daily("09:00", print, {name = "a", missed = "run"})`); !strings.Contains(got, "daily: timers.json: unexpected end of JSON input") {
		t.Errorf("a damaged file: got %s", got)
	}
}

func TestTheFileOfTheLastRunsDoesNotGrow(t *testing.T) {
	k := kiosk{t, t.TempDir()}
	s := k.start("2026-11-29 12:00", "")
	times := map[string]int{"kept": 1} // the oldest of all, but in use
	for i := range 5000 {
		times[fmt.Sprint("old ", i)] = 1_000_000 + i
	}
	content, err := json.Marshal(times)
	if err := errors.Join(err, os.MkdirAll(s.DataFolder, 0o700), os.WriteFile(filepath.Join(s.DataFolder, "timers.json"), content, 0o600)); err != nil {
		t.Fatal(err)
	}
	s.Run(`for _, name in ipairs{"kept", "new"} do daily("09:00", print, {name = name, missed = "run"}) end`)
	testkit.Until(t, "the file", func() bool {
		content, _ := os.ReadFile(filepath.Join(s.DataFolder, "timers.json"))
		clear(times)
		json.Unmarshal(content, &times)
		_, kept := times["kept"]
		_, newest := times["old 4999"]
		_, oldest := times["old 0"]
		return len(times) == 2048 && kept && newest && !oldest
	})
	if got := s.Run(`daily("09:00", print, {name = ("x"):rep(101), missed = "run"})`); !strings.Contains(got, "the name has at most 100 bytes") {
		t.Error(got)
	}
}

func TestTwoTasksUseTheFileOfTheLastRunsAtTheSameTime(t *testing.T) {
	s := kiosk{t, t.TempDir()}.start("2026-11-29 12:00", "")
	got := s.Run(`
		local list = {}
		for i = 1, 2 do list[i] = function() return (pcall(cron, "0 9 * * *", print, {name = "same", missed = "run"})) end end
		local results = task.all(list)
		return results[1] ~= results[2]`)
	if got != "true" {
		t.Errorf("got %s, want that only one of two timers with a name is made", got)
	}
}
