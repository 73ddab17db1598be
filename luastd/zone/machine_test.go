package zone

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// summerAndWinter returns a moment in July and one in January of 2024, in the zone.
func summerAndWinter(zone *time.Location) string {
	const layout = "15:04 MST"
	return time.Unix(1720000000, 0).In(zone).Format(layout) + ", " + time.Unix(1706000000, 0).In(zone).Format(layout)
}

func TestTheVariableTZIsReadAsTheCLibraryReadsIt(t *testing.T) {
	const berlin = "11:46 CEST, 09:53 CET"
	for value, want := range map[string]string{
		"":                             "09:46 UTC, 08:53 UTC",
		"UTC":                          "09:46 UTC, 08:53 UTC",
		"Europe/Berlin":                berlin,
		":Europe/Berlin":               berlin,
		"CET-1CEST,M3.5.0,M10.5.0/3":   berlin,
		"CET-1CEST,M3.5.0/2,J300/3":    berlin,
		"<+0330>-3:30":                 "13:16 +0330, 12:23 +0330",
		"EST5":                         "04:46 EST, 03:53 EST",
		"AEST-10AEDT,M10.1.0,M4.1.0/3": "19:46 AEST, 19:53 AEDT",
		"/none/zoneinfo/Europe/Berlin": berlin, // the zone files are not installed
	} {
		t.Setenv("TZ", value)
		zone := &machine{root: "/", warn: func(text string) { t.Errorf("TZ=%s: there is a warning: %s", value, text) }}
		if got := summerAndWinter(zone.now()); got != want {
			t.Errorf("TZ=%s: %s, want %s", value, got, want)
		}
	}
}

func TestAZoneThatDoesNotExistIsUTCWithAWarning(t *testing.T) {
	for value, want := range map[string]string{
		"Europe/Berln": `TZ is "Europe/Berln", which is not a time zone`, "CET": "", "CET-": `TZ is "CET-"`, "x\ny": "which is not a time zone",
		"Local": `TZ is "Local"`, "/none": "/none",
	} {
		t.Setenv("TZ", value)
		var warnings []string
		zone := &machine{root: "/", warn: func(text string) { warnings = append(warnings, text) }}
		got := summerAndWinter(zone.now())
		zone.now()
		switch {
		case want == "" && len(warnings) > 0:
			t.Errorf("TZ=%s: the warnings are %q, want none", value, warnings)
		case want != "" && (len(warnings) != 1 || !strings.Contains(warnings[0], want)):
			t.Errorf("TZ=%s: the warnings are %q, want one: %s", value, warnings, want)
		case want != "" && got != "09:46 UTC, 08:53 UTC":
			t.Errorf("TZ=%s: %s, want UTC", value, got)
		}
	}
}

// The zone of the machine may be changed while Moonlark runs.
func TestAChangeOfTheMachinesZoneIsSeen(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not describe its time zone in a file")
	}
	t.Setenv("TZ", "") // restores the variable at the end
	os.Unsetenv("TZ")
	root := t.TempDir()
	etc := filepath.Join(root, "etc")
	if err := os.Mkdir(etc, 0o755); err != nil {
		t.Fatal(err)
	}
	link := func(target string) {
		os.Remove(filepath.Join(etc, "localtime"))
		if err := os.Symlink(target, filepath.Join(etc, "localtime")); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		zone := &machine{root: root, warn: func(text string) { t.Errorf("there is a warning: %s", text) }}
		for _, step := range []struct {
			change func()
			want   string
		}{
			{func() {}, "09:46 UTC, 08:53 UTC"},
			{func() { os.WriteFile(filepath.Join(etc, "TZ"), []byte("CET-1CEST,M3.5.0,M10.5.0/3\n"), 0o644) }, "11:46 CEST, 09:53 CET"},
			{func() { link("/none/zoneinfo/America/New_York") }, "05:46 EDT, 03:53 EST"}, // zone files are not installed
			{func() { link("/none/zoneinfo/Asia/Tokyo") }, "18:46 JST, 17:53 JST"},
		} {
			step.change()
			time.Sleep(checkInterval)
			if got := summerAndWinter(zone.now()); got != step.want {
				t.Errorf("%s, want %s", got, step.want)
			}
		}
	})
}
