package sun_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"moonlark/luastd/sun"
)

// published are times of the US Naval Observatory, in UTC, for days of UTC. An empty list of days
// means that the sun does not rise or set.
var published = []struct {
	place               string
	latitude, longitude float64
	rise, set           string // names of the times
	days                string // date, time of the first and of the second
}{
	{"Anchorage", 61.216667, -149.866667, "rise", "set", `
		2020-01-05 19:11 00:57
		2020-02-15 17:43 02:43
		2020-03-25 15:43 04:27
		2020-05-05 13:37 06:14
		2020-06-15 12:21 07:40
		2020-07-25 13:16 06:57
		2020-09-05 15:03 04:54
		2020-10-15 16:44 02:48
		2020-11-25 18:33 01:02
		2020-12-25 19:15 00:44`},
	{"Auckland", -36.833333, 174.8, "rise", "set", `
		2020-01-05 17:09 07:44
		2020-03-05 18:11 06:54
		2020-05-05 19:04 05:31
		2020-07-05 19:34 05:17
		2020-09-05 18:34 06:04
		2020-11-05 17:10 06:58`},
	{"Brasilia", -15.8, -47.85, "rise", "set", `
		2020-02-25 09:10 21:38
		2020-06-25 09:38 20:50
		2020-10-25 08:38 21:13
		2020-12-25 08:40 21:44`},
	{"Singapore", 1.283333, 103.833333, "rise", "set", `
		2020-01-05 23:09 11:11
		2020-02-15 23:17 11:21
		2020-05-15 22:56 11:06
		2020-07-25 23:06 11:17
		2020-11-05 22:46 10:50`},
	{"Longyearbyen", 78.216667, 15.633333, "rise", "set", `
		2020-02-25 08:11 14:13
		2020-03-25 04:09 18:02
		2020-04-05 02:35 19:32
		2020-04-15 00:38 21:33
		2020-09-05 02:19 19:26
		2020-09-15 03:40 18:00
		2020-10-25 09:50 11:31`},
	{"Anchorage", 61.216667, -149.866667, "dawn", "dusk", `
		2020-01-05 18:11 01:58
		2020-03-25 14:59 05:11
		2020-06-05 10:24 09:32
		2020-07-05 10:21 09:48
		2020-09-15 14:44 05:06
		2020-12-25 18:13 01:46`},
	{"Brasilia", -15.8, -47.85, "dawn", "dusk", `
		2023-02-25 08:49 22:00
		2023-06-25 09:15 21:13
		2023-10-25 08:16 21:35`},
	{"Singapore", 1.283333, 103.833333, "dawn", "dusk", `
		2023-01-05 22:46 11:34
		2023-07-25 22:44 11:39`},
}

func TestTheTimesAreWithinTwoMinutesOfThePublishedOnes(t *testing.T) {
	for _, row := range published {
		for line := range strings.Lines(strings.TrimSpace(row.days)) {
			words := strings.Fields(line)
			for i, name := range []string{row.rise, row.set} {
				want, err := time.Parse("2006-01-02 15:04", words[0]+" "+words[i+1])
				if err != nil {
					t.Fatal(err)
				}
				if got := nearest(want, row.latitude, row.longitude, name); got.Sub(want).Abs() > 2*time.Minute {
					t.Errorf("%s: %s of %s is at %s, want %s", row.place, name, words[0], got, want)
				}
			}
		}
	}
}

// The times are those of the Solar Position Algorithm of NREL, whose error is less than a second.
func TestTheTimesAreWithinTwentySecondsOfThoseOfAnExactAlgorithm(t *testing.T) {
	for _, row := range []struct {
		latitude, longitude float64
		date                string
		rise, noon, set     string
	}{
		{-36.840556, 174.74, "1910-03-05", "18:09:56", "00:32:56", "06:56:15"},
		{-36.840556, 174.74, "2010-06-25", "19:34:31", "00:23:33", "05:12:45"},
		{-36.840556, 174.74, "2110-12-25", "17:00:24", "00:20:27", "07:41:02"},
		{-15.793889, -47.882778, "1910-09-25", "08:59:23", "15:03:24", "21:07:38"},
		{-15.793889, -47.882778, "2010-12-05", "08:31:31", "15:02:09", "21:32:52"},
		{-15.793889, -47.882778, "2110-03-25", "09:16:05", "15:17:30", "21:18:42"},
		{78.22, 15.65, "1910-03-05", "06:59:31", "11:09:12", "15:21:46"},
		{78.22, 15.65, "2010-09-05", "02:13:34", "10:56:07", "19:31:43"},
		{78.22, 15.65, "2110-09-25", "04:46:51", "10:49:14", "16:47:51"},
		{1.283333, 103.833333, "2010-03-05", "23:13:13", "05:16:13", "11:18:58"},
	} {
		for name, want := range map[string]string{"rise": row.rise, "noon": row.noon, "set": row.set} {
			at, err := time.Parse(time.DateTime, row.date+" "+want)
			if err != nil {
				t.Fatal(err)
			}
			if got := nearest(at, row.latitude, row.longitude, name); got.Sub(at).Abs() > 20*time.Second {
				t.Errorf("%v, %v: %s is at %s, want %s", row.latitude, row.longitude, name, got, at)
			}
		}
	}
}

