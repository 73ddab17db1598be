package datetext_test

import (
	"strings"
	"testing"
	"time"

	"moonlark/luastd/datetext"
)

func berlin(t testing.TB) *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestParseISO(t *testing.T) {
	zone := berlin(t)
	for text, want := range map[string]string{
		"2026-12-24":                       "2026-12-24T00:00:00+01:00",
		"20261224":                         "2026-12-24T00:00:00+01:00",
		" 2026-12-24 ":                     "2026-12-24T00:00:00+01:00",
		"2026-12-24 18:00":                 "2026-12-24T18:00:00+01:00",
		"2026-12-24T18:00":                 "2026-12-24T18:00:00+01:00",
		"2026-07-24t18:00:30":              "2026-07-24T18:00:30+02:00",
		"2026-12-24T18:00:00Z":             "2026-12-24T19:00:00+01:00",
		"2026-12-24 18:00:00 z":            "2026-12-24T19:00:00+01:00",
		"2026-12-24T18:00+05":              "2026-12-24T14:00:00+01:00",
		"2026-12-24T18:00-0530":            "2026-12-25T00:30:00+01:00",
		"2026-12-24T18:00:30.25-05:30":     "2026-12-25T00:30:30.25+01:00",
		"2026-12-24T18:00:30,5":            "2026-12-24T18:00:30.5+01:00",
		"2026-12-24T18:00:30.123456789123": "2026-12-24T18:00:30.123456789+01:00",
		"20261224T180030Z":                 "2026-12-24T19:00:30+01:00",
		"20261224T1800":                    "2026-12-24T18:00:00+01:00",
		"2024-02-29":                       "2024-02-29T00:00:00+01:00",
		"2026-03-29 02:30":                 "2026-03-29T03:30:00+02:00", // does not exist
		"2026-10-25 02:30":                 "2026-10-25T02:30:00+02:00", // comes twice
		"2026-10-25 02:30+01:00":           "2026-10-25T02:30:00+01:00",
		"2016-12-31T23:59:60Z":             "2017-01-01T01:00:00+01:00",

		"":                          "a year of 4 digits expected at the end",
		"tomorrow":                  "a year of 4 digits expected at byte 1",
		"26-12-24":                  "a year of 4 digits expected at byte 1",
		"2026-12":                   "'-' expected at the end",
		"2026-1-2":                  "a month of 2 digits expected at byte 6",
		"2026-13-01":                "a month from 1 to 12 expected at byte 6",
		"2026-12-00":                "a day from 1 to 31 expected at byte 9",
		"2026-02-29":                "the month does not have that day",
		"2026-1224":                 "'-' expected at byte 8",
		"2026-12-24T":               "an hour of 2 digits expected at the end",
		"2026-12-24 24:00":          "an hour from 0 to 23 expected at byte 12",
		"2026-12-24 18":             "a minute of 2 digits expected at the end",
		"2026-12-24 18:60":          "a minute from 0 to 59 expected at byte 15",
		"2026-12-24 18:00:61":       "a second from 0 to 60 expected at byte 18",
		"2026-12-24 18:00:00.":      "a digit expected at the end",
		"2026-12-24 18:00 CET":      "an offset such as Z or +01:00 expected at byte 18",
		"2026-12-24 18:00+24:00":    "the hours of an offset from 0 to 23 expected at byte 18",
		"2026-12-24 18:00+01:60":    "the minutes of an offset from 0 to 59 expected at byte 21",
		"2026-12-24 18:00+01:00x":   "the end expected at byte 23",
		"2026-12-24x":               "the end expected at byte 11",
		"2026-W52-4":                "a month of 2 digits expected at byte 6",
		strings.Repeat(" ", 257):    "the text has 257 bytes; the maximum is 256",
		"2026-12-24 18:00:00\x00":   "the end expected at byte 20",
		"2026-12-24\u00a018:00:00Z": "the end expected at byte 11",
	} {
		got, err := datetext.ParseISO(text, zone)
		result := got.In(zone).Format(time.RFC3339Nano)
		if err != nil {
			result = err.Error()
		}
		if result != want {
			t.Errorf("%q: got %s, want %s", text, result, want)
		}
	}
}

