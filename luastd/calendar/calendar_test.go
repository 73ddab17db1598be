package calendar_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

func TestTheExamplesOfTheManual(t *testing.T) { luastdtest.Examples(t, "manual.md") }

// list parses a calendar whose events are given, and returns a line for each event from 2026-03-01 to
// 2026-04-15, with the times in Berlin.
func list(t *testing.T, s *luastdtest.Script, content string) string {
	t.Helper()
	ics := "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n" + strings.ReplaceAll(strings.TrimSpace(content), "\n", "\r\n") + "\r\nEND:VCALENDAR\r\n"
	if err := os.WriteFile(filepath.Join(s.Folder, "a.ics"), []byte(ics), 0o600); err != nil {
		t.Fatal(err)
	}
	return s.Run(`
		local events, why, code = calendar.parse(fs.read("./a.ics"), {
			from = time.parse("2026-03-01T00:00:00+01:00"), to = time.parse("2026-04-15T00:00:00+02:00"), zone = "Europe/Berlin" })
		if not events then return why end
		local lines = {}
		for i, e in ipairs(events) do
			local form = e.all_day and "%m-%d" or "%m-%d %H:%M"
			lines[i] = e.title .. " " .. time.format(e.start, form, "Europe/Berlin") .. ".." .. time.format(e.finish, form, "Europe/Berlin") .. (e.incomplete and "?" or "")
		end
		return table.concat(lines, "; ")`)
}

func event(title string, lines ...string) string {
	return fmt.Sprintf("BEGIN:VEVENT\nUID:%s\nDTSTAMP:20260101T000000Z\nSUMMARY:%[1]s\n%s\nEND:VEVENT\n", title, strings.Join(lines, "\n"))
}

func TestTimesAreThoseOfTheEventsZone(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	for _, row := range []struct{ why, content, want string }{
		{"a time in UTC", event("a", "DTSTART:20260310T100000Z", "DTEND:20260310T110000Z"), "a 03-10 11:00..03-10 12:00"},
		{"a time in a zone", event("a", "DTSTART;TZID=America/New_York:20260310T090000", "DURATION:PT90M"), "a 03-10 14:00..03-10 15:30"},
		{"a time without a zone", event("a", "DTSTART:20260310T090000"), "a 03-10 09:00..03-10 09:00"},
		{"the name of Windows", event("a", "DTSTART;TZID=Tokyo Standard Time:20260310T170000"), "a 03-10 09:00..03-10 09:00"},
		{"the name of Windows in quotes", event("a", `DTSTART;TZID="W. Europe Standard Time":20260310T170000`), "a 03-10 17:00..03-10 17:00"},
		{"a name with a prefix", event("a", "DTSTART;TZID=/mozilla.org/20050126_1/Asia/Tokyo:20260310T170000"), "a 03-10 09:00..03-10 09:00"},
		{"an unknown name", event("a", "DTSTART;TZID=My Zone:20260310T170000"), "a 03-10 17:00..03-10 17:00"},
		{"a whole day", event("a", "DTSTART;VALUE=DATE:20260310"), "a 03-10..03-11"},
		{"three days", event("a", "DTSTART;VALUE=DATE:20260310", "DTEND;VALUE=DATE:20260313"), "a 03-10..03-13"},
		{"it has begun before", event("a", "DTSTART;VALUE=DATE:20260227", "DTEND;VALUE=DATE:20260303"), "a 02-27..03-03"},
		{"it has ended before", event("a", "DTSTART:20260228T100000Z", "DTEND:20260228T110000Z"), ""},
		{"it is later", event("a", "DTSTART:20260415T100000Z"), ""},
		{"sorted", event("b", "DTSTART:20260311T100000Z") + event("a", "DTSTART:20260310T100000Z"), "a 03-10 11:00..03-10 11:00; b 03-11 11:00..03-11 11:00"},
		{"an end before the beginning", event("a", "DTSTART:20260310T100000Z", "DTEND:20260309T100000Z"), "a 03-10 11:00..03-10 11:00"},
		{"escapes", event(`a\, b\nc`, "DTSTART:20260310T100000Z"), "a, b\nc 03-10 11:00..03-10 11:00"},
		{"the zone of the calendar", `
BEGIN:VTIMEZONE
TZID:Custom
BEGIN:STANDARD
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:-0300
TZOFFSETTO:-0400
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:-0400
TZOFFSETTO:-0300
END:DAYLIGHT
END:VTIMEZONE
` + event("a", "DTSTART;TZID=Custom:20260328T090000", "RRULE:FREQ=DAILY;COUNT=3"), "a 03-28 14:00..03-28 14:00; a 03-29 14:00..03-29 14:00; a 03-30 14:00..03-30 14:00"},
	} {
		if got := list(t, s, row.content); got != row.want {
			t.Errorf("%s: got %s, want %s", row.why, got, row.want)
		}
	}
}

