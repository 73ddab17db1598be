package cron_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"moonlark/luastd/cron"
	"moonlark/luastd/zone"
)

func load(t testing.TB, name string) *time.Location {
	t.Helper()
	location, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return location
}

func parse(t testing.TB, expression string) *cron.Schedule {
	t.Helper()
	s, err := cron.Parse(expression)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// times returns the first times of a schedule after a moment, joined with ", ".
func times(s *cron.Schedule, after time.Time, count int, layout string) string {
	var all []string
	for range count {
		if after = s.Next(after); after.IsZero() {
			all = append(all, "none")
			break
		}
		all = append(all, after.Format(layout))
	}
	return strings.Join(all, ", ")
}

func TestNext(t *testing.T) {
	berlin := load(t, "Europe/Berlin")
	for _, row := range []struct{ expression, after, want string }{
		{"* * * * *", "2026-01-01 00:00:00", "Thu 01-01 00:01:00, Thu 01-01 00:02:00"},
		{"* * * * *", "2026-01-01 00:00:59", "Thu 01-01 00:01:00, Thu 01-01 00:02:00"},
		{"* * * * * *", "2026-01-01 00:00:59", "Thu 01-01 00:01:00, Thu 01-01 00:01:01"},
		{"*/20 30 7 * * *", "2026-01-01 07:30:20", "Thu 01-01 07:30:40, Fri 01-02 07:30:00"},
		{"30 7 * * mon-fri", "2026-01-01 07:30:00", "Fri 01-02 07:30:00, Mon 01-05 07:30:00"},
		{"0 9-17/4 * * *", "2026-01-01 10:00:00", "Thu 01-01 13:00:00, Thu 01-01 17:00:00"},
		{"10/20 0 * * *", "2026-01-01 00:10:00", "Thu 01-01 00:30:00, Thu 01-01 00:50:00"},
		{"5,10,15 3,4 * * *", "2026-01-01 03:12:00", "Thu 01-01 03:15:00, Thu 01-01 04:05:00"},
		{"0 0 31 * *", "2026-01-31 00:00:00", "Tue 03-31 00:00:00, Sun 05-31 00:00:00"},
		{"0 0 1 JAN,Jul *", "2026-01-31 00:00:00", "Wed 07-01 00:00:00, Fri 01-01 00:00:00"},
		{"0 12 * dec mon", "2026-01-31 00:00:00", "Mon 12-07 12:00:00, Mon 12-14 12:00:00"},
		{"@daily", "2026-01-31 00:00:00", "Sun 02-01 00:00:00, Mon 02-02 00:00:00"},
		{"@HOURLY", "2026-01-31 00:00:00", "Sat 01-31 01:00:00, Sat 01-31 02:00:00"},
		{" @weekly ", "2026-01-31 00:00:00", "Sun 02-01 00:00:00, Sun 02-08 00:00:00"},
		{"@monthly", "2026-01-31 00:00:00", "Sun 02-01 00:00:00, Sun 03-01 00:00:00"},
		{"@yearly", "2026-01-31 00:00:00", "Fri 01-01 00:00:00, Sat 01-01 00:00:00"},
		{"@annually", "2026-01-31 00:00:00", "Fri 01-01 00:00:00, Sat 01-01 00:00:00"},
		{"@midnight", "2026-01-31 00:00:00", "Sun 02-01 00:00:00, Mon 02-02 00:00:00"},

		// 7 is Sunday too, and a span of days may go past it.
		{"0 0 * * 7", "2026-01-01 00:00:00", "Sun 01-04 00:00:00, Sun 01-11 00:00:00"},
		{"0 0 * * 0", "2026-01-01 00:00:00", "Sun 01-04 00:00:00, Sun 01-11 00:00:00"},
		{"0 0 * * sat-sun", "2026-01-01 00:00:00", "Sat 01-03 00:00:00, Sun 01-04 00:00:00, Sat 01-10 00:00:00"},
		{"0 0 * * 7-1", "2026-01-01 00:00:00", "Sun 01-04 00:00:00, Mon 01-05 00:00:00, Sun 01-11 00:00:00"},
		{"0 0 * * fri-tue/2", "2026-01-01 00:00:00", "Fri 01-02 00:00:00, Sun 01-04 00:00:00, Tue 01-06 00:00:00"},

		// If both days are set, one of them is sufficient. A field that begins with * is not set.
		{"0 0 15 * fri", "2026-01-01 00:00:00", "Fri 01-02 00:00:00, Fri 01-09 00:00:00, Thu 01-15 00:00:00, Fri 01-16 00:00:00"},
		{"0 0 */2 * fri", "2026-01-01 00:00:00", "Fri 01-09 00:00:00, Fri 01-23 00:00:00, Fri 02-13 00:00:00"},
		{"0 0 1-7 * */7", "2026-01-01 00:00:00", "Sun 01-04 00:00:00, Sun 02-01 00:00:00"},

		// There is no 30th of February, and the 29th can be 8 years away.
		{"0 0 30 2 *", "2026-01-01 00:00:00", "none"},
		{"0 0 31 4,6,9,11 *", "2026-01-01 00:00:00", "none"},
		{"*/5 * 30 2 *", "2026-01-01 00:00:00", "none"},
		{"0 0 29 2 *", "2026-01-01 00:00:00", "Tue 02-29 00:00:00, Sun 02-29 00:00:00"},
		{"0 0 29 2 *", "2096-02-29 00:00:00", "Fri 02-29 00:00:00"},
		{"0 */12 29 2 *", "2096-02-29 12:00:00", "Fri 02-29 00:00:00"},

		// In the night of the 29th of March 2026, the clocks are put from 2:00 to 3:00.
		{"30 2 * * *", "2026-03-28 00:00:00", "Sat 03-28 02:30:00, Sun 03-29 03:00:00, Mon 03-30 02:30:00"},
		{"0,30 2,3 * * *", "2026-03-29 00:00:00", "Sun 03-29 03:00:00, Sun 03-29 03:30:00, Mon 03-30 02:00:00"},
		{"30 2 29 3 *", "2026-03-29 03:00:00", "Mon 03-29 02:30:00"},
		{"*/30 * * * *", "2026-03-29 01:00:00", "Sun 03-29 01:30:00, Sun 03-29 03:00:00, Sun 03-29 03:30:00"},
		{"*/30 2 * * *", "2026-03-29 00:00:00", "Mon 03-30 02:00:00, Mon 03-30 02:30:00"},

		// In the night of the 25th of October 2026, they are put back from 3:00 to 2:00.
		{"30 2 * * *", "2026-10-24 00:00:00", "Sat 10-24 02:30:00, Sun 10-25 02:30:00, Mon 10-26 02:30:00"},
	} {
		after, err := time.ParseInLocation(time.DateTime, row.after, berlin)
		if err != nil {
			t.Fatal(err)
		}
		count := strings.Count(row.want, ",") + 1
		if got := times(parse(t, row.expression), after, count, "Mon 01-02 15:04:05"); got != row.want {
			t.Errorf("%q after %s: got  %s\nwant %s", row.expression, row.after, got, row.want)
		}
	}
}

// A time of day that comes twice counts once, the first time. An interval follows the clocks.
func TestTheHourThatComesTwice(t *testing.T) {
	berlin := load(t, "Europe/Berlin")
	midnight := time.Date(2026, 10, 25, 0, 59, 0, 0, berlin)
	for expression, want := range map[string]string{
		"30 2 * * *":   "25 02:30 +0200, 26 02:30 +0100",
		"30 2-3 * * *": "25 02:30 +0200, 25 03:30 +0100",
		"*/30 * * * *": "25 01:00 +0200, 25 01:30 +0200, 25 02:00 +0200, 25 02:30 +0200, 25 02:00 +0100, 25 02:30 +0100, 25 03:00 +0100",
		"*/30 2 * * *": "25 02:00 +0200, 25 02:30 +0200, 25 02:00 +0100, 25 02:30 +0100, 26 02:00 +0100",
		"15 */2 * * *": "25 02:15 +0200, 25 02:15 +0100, 25 04:15 +0100",
	} {
		count := strings.Count(want, ",") + 1
		if got := times(parse(t, expression), midnight, count, "02 15:04 -0700"); got != want {
			t.Errorf("%q: got  %s\nwant %s", expression, got, want)
		}
	}
	// from within the repeated hour
	second := time.Date(2026, 10, 25, 1, 20, 0, 0, time.UTC).In(berlin) // 02:20 for the second time
	if got, want := times(parse(t, "30 2 * * *"), second, 1, "02 15:04 -0700"), "26 02:30 +0100"; got != want {
		t.Errorf("after the second 02:20: got %s, want %s", got, want)
	}
}

func TestWrongExpressions(t *testing.T) {
	for expression, want := range map[string]string{
		"":                       "the expression has 0 fields; it must have 5 (minute, hour, day, month, day of the week), or 6 with the second first",
		"* * * *":                "the expression has 4 fields; it must have 5 (minute, hour, day, month, day of the week), or 6 with the second first",
		"* * * * * * *":          "the expression has 7 fields; it must have 5 (minute, hour, day, month, day of the week), or 6 with the second first",
		"@reboot":                "@reboot is not one of @hourly, @daily, @weekly, @monthly, @yearly",
		"@every 5m":              "the expression has 2 fields; it must have 5 (minute, hour, day, month, day of the week), or 6 with the second first",
		"TZ=UTC":                 "the expression has 1 fields; it must have 5 (minute, hour, day, month, day of the week), or 6 with the second first",
		"60 * * * *":             `minute: "60" is not *, a number from 0 to 59`,
		"* 24 * * *":             `hour: "24" is not *, a number from 0 to 23`,
		"* * 0 * *":              `day of the month: "0" is not *, a number from 1 to 31`,
		"* * 32 * *":             `day of the month: "32" is not *, a number from 1 to 31`,
		"* * * 13 *":             `month: "13" is not *, a number from 1 to 12 or a name from jan to dec`,
		"* * * sun *":            `month: "sun" is not *, a number from 1 to 12 or a name from jan to dec`,
		"* * * * 8":              `day of the week: "8" is not *, a number from 0 to 7 or a name from sun to sat`,
		"* * * * monday":         `day of the week: "monday" is not *, a number from 0 to 7 or a name from sun to sat`,
		"60 * * * * *":           `second: "60" is not *, a number from 0 to 59`,
		"5-1 * * * *":            `minute: "5-1": the first number is greater than the second`,
		"*/0 * * * *":            `minute: "*/0": the step must be from 1 to 59`,
		"*/60 * * * *":           `minute: "*/60": the step must be from 1 to 59`,
		"*/x * * * *":            `minute: "*/x": the step must be from 1 to 59`,
		"*/5/5 * * * *":          `minute: "*/5/5": the step must be from 1 to 59`,
		"1, * * * *":             `minute: "" is not *, a number from 0 to 59`,
		"1- * * * *":             `minute: "" is not *, a number from 0 to 59`,
		"-1 * * * *":             `minute: "" is not *, a number from 0 to 59`,
		"+1 * * * *":             `minute: "+1" is not *, a number from 0 to 59`,
		"1.5 * * * *":            `minute: "1.5" is not *, a number from 0 to 59`,
		"*-5 * * * *":            `minute: "*" is not *, a number from 0 to 59`,
		"? * * * *":              `minute: "?" is not *, a number from 0 to 59`,
		"* * L * *":              `day of the month: "l" is not *, a number from 1 to 31`,
		"* * * * 5#3":            `day of the week: "5#3" is not *, a number from 0 to 7 or a name from sun to sat`,
		"999 * * * *":            `minute: "999" is not *, a number from 0 to 59`,
		strings.Repeat("*", 257): "the expression has 257 bytes; the maximum is 256",
	} {
		if _, err := cron.Parse(expression); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", expression, err, want)
		}
	}
}