// nearest returns the time that is next to want, of the three days around it.
func nearest(want time.Time, latitude, longitude float64, name string) time.Time {
	var best time.Time
	for day := -1; day <= 1; day++ {
		d := sun.On(want.AddDate(0, 0, day), latitude, longitude)
		got := map[string]time.Time{"dawn": d.Dawn, "rise": d.Rise, "noon": d.Noon, "set": d.Set, "dusk": d.Dusk}[name]
		if best.IsZero() || got.Sub(want).Abs() < best.Sub(want).Abs() {
			best = got
		}
	}
	return best
}

func TestNearThePolesTheSunCanBeUpAlwaysOrNever(t *testing.T) {
	for _, row := range []struct {
		place, date         string
		latitude, longitude float64
		up                  string
		dawn                bool // there is a civil twilight
	}{
		{"Longyearbyen", "2020-01-25", 78.216667, 15.633333, "never", false},
		{"Longyearbyen", "2020-02-05", 78.216667, 15.633333, "never", true},
		{"Longyearbyen", "2020-02-25", 78.216667, 15.633333, "", true},
		{"Longyearbyen", "2020-04-25", 78.216667, 15.633333, "always", false},
		{"Longyearbyen", "2020-08-15", 78.216667, 15.633333, "always", false},
		{"Longyearbyen", "2020-08-25", 78.216667, 15.633333, "", false},
		{"Longyearbyen", "2020-11-05", 78.216667, 15.633333, "never", true},
		{"Anchorage", "2020-06-15", 61.216667, -149.866667, "", false},
		{"North Pole", "2020-06-15", 90, 0, "always", false},
		{"North Pole", "2020-12-15", 90, 0, "never", false},
		{"South Pole", "2020-12-15", -90, 0, "always", false},
	} {
		date, _ := time.Parse(time.DateOnly, row.date)
		d := sun.On(date.Add(12*time.Hour-time.Duration(row.longitude/15*float64(time.Hour))), row.latitude, row.longitude)
		if d.Up != row.up || d.Rise.IsZero() != (row.up != "") || d.Set.IsZero() != (row.up != "") {
			t.Errorf("%s on %s: up is %q, rise %s, set %s, want up %q", row.place, row.date, d.Up, d.Rise, d.Set, row.up)
		}
		if d.Dawn.IsZero() == row.dawn || d.Dusk.IsZero() == row.dawn {
			t.Errorf("%s on %s: dawn %s, dusk %s, want them: %v", row.place, row.date, d.Dawn, d.Dusk, row.dawn)
		}
	}
}

func TestTheTimesOfADayAreInOrder(t *testing.T) {
	for latitude := -90.0; latitude <= 90; latitude += 15 {
		for longitude := -180.0; longitude <= 180; longitude += 90 {
			for day := range 365 / 7 {
				near := time.Date(2026, 1, 1+7*day, 12, 0, 0, 0, time.UTC)
				d := sun.On(near, latitude, longitude)
				last := d.Noon.Add(-12 * time.Hour)
				for _, next := range []time.Time{d.Dawn, d.Rise, d.Noon, d.Set, d.Dusk, d.Noon.Add(12 * time.Hour)} {
					if next.IsZero() {
						continue
					}
					if next.Before(last) {
						t.Fatalf("at %v, %v on %s: %s is before %s", latitude, longitude, near, next, last)
					}
					last = next
				}
				if d.Noon.Sub(near).Abs() > 12*time.Hour+time.Minute {
					t.Fatalf("at %v, %v: noon near %s is at %s", latitude, longitude, near, d.Noon)
				}
			}
		}
	}
}

func TestTheSunIsUpAtNoonOfTheEquator(t *testing.T) {
	for _, year := range []int{1, 1900, 1969, 2100, 9999} {
		d := sun.On(time.Date(year, 3, 20, 12, 0, 0, 0, time.UTC), 0, 0)
		if length := d.Set.Sub(d.Rise); math.Abs(length.Minutes()-727) > 3 {
			t.Errorf("year %d: the day has %v, want about 12 h 7 min", year, length)
		}
	}
}
