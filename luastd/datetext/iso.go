package datetext

import (
	"errors"
	"fmt"
	"time"
)

// FormatISO returns t in the format of ISO 8601, such as "2026-12-24T18:00:00+01:00".
func FormatISO(t time.Time) string { return t.Format(time.RFC3339) }

// FormatHTTP returns t in the format of HTTP, such as "Thu, 24 Dec 2026 17:00:00 GMT".
func FormatHTTP(t time.Time) string { return t.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT") }

// ParseISO returns the moment that a text in the format of ISO 8601 means: a date, or a date and a
// time. If the text has no offset from UTC, it is about the given zone. The date is 2026-12-24 or
// 20261224. T or white space follows, and 18:00, 18:00:30, 18:00:30.5 or 180030, and possibly an
// offset such as Z or +01:00.
func ParseISO(text string, zone *time.Location) (time.Time, error) {
	if len(text) > MaxText {
		return time.Time{}, fmt.Errorf("the text has %d bytes; the maximum is %d", len(text), MaxText)
	}
	s := scanner{text: text}
	var f fields
	s.space()
	f.year = s.digits(4, 4, "a year")
	dashes := s.skip('-')
	f.month = s.number(2, 2, 1, 12, "a month")
	if dashes {
		s.expect('-')
	}
	f.day = s.number(2, 2, 1, 31, "a day")
	separator := s.i
	if !s.skip('T') {
		s.space()
	}
	if s.i > separator && (isDigit(s.next()) || s.text[s.i-1]|0x20 == 't') {
		s.isoTime(&f)
	}
	s.space()
	if s.i < len(text) {
		s.fail(s.i, "the end")
	}
	if s.err != nil {
		return time.Time{}, s.err
	}
	t, ok := f.moment(zone)
	if !ok {
		return time.Time{}, errors.New("the month does not have that day")
	}
	return t, nil
}

// isoTime reads a time, and an offset if there is one.
func (s *scanner) isoTime(f *fields) {
	f.hour = s.number(2, 2, 0, 23, "an hour")
	colons := s.skip(':')
	f.minute = s.number(2, 2, 0, 59, "a minute")
	if colons && s.skip(':') || !colons && isDigit(s.next()) {
		f.sec = s.number(2, 2, 0, 60, "a second")
		if s.skip('.') || s.skip(',') {
			f.nanosecond = s.fraction()
		}
	}
	s.space()
	if s.next() != 0 {
		f.offset, f.hasOffset = s.utcOffset(), true
	}
}

// fraction returns the digits that are next, as the fraction of a second in nanoseconds.
func (s *scanner) fraction() int {
	n, digit := 0, 100_000_000
	if !isDigit(s.next()) {
		s.fail(s.i, "a digit")
	}
	for isDigit(s.next()) {
		n += int(s.next()-'0') * digit
		digit /= 10
		s.i++
	}
	return n
}

// ParseHTTP returns the moment that a text in one of the three formats of HTTP means.
func ParseHTTP(text string) (time.Time, error) {
	for _, layout := range []string{"Mon, 02 Jan 2006 15:04:05 GMT", "Monday, 02-Jan-06 15:04:05 GMT", time.ANSIC} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New("a time such as Thu, 24 Dec 2026 17:00:00 GMT expected")
}