func TestEventsThatRepeat(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	for _, row := range []struct{ why, content, want string }{
		{"at the same time in summer and in winter", event("a", "DTSTART;TZID=Europe/Berlin:20260322T090000", "RRULE:FREQ=WEEKLY;COUNT=3"),
			"a 03-22 09:00..03-22 09:00; a 03-29 09:00..03-29 09:00; a 04-05 09:00..04-05 09:00"},
		{"of another zone, which changes earlier", event("a", "DTSTART;TZID=America/New_York:20260301T090000", "RRULE:FREQ=WEEKLY;COUNT=2"),
			"a 03-01 15:00..03-01 15:00; a 03-08 14:00..03-08 14:00"},
		{"since long ago", event("a", "DTSTART;TZID=Europe/Berlin:19900107T090000", "RRULE:FREQ=DAILY;INTERVAL=20"),
			"a 03-19 09:00..03-19 09:00; a 04-08 09:00..04-08 09:00"},
		{"an exception with a zone", event("a", "DTSTART;TZID=Europe/Berlin:20260301T090000", "RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;TZID=Europe/Berlin:20260308T090000"),
			"a 03-01 09:00..03-01 09:00; a 03-15 09:00..03-15 09:00"},
		{"an exception in UTC", event("a", "DTSTART;TZID=Europe/Berlin:20260301T090000", "RRULE:FREQ=WEEKLY;COUNT=2", "EXDATE:20260308T080000Z"), "a 03-01 09:00..03-01 09:00"},
		{"an exception of a day", event("a", "DTSTART;VALUE=DATE:20260301", "RRULE:FREQ=WEEKLY;COUNT=2", "EXDATE;VALUE=DATE:20260308"), "a 03-01..03-02"},
		{"an additional time", event("a", "DTSTART;TZID=Europe/Berlin:20260301T090000", "RDATE;TZID=Europe/Berlin:20260302T090000,20260303T100000"),
			"a 03-01 09:00..03-01 09:00; a 03-02 09:00..03-02 09:00; a 03-03 10:00..03-03 10:00"},
		{"one is moved", event("a", "DTSTART;TZID=Europe/Berlin:20260301T090000", "RRULE:FREQ=WEEKLY;COUNT=2") +
			strings.Replace(event("a", "RECURRENCE-ID;TZID=Europe/Berlin:20260308T090000", "DTSTART;TZID=Europe/Berlin:20260309T120000"), "SUMMARY:a", "SUMMARY:moved", 1),
			"a 03-01 09:00..03-01 09:00; moved 03-09 12:00..03-09 12:00"},
		{"until a time in UTC, inclusive", event("a", "DTSTART;TZID=Europe/Berlin:20260301T090000", "RRULE:FREQ=WEEKLY;UNTIL=20260308T080000Z"),
			"a 03-01 09:00..03-01 09:00; a 03-08 09:00..03-08 09:00"},
		{"until a day, inclusive", event("a", "DTSTART;TZID=Europe/Berlin:20260301T090000", "RRULE:FREQ=WEEKLY;UNTIL=20260308"),
			"a 03-01 09:00..03-01 09:00; a 03-08 09:00..03-08 09:00"},
		{"the last Friday of the month", event("a", "DTSTART;TZID=Europe/Berlin:20240126T090000", "RRULE:FREQ=MONTHLY;BYDAY=-1FR"), "a 03-27 09:00..03-27 09:00"},
		{"a birthday", event("a", "DTSTART;VALUE=DATE:19800404", "RRULE:FREQ=YEARLY"), "a 04-04..04-05"},
		{"a wrong rule", event("a", "DTSTART:20260310T090000", "RRULE:FREQ=OFTEN"), "a 03-10 09:00..03-10 09:00?"},
		{"each second on certain days", event("a", "DTSTART:20260310T090000", "RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"), "a 03-10 09:00..03-10 09:00?"},
		{"all seconds of the day", event("a", "DTSTART:20260310T090000", "RRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5,6,7,8,9;BYMINUTE=1,2,3,4,5,6,7,8,9;BYSECOND=1,2"), "a 03-10 09:00..03-10 09:00?"},
		{"a day that never comes", event("a", "DTSTART:20260310T090000", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), "a 03-10 09:00..03-10 09:00"},
	} {
		if got := list(t, s, row.content); got != row.want {
			t.Errorf("%s: got %s, want %s", row.why, got, row.want)
		}
	}
}

