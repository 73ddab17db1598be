package zone

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func load(t *testing.T, name string) *time.Location {
	t.Helper()
	location, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return location
}

func TestMoment(t *testing.T) {
	for _, row := range []struct{ why, zone, wall, moment, skipped, inZone string }{
		{"winter", "Europe/Berlin", "2026-01-10 07:00:00", "2026-01-10T07:00:00+01:00", "0s", "2026-01-10T07:00:00+01:00"},
		{"summer", "Europe/Berlin", "2026-07-10 07:00:00", "2026-07-10T07:00:00+02:00", "0s", "2026-07-10T07:00:00+02:00"},
		{"the last second before the gap", "Europe/Berlin", "2026-03-29 01:59:59", "2026-03-29T01:59:59+01:00", "0s", "2026-03-29T01:59:59+01:00"},
		{"the start of the gap", "Europe/Berlin", "2026-03-29 02:00:00", "2026-03-29T03:00:00+02:00", "0s", "2026-03-29T03:00:00+02:00"},
		{"in the gap", "Europe/Berlin", "2026-03-29 02:30:00", "2026-03-29T03:00:00+02:00", "30m0s", "2026-03-29T03:30:00+02:00"},
		{"the end of the gap", "Europe/Berlin", "2026-03-29 03:00:00", "2026-03-29T03:00:00+02:00", "0s", "2026-03-29T03:00:00+02:00"},
		{"a time that comes twice", "Europe/Berlin", "2026-10-25 02:30:00", "2026-10-25T02:30:00+02:00", "0s", "2026-10-25T02:30:00+02:00"},
		{"after the repeated hour", "Europe/Berlin", "2026-10-25 03:00:00", "2026-10-25T03:00:00+01:00", "0s", "2026-10-25T03:00:00+01:00"},
		{"a gap at midnight", "America/Santiago", "2026-09-06 00:00:00", "2026-09-06T01:00:00-03:00", "0s", "2026-09-06T01:00:00-03:00"},
		{"a gap of half an hour", "Australia/Lord_Howe", "2026-10-04 02:10:00", "2026-10-04T02:30:00+11:00", "10m0s", "2026-10-04T02:40:00+11:00"},
		{"a day that does not exist", "Pacific/Apia", "2011-12-30 12:00:00", "2011-12-31T00:00:00+14:00", "12h0m0s", "2011-12-31T12:00:00+14:00"},
		{"the last day of a leap year", "Europe/Berlin", "2096-12-31 12:00:00", "2096-12-31T12:00:00+01:00", "0s", "2096-12-31T12:00:00+01:00"},
		{"the day after it", "Europe/Berlin", "2097-01-01 00:30:00", "2097-01-01T00:30:00+01:00", "0s", "2097-01-01T00:30:00+01:00"},
		{"the last day of a leap year in summer", "Pacific/Auckland", "2096-12-31 23:00:00", "2096-12-31T23:00:00+13:00", "0s", "2096-12-31T23:00:00+13:00"},
		{"UTC", "UTC", "2026-03-29 02:30:00", "2026-03-29T02:30:00Z", "0s", "2026-03-29T02:30:00Z"},
	} {
		wall, err := time.Parse(time.DateTime, row.wall)
		if err != nil {
			t.Fatal(err)
		}
		zone := load(t, row.zone)
		moment, skipped := Moment(wall, zone)
		if got := moment.Format(time.RFC3339); got != row.moment || skipped.String() != row.skipped {
			t.Errorf("%s: Moment returned %s, %v, want %s, %s", row.why, got, skipped, row.moment, row.skipped)
		}
		if got := InZone(wall, zone).Format(time.RFC3339); got != row.inZone {
			t.Errorf("%s: InZone returned %s, want %s", row.why, got, row.inZone)
		}
	}
}

// For each quarter of an hour of 2026, Moment must find the first moment at which it is shown.
func TestMomentAgreesWithASearch(t *testing.T) {
	const step = 15 * time.Minute
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu", "Africa/Casablanca"} {
		zone := load(t, name)
		first := make(map[time.Time]time.Time)
		begin := time.Date(2026, 1, 1, 0, 0, 0, 0, zone)
		for m := begin; m.Year() == 2026; m = m.Add(step) {
			if _, seen := first[Wall(m)]; !seen {
				first[Wall(m)] = m
			}
		}
		gaps := 0
		for wall := Wall(begin); wall.Year() == 2026; wall = wall.Add(step) {
			want, shown := first[wall]
			for w := wall; !shown; w = w.Add(step) {
				gaps++
				want, shown = first[w]
			}
			if got, _ := Moment(wall, zone); !got.Equal(want) {
				t.Fatalf("%s: Moment(%s) returned %s, want %s", name, wall, got, want)
			}
		}
		if gaps == 0 && name != "Asia/Kathmandu" {
			t.Errorf("%s has no gap in 2026", name)
		}
	}
}

