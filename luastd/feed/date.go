package feed

import (
	"strings"
	"time"
)

// zones are the time zones of RFC 822, and others that occur in feeds.
var zones = map[string]string{
	"Z": "+0000", "UT": "+0000", "UTC": "+0000", "GMT": "+0000",
	"EST": "-0500", "EDT": "-0400", "CST": "-0600", "CDT": "-0500", "MST": "-0700", "MDT": "-0600", "PST": "-0800", "PDT": "-0700",
	"WET": "+0000", "WEST": "+0100", "BST": "+0100", "CET": "+0100", "CEST": "+0200", "EET": "+0200", "EEST": "+0300", "MSK": "+0300", "JST": "+0900",
}

// layouts are the forms of dates in feeds, after normalize.
var layouts = []string{
	"2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05 -07:00", "2 Jan 06 15:04:05 -0700", "2 January 2006 15:04:05 -0700",
	"2 Jan 2006 15:04 -0700", "2 Jan 06 15:04 -0700", "2 Jan 2006 15:04:05", "2 Jan 2006 15:04", "2 Jan 2006",
	"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05-0700", "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04",
	"2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05", "2006-01-02", "2006-01", "2006",
}

// parseDate returns the date in s, which has one of the forms of RSS or Atom, or one that occurs in
// their place. A date without a time zone is in UTC.
func parseDate(s string) (time.Time, bool) {
	const maxDate = 100 // bytes
	if s == "" || len(s) > maxDate {
		return time.Time{}, false
	}
	s = normalize(s)
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// normalize returns a date without the day of the week and without a comment at its end, and with a
// number in place of the name of a time zone.
func normalize(s string) string {
	s, _, _ = strings.Cut(s, "(")
	if _, date, ok := strings.Cut(s, ","); ok {
		s = date
	}
	words := strings.Fields(s)
	if last := len(words) - 1; last > 0 {
		if offset, ok := zones[strings.ToUpper(words[last])]; ok {
			words[last] = offset
		}
	}
	return strings.Join(words, " ")
}