// never is a rule that has no time.
const never = "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"

// Without limits of their own, each of these calendars takes minutes or gigabytes.
func TestACalendarThatIsMadeToBeSlowIsReadQuickly(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	const lunch = "a 03-10 11:00..03-10 11:00"
	at := "DTSTART:20260310T100000Z"
	slowZone := "BEGIN:VTIMEZONE\nTZID:slow\n" + strings.Repeat("BEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETTO:+0100\n"+
		"RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\nEND:STANDARD\n", 100) + "END:VTIMEZONE\n"
	count := 20
	if testkit.Race { // it makes the library several times slower
		count = 2
	}
	for _, row := range []struct{ why, content, want string }{
		{"rules that never match", strings.Repeat(event("a", at, never), count), strings.Repeat(lunch+"; ", count-1) + lunch},
		{"a zone whose rules never match", slowZone + strings.Repeat(event("b", "DTSTART;TZID=slow:20250310T100000"), 2000) + event("a", at), lunch},
		{"a long parameter", event("a", at, "X-LONG;X="+strings.Repeat("x", 2<<20)+":y"), lunch},
		{"a large interval", event("a", at, "RRULE:FREQ=MONTHLY;INTERVAL=9223372036854775807"), lunch + "?"},
		{"a rule that the library does not expect", event("a", at, "RRULE:FREQ=YEARLY;BYEASTER=500"), lunch + "?"},
		{"a rule that begins at the end of time", event("b", "DTSTART:99990310T100000Z", never) + event("a", at), lunch},
		{"deep components", strings.Repeat("BEGIN:X\n", 400000), "invalid: more than 10 components contain each other"},
		{"deep components with folded names", strings.Repeat("BEG\n IN:X\n", 1000), "invalid: more than 10 components contain each other"},
	} {
		if got := list(t, s, row.content); got != row.want {
			t.Errorf("%s: got %.200s, want %s", row.why, got, row.want)
		}
	}
}

func TestALimitEndsEndlessEvents(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	list(t, s, event("a", "DTSTART:20000310T090000Z", "RRULE:FREQ=SECONDLY"))
	s.Want(`local e = calendar.parse(fs.read("./a.ics"), {from = 1790000000, to = 1790100000}) return #e, e[1].incomplete`, "1000, true")
	s.Want(`local e = calendar.parse(fs.read("./a.ics"), {from = 1790000000, limit = 3}) return #e`, "3")
	var many strings.Builder
	for range 20 {
		many.WriteString(event("a", "DTSTART:20000310T090000Z", "RRULE:FREQ=SECONDLY"))
	}
	list(t, s, many.String())
	s.Want(`return select(3, calendar.parse(fs.read("./a.ics"), {from = 1790000000, to = 1790100000}))`, "too_large")
}