func TestDaily(t *testing.T) {
	for text, want := range map[string]string{
		"mon-fri": "Fri 02, Mon 05", "sat,sun": "Sat 03, Sun 04", "Sat - Sun": "Sat 03, Sun 04", "7": "Sun 04, Sun 11", "*": "Fri 02, Sat 03",
		"": `"" is not *, a number from 0 to 7 or a name from sun to sat`, "daily": `"daily" is not *, a number from 0 to 7 or a name from sun to sat`,
		strings.Repeat("1,", 129): "the text has 258 bytes; the maximum is 256",
	} {
		days, err := cron.ParseWeekdays(text)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = times(cron.Daily(7, 30, 15, days), time.Date(2026, 1, 1, 7, 30, 15, 0, time.UTC), 2, "Mon 02")
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	s := cron.Daily(7, 30, 15, cron.EveryDay)
	if got := s.Next(time.Date(2026, 1, 1, 7, 30, 14, 999, time.UTC)); !got.Equal(time.Date(2026, 1, 1, 7, 30, 15, 0, time.UTC)) || s.Interval() || s.Never() {
		t.Errorf("got %s", got)
	}
}

func TestNever(t *testing.T) {
	for expression, want := range map[string]bool{"0 0 30 2 *": true, "0 0 29 2 *": false, "* * 31 feb,apr *": true, "0 0 30 2 mon": false, "* * * * *": false} {
		if got := parse(t, expression).Never(); got != want {
			t.Errorf("%q: Never returned %v, want %v", expression, got, want)
		}
	}
}

// randomField returns a field for the numbers from first to last.
func randomField(r *rand.Rand, first, last int) string {
	n := func() int { return first + r.IntN(last-first+1) }
	switch r.IntN(5) {
	case 0:
		return fmt.Sprintf("*/%d", 1+r.IntN(last))
	case 1:
		a, b := n(), n()
		return fmt.Sprintf("%d-%d", min(a, b), max(a, b))
	case 2:
		return fmt.Sprintf("%d,%d,%d", n(), n(), n())
	case 3:
		return fmt.Sprint(n())
	default:
		return "*"
	}
}

// A reference is an expression that is read without package cron. It finds the times of the
// expression by looking at each minute of a year.
type reference struct{ minute, hour, day, month, weekday string }

// numbers returns the numbers that a field describes, which randomField has made.
func numbers(text string, first, last int) (set [60]bool) {
	for n := first; n <= last; n++ {
		for part := range strings.SplitSeq(text, ",") {
			var a, b, step int
			switch {
			case part == "*":
				set[n] = true
			case strings.HasPrefix(part, "*/"):
				fmt.Sscanf(part, "*/%d", &step)
				set[n] = (n-first)%step == 0
			case strings.Contains(part, "-"):
				fmt.Sscanf(part, "%d-%d", &a, &b)
				set[n] = a <= n && n <= b
			default:
				fmt.Sscanf(part, "%d", &a)
				set[n] = set[n] || a == n
			}
		}
	}
	return set
}

// matcher returns a function that reports whether the clocks show a time of the expression.
func (f reference) matcher() func(wall time.Time) bool {
	minutes, hours, months := numbers(f.minute, 0, 59), numbers(f.hour, 0, 23), numbers(f.month, 1, 12)
	monthDays, weekdays := numbers(f.day, 1, 31), numbers(f.weekday, 0, 6)
	either := f.day[0] != '*' && f.weekday[0] != '*'
	return func(wall time.Time) bool {
		if !minutes[wall.Minute()] || !hours[wall.Hour()] || !months[wall.Month()] {
			return false
		}
		day, weekday := monthDays[wall.Day()], weekdays[wall.Weekday()]
		return day && weekday || either && (day || weekday)
	}
}

// times returns the moments of the year 2026 at which the schedule must run.
func (f reference) times(local *time.Location) []time.Time {
	match, interval := f.matcher(), strings.ContainsAny(f.minute+f.hour, "*/")
	begin, end := time.Date(2026, 1, 1, 0, 0, 0, 0, local), time.Date(2027, 1, 1, 0, 0, 0, 0, local)
	last := zone.Wall(begin).Add(-time.Minute) // the latest time that the clocks have shown
	var all []time.Time
	for t := begin; t.Before(end); t = t.Add(time.Minute) {
		wall := zone.Wall(t)
		if interval {
			if match(wall) {
				all = append(all, t)
			}
			continue
		}
		run := false
		for ; last.Before(wall); last = last.Add(time.Minute) { // more than one minute if some are skipped
			run = run || match(last.Add(time.Minute))
		}
		if run {
			all = append(all, t)
		}
	}
	return all
}

// Every minute of a year must agree with the reference, in zones with different changes of the
// clocks.
func TestEveryMinuteOfAYearAgreesWithAReference(t *testing.T) {
	zones := []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "UTC", "Africa/Casablanca", "Asia/Kathmandu"}
	r := rand.New(rand.NewPCG(1, 2))
	fixed := []reference{
		{"30", "2", "*", "*", "*"}, {"*/30", "*", "*", "*", "*"}, {"*/7", "2", "*", "*", "*"}, {"0", "0", "*", "*", "*"}, {"59", "23", "*", "*", "0"},
		{"0-59", "1-3", "*", "*", "*"}, {"15", "*/2", "*", "*", "*"}, {"45", "1", "29", "3", "*"},
	}
	count := 60
	if testing.Short() {
		count = len(fixed)
	}
	for i := range count {
		f := reference{randomField(r, 0, 59), randomField(r, 0, 23), randomField(r, 1, 31), randomField(r, 1, 12), randomField(r, 0, 6)}
		if i < len(fixed) {
			f = fixed[i]
		}
		local := load(t, zones[i%len(zones)])
		expression := strings.Join([]string{f.minute, f.hour, f.day, f.month, f.weekday}, " ")
		s := parse(t, expression)
		at := time.Date(2026, 1, 1, 0, 0, 0, -1, local)
		for _, want := range f.times(local) {
			if at = s.Next(at); !at.Equal(want) {
				t.Fatalf("%q in %s: got %s, want %s", expression, local, at, want)
			}
		}
		if at = s.Next(at); !at.IsZero() && at.Year() == 2026 {
			t.Fatalf("%q in %s: got another time, %s", expression, local, at)
		}
	}
}