func TestParse(t *testing.T) {
	zone := berlin(t)
	today := time.Date(2026, 10, 25, 12, 0, 0, 0, zone)
	for _, row := range []struct{ text, format, want string }{
		{"24.12.2026 18:05", "%d.%m.%Y %H:%M", "2026-12-24T18:05:00+01:00"},
		{"24.12.2026  18:05:06", "%d.%m.%Y%n%T", "2026-12-24T18:05:06+01:00"},
		{"12/24/26", "%D", "2026-12-24T00:00:00+01:00"},
		{"12/24/70", "%x", "1970-12-24T00:00:00+01:00"},
		{"2026-07-01", "%F", "2026-07-01T00:00:00+02:00"},
		{"Thu Dec 24 18:05:06 2026", "%c", "2026-12-24T18:05:06+01:00"},
		{"thursday, december 4", "%A, %B %e", "2026-12-04T00:00:00+01:00"},
		{"may 1", "%b %d", "2026-05-01T00:00:00+02:00"},
		{"12:30 am", "%I:%M %p", "2026-10-25T00:30:00+02:00"},
		{"12:30PM", "%I:%M%P", "2026-10-25T12:30:00+01:00"},
		{"05:06:07 PM", "%r", "2026-10-25T17:06:07+01:00"},
		{"18:05", "%R", "2026-10-25T18:05:00+01:00"},
		{"2027", "%Y", "2027-01-01T00:00:00+01:00"},
		{"0000", "%Y", "0000-01-01T00:00:00+00:53"},
		{"100%", "%Y%%", "! a year of 4 digits expected at byte 1"},
		{"2024 60", "%Y %j", "2024-02-29T00:00:00+01:00"},
		{"2026 366", "%Y %j", "! the year does not have that day"},
		{"18:05 +0000", "%H:%M %z", "2026-10-25T19:05:00+01:00"},
		{"18:05Z", "%H:%M%z", "2026-10-25T19:05:00+01:00"},
		{"0", "%s", "1970-01-01T01:00:00+01:00"},
		{"-3600", "%s", "1970-01-01T00:00:00+01:00"},
		{"31.4.", "%d.%m.", "! the month does not have that day"},
		{"24.12", "%d.%m.", "! '.' expected at the end"},
		{"24/12", "%d.%m", "! '.' expected at byte 3"},
		{"24.12!", "%d.%m", "! the end expected at byte 6"},
		{"13 pm", "%I %p", "! an hour from 1 to 12 expected at byte 1"},
		{"1 xm", "%I %p", "! am or pm expected at byte 3"},
		{"Mai 1", "%b %d", "! the name of a month expected at byte 1"},
		{"Mo", "%a", "! a day of the week expected at byte 1"},
		{"x", "%s", "! a number of seconds expected at byte 1"},
		{"", "%Q", "! %Q is not known"},
		{strings.Repeat("1", 257), "%s", "! the text has 257 bytes; the maximum is 256"},
	} {
		got, err := datetext.Parse(row.text, row.format, today)
		result := got.In(zone).Format(time.RFC3339)
		if err != nil {
			result = "! " + err.Error()
		}
		if result != row.want {
			t.Errorf("Parse(%q, %q): got %s, want %s", row.text, row.format, result, row.want)
		}
	}
}

func TestParseHTTP(t *testing.T) {
	want := time.Date(1994, 11, 6, 8, 49, 37, 0, time.UTC)
	for _, text := range []string{"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"} {
		if got, err := datetext.ParseHTTP(text); err != nil || !got.Equal(want) {
			t.Errorf("%s: got %s, %v", text, got, err)
		}
	}
	if got := datetext.FormatHTTP(want.In(berlin(t))); got != "Sun, 06 Nov 1994 08:49:37 GMT" {
		t.Errorf("FormatHTTP returned %s", got)
	}
	if _, err := datetext.ParseHTTP("1994-11-06"); err == nil {
		t.Error("ParseHTTP accepts another format")
	}
}

func TestUnknownConversion(t *testing.T) {
	for format, want := range map[string]string{"%Y-%m-%d %%": "", "": "", "%Q": "%Q", "%Y%": "%", "%%%q": "%q", "100%%": ""} {
		if got := datetext.UnknownConversion(format, datetext.Conversions); got != want {
			t.Errorf("%q: got %q, want %q", format, got, want)
		}
	}
	for _, letter := range datetext.Conversions {
		if got := datetext.Format(time.Unix(0, 0), "%"+string(letter)); got == "%"+string(letter) {
			t.Errorf("Format does not know %s", got)
		}
	}
	for _, letter := range datetext.ParseConversions {
		if _, err := datetext.Parse("", "%"+string(letter), time.Unix(0, 0)); err != nil && strings.Contains(err.Error(), "not known") {
			t.Error(err)
		}
	}
}

// A text that ParseISO accepts must mean the same after FormatISO.
func FuzzParseISO(f *testing.F) {
	for _, text := range []string{"2026-12-24", "20261224T180030.5+0530", "2026-12-24 18:00 Z", "2026-02-30", "0001-01-01", "2016-12-31T23:59:60Z", "9999-12-31T23:59:59-23:59"} {
		f.Add(text)
	}
	zone := berlin(f)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := datetext.ParseISO(text, zone)
		if err != nil || got.Year() < 1 || got.Year() > 9998 {
			return
		}
		again, err := datetext.ParseISO(datetext.FormatISO(got.In(time.UTC)), zone)
		if err != nil || !again.Equal(got.Truncate(time.Second)) {
			t.Errorf("%q means %s, which ParseISO reads as %s, %v", text, got, again, err)
		}
	})
}

// A time must mean the same after Format and Parse, in each format that has all its parts, and no
// text or format makes Parse panic.
func FuzzParse(f *testing.F) {
	f.Add("2026-12-24", "%F", int64(1790000000))
	f.Add("1 PM", "%I %p%%%s", int64(-1))
	f.Add("366", "%j %y%n", int64(1<<33))
	zone := berlin(f)
	f.Fuzz(func(t *testing.T, text, format string, seconds int64) {
		datetext.Parse(text, format, time.Unix(1790000000, 0).In(zone))
		want := time.Unix(seconds%1e11, 0).In(zone)
		if want.Year() < 1969 || want.Year() > 2067 {
			return
		}
		for _, format := range []string{"%F %T %z", "%a %b %e %I:%M:%S %p %Y%z", "%j %y %H%M%S %z", "%s"} {
			text := datetext.Format(want, format)
			if got, err := datetext.Parse(text, format, want); err != nil || !got.Equal(want) {
				t.Errorf("Parse(%q, %q) returned %s, %v, want %s", text, format, got, err, want)
			}
		}
	})
}