func TestWhatIsNoCalendarIsRefused(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	for _, row := range []struct{ source, want string }{
		{`return calendar.parse("")`, "nil, invalid: it is not a calendar: BEGIN:VCALENDAR is missing, invalid"},
		{`return calendar.parse("<html>")`, "nil, invalid: it is not a calendar: BEGIN:VCALENDAR is missing, invalid"},
		{`return calendar.parse("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n")`, "nil, invalid: "},
		{`return calendar.parse("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\nEND:VEVENT\r\nEND:VCALENDAR")`, `nil, invalid: the event "x": it has no DTSTART, invalid`},
		{`return calendar.parse("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\nDTSTART:soon\r\nEND:VEVENT\r\nEND:VCALENDAR")`, `nil, invalid: the event "x": "soon" is not a time, invalid`},
		{`return calendar.parse(("x"):rep(5000000))`, "nil, too_large: "},
		{`return calendar.parse("x", {zone = "Mars"})`, `a.lua:1: bad argument #2 to parse (there is no time zone "Mars")`},
		{`return calendar.parse("x", {from = 10, to = 5})`, "a.lua:1: bad argument #2 to parse (to must not be before from)"},
		{`return calendar.parse("x", {from = "now"})`, "a.lua:1: bad argument #2 to parse (from must be a number"},
		{`return calendar.build{}`, "a.lua:1: bad argument #1 to build (a list of 1 to 5000 events expected)"},
		{`return calendar.build{{start = 1}}`, "a.lua:1: bad argument #1 to build (event 1: title is missing)"},
		{`return calendar.build{{title = "a"}}`, "a.lua:1: bad argument #1 to build (event 1: start must be a time"},
		{`return calendar.build{{title = "a", start = 10, finish = 5}}`, "a.lua:1: bad argument #1 to build (event 1: finish must be a time that is not before start)"},
		{`return calendar.build{{title = "a", start = 1, ends = 2}}`, "a.lua:1: bad argument #1 to build (event 1: there is no field 'ends'"},
		{`return calendar.build{{title = "a", start = 1, repeats = "weekly"}}`, "a.lua:1: bad argument #1 to build (event 1: repeats is not a rule"},
		{`return calendar.build{{title = "a", start = 1, url = "http://x\r\nATTENDEE:y"}}`, "a.lua:1: bad argument #1 to build (event 1: url has a control character)"},
	} {
		if got := s.Run(row.source); !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: got %s, want %s", row.source, got, row.want)
		}
	}
}

func TestACalendarThatWasBuiltIsReadBack(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	s.Want(`
		local ics = calendar.build({
			{ title = "a, b; c\nd", start = 1772600400, finish = 1772604000, location = "hall", description = "x\\y", url = "https://example.com/?a=1,2", status = "tentative", uid = "u1" },
			{ title = "holiday", start = time.parse("2026-03-05T00:00:00+01:00"), finish = time.parse("2026-03-07T00:00:00+01:00"), all_day = true, zone = "Europe/Berlin" },
			{ title = "weekly", start = 1772600400, repeats = "freq=weekly", zone = "Europe/Berlin" },
		}, { name = "Mine" })
		local e = calendar.parse(ics, { from = 1772600000, to = 1772600000 + 8 * 86400, zone = "Europe/Berlin" })
		local a = e[2]
		return #e, a.title, a.finish - a.start, a.location, a.description, a.url, a.status, a.uid, e[3].title, e[3].all_day, (e[3].finish - e[3].start) / 86400, e[4].title`,
		"4, a, b; c\nd, 3600, hall, x\\y, https://example.com/?a=1,2, tentative, u1, holiday, true, 2, weekly")
}