func TestNamedZones(t *testing.T) {
	zones := New(func(text string) { t.Errorf("there is a warning: %s", text) })
	t.Setenv("TZ", "Asia/Tokyo")
	for name, want := range map[string]string{
		"Europe/Berlin": "CEST", "UTC": "UTC", "CET-1CEST,M3.5.0,M10.5.0/3": "CEST", "Local": "JST", "<+05>-5": "+05",
		"": "", "Europe/Berln": "", "../zoneinfo/UTC": "", "/etc/localtime": "", "x\ny": "", strings.Repeat("x", 256): "",
	} {
		for range 2 { // the second time, the zone comes from the map
			zone, ok := zones.Named(name)
			got := ""
			if ok {
				got, _ = time.Unix(1720000000, 0).In(zone).Zone()
			}
			if got != want {
				t.Errorf("Named(%q) returned a zone called %q in summer, want %q", name, got, want)
			}
		}
	}
	for i := range 200 {
		if _, ok := zones.Named(fmt.Sprintf("<Z%02d>%d", i, i%10)); !ok && i < 100 {
			t.Errorf("zone %d does not exist", i)
		}
	}
	if len(zones.named) > maxNamed {
		t.Errorf("%d zones are kept, want at most %d", len(zones.named), maxNamed)
	}
}

// The name of the machine's zone must be one that Named accepts, and that means the same zone.
func TestTheNameOfTheMachinesZone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not describe its time zone in a file")
	}
	t.Setenv("TZ", "") // restores the variable at the end
	os.Unsetenv("TZ")
	berlin := posixFile("CET-1CEST,M3.5.0,M10.5.0/3")
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "etc/zoneinfo/Europe"), 0o755); err != nil {
		t.Fatal(err)
	}
	os.WriteFile(filepath.Join(root, "etc/zoneinfo/Europe/Berlin"), berlin, 0o644)
	localtime := filepath.Join(root, "etc/localtime")
	for _, row := range []struct {
		why     string
		prepare func()
		want    string
	}{
		{"no file", func() {}, "UTC"},
		{"a link to a file with a name", func() { os.Symlink("zoneinfo/Europe/Berlin", localtime) }, "Europe/Berlin"},
		{"a file without a name", func() { os.WriteFile(localtime, berlin, 0o644) }, "CET-1CEST,M3.5.0,M10.5.0/3"},
	} {
		os.Remove(localtime)
		row.prepare()
		zones := New(func(text string) { t.Errorf("%s: there is a warning: %s", row.why, text) })
		zones.machine.root = root
		name := zones.Machine().String()
		if name != row.want {
			t.Errorf("%s: the name of the zone is %s, want %s", row.why, name, row.want)
		}
		again, ok := zones.Named(name)
		if !ok || summerAndWinter(again) != summerAndWinter(zones.Machine()) {
			t.Errorf("%s: the name %s means another zone", row.why, name)
		}
	}
}

func TestNextChange(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "Pacific/Auckland", "CET-1CEST,M3.5.0,M10.5.0/3"} {
		zone, _ := New(func(string) {}).Named(name)
		at, end := time.Date(2026, 1, 1, 0, 0, 0, 0, zone), time.Date(2100, 1, 1, 0, 0, 0, 0, zone)
		offsets := 0
		for at.Before(end) {
			next, ok := NextChange(at)
			if !ok || !next.After(at) {
				t.Fatalf("%s: NextChange(%s) returned %s, %v", name, at, next, ok)
			}
			_, before := at.Zone()
			if _, last := next.Add(-time.Nanosecond).Zone(); last != before {
				t.Fatalf("%s: the offset changes between %s and %s", name, at, next)
			}
			if _, after := next.Zone(); after != before {
				offsets++
			}
			at = next
		}
		if offsets != 2*(2100-2026) {
			t.Errorf("%s: the offset changes %d times", name, offsets)
		}
	}
	if next, ok := NextChange(time.Now().UTC()); ok {
		t.Errorf("UTC changes at %s", next)
	}
}

// Scripts can pass any text as the name of a zone.
func FuzzNamed(f *testing.F) {
	for _, name := range []string{"UTC", "Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3", "A1B,J1/0,J365/25", "A1B,0/0,J365/25", "A-24B,M1.1.0/-167,M12.5.6/167", "A24B-24,J60,J59", "\x00", "../..", "<>0"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		zone, ok := New(func(string) {}).Named(name)
		if !ok {
			return
		}
		for wall := time.Date(2096, 1, 1, 2, 30, 0, 0, time.UTC); wall.Year() == 2096; wall = wall.AddDate(0, 0, 5) {
			if moment, _ := Moment(wall, zone); Wall(moment).Before(wall) {
				t.Errorf("in the zone %q, %s is shown at %s", name, wall, moment)
			}
		}
	})
}