// No expression makes Parse panic. The next time is after the given one, and the clocks show a time
// that matches, unless they have been put forward.
func FuzzParse(f *testing.F) {
	for _, expression := range []string{"* * * * *", "*/5 1-3,7 * jan-mar/2 sat-sun", "0 30 7 29 2 7", "@weekly", "@", "* * * * 7-7", "59/59 23/23 31/31 12/12 7/7", "0 0 30 2 *"} {
		f.Add(expression, int64(1790000000))
	}
	berlin := load(f, "Europe/Berlin")
	f.Fuzz(func(t *testing.T, expression string, seconds int64) {
		s, err := cron.Parse(expression)
		if err != nil {
			return
		}
		after := time.Unix(seconds%250_000_000_000, 0).In(berlin)
		if after.Year() < 1 {
			return
		}
		next := s.Next(after)
		if s.Never() != next.IsZero() {
			t.Fatalf("%q: Never returned %v, and Next(%s) returned %s", expression, s.Never(), after, next)
		}
		if next.IsZero() {
			return
		}
		if !next.After(after) || next.Sub(after) > 9*366*24*time.Hour {
			t.Fatalf("%q: Next(%s) returned %s", expression, after, next)
		}
		// just before the result, the result is still the next time
		if again := s.Next(next.Add(-time.Nanosecond)); !again.Equal(next) {
			t.Fatalf("%q: Next(just before %s) returned %s", expression, next, again)
		}
	})
}

func BenchmarkNext(b *testing.B) {
	berlin := load(b, "Europe/Berlin")
	for _, expression := range []string{"* * * * *", "30 7 * * mon-fri", "0 0 29 2 *", "0 0 30 2 *", "*/5 * 30 2 *", "0-59 0-59 2 * * *"} {
		s, after := parse(b, expression), time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC).In(berlin)
		b.Run(expression, func(b *testing.B) {
			for b.Loop() {
				s.Next(after)
			}
		})
	}
}
