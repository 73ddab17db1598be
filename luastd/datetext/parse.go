package datetext

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// ParseConversions are the letters of the conversions that Parse knows.
const ParseConversions = "AaBbDdeFHhIjkMmnPpRrSsTtXxYyz%"

var (
	monthNames = []string{
		"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
	}
	dayNames = []string{
		"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
		"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat",
	}
)

// Parse returns the moment that text means, which is in the given format, as for C's strptime. The
// format must contain only the conversions in ParseConversions. If it has no offset from UTC, the
// text is about the zone of today. Parts of the time that the format does not have are 0. If the
// format has no date, the date is that of today. Otherwise the year is that of today if the format
// has no year, and the month and the day are 1 if the format does not have them.
func Parse(text, format string, today time.Time) (time.Time, error) {
	if len(text) > MaxText {
		return time.Time{}, fmt.Errorf("the text has %d bytes; the maximum is %d", len(text), MaxText)
	}
	p := parser{scanner: scanner{text: text}}
	p.format(format)
	if p.i < len(text) {
		p.fail(p.i, "the end")
	}
	if p.err != nil {
		return time.Time{}, p.err
	}
	if p.hasUnix {
		return time.Unix(p.unix, 0), nil
	}
	if p.complete(today); p.err != nil {
		return time.Time{}, p.err
	}
	t, ok := p.moment(today.Location())
	if !ok {
		return time.Time{}, errors.New("the month does not have that day")
	}
	return t, nil
}

// A parser collects what a text says.
type parser struct {
	scanner
	fields        // 0 for the parts of the date that the text does not have
	hasYear bool  // the year is known, because it may be 0
	yearDay int   // day of the year; 0 if the text does not have it
	half    int   // 1 for am, 2 for pm; 0 if the text has neither
	unix    int64 // seconds since 1970, if hasUnix is true
	hasUnix bool
}

// format reads the text in this format.
func (p *parser) format(format string) {
	for i := 0; i < len(format) && p.err == nil; i++ {
		switch c := format[i]; {
		case c == '%' && i+1 < len(format):
			i++
			p.conversion(format[i])
		case c == ' ' || '\t' <= c && c <= '\r':
			p.space()
		case p.next() == c && p.i < len(p.text):
			p.i++
		default:
			p.fail(p.i, fmt.Sprintf("%q", c))
		}
	}
}

// conversion reads what the conversion %letter stands for.
func (p *parser) conversion(letter byte) {
	if format, ok := composed[letter]; ok && letter != '%' && letter != 'h' {
		p.format(format)
		return
	}
	switch letter {
	case 'A', 'a':
		p.word(dayNames, "a day of the week")
	case 'B', 'b', 'h':
		p.month = p.word(monthNames, "the name of a month")%12 + 1
	case 'd', 'e':
		p.space()
		p.day = p.number(1, 2, 1, 31, "a day")
	case 'H', 'k':
		p.space()
		p.hour = p.number(1, 2, 0, 23, "an hour")
	case 'I':
		p.hour = p.number(1, 2, 1, 12, "an hour")
	case 'j':
		p.yearDay = p.number(1, 3, 1, 366, "a day of the year")
	case 'M':
		p.minute = p.number(1, 2, 0, 59, "a minute")
	case 'm':
		p.month = p.number(1, 2, 1, 12, "a month")
	case 'P', 'p':
		p.half = p.word([]string{"am", "pm"}, "am or pm") + 1
	case 'S':
		p.sec = p.number(1, 2, 0, 60, "a second")
	case 's':
		p.unix, p.hasUnix = p.seconds(), true
	case 'Y':
		p.year, p.hasYear = p.digits(4, 4, "a year"), true
	case 'y':
		p.year, p.hasYear = p.number(2, 2, 0, 99, "a year"), true
		if p.year += 1900; p.year < 1969 {
			p.year += 100
		}
	case 'z':
		p.offset, p.hasOffset = p.utcOffset(), true
	case '%':
		p.expect('%')
	default:
		p.err = fmt.Errorf("%%%c is not known", letter)
	}
}

// seconds reads a number of seconds since 1970.
func (p *parser) seconds() int64 {
	negative := p.skip('-')
	n := int64(p.number(1, 12, 0, math.MaxInt, "a number of seconds"))
	if negative {
		return -n
	}
	return n
}

// complete fills in the parts of the date that the text does not have, and makes the hour one from
// 0 to 23.
func (p *parser) complete(today time.Time) {
	if p.half > 0 {
		p.hour = p.hour%12 + (p.half-1)*12
	}
	noDate := !p.hasYear && p.month == 0 && p.day == 0 && p.yearDay == 0
	if !p.hasYear {
		p.year = today.Year()
	}
	switch {
	case noDate:
		p.month, p.day = int(today.Month()), today.Day()
	case p.yearDay > 0:
		date := time.Date(p.year, 1, p.yearDay, 0, 0, 0, 0, time.UTC)
		if date.Year() != p.year {
			p.err = errors.New("the year does not have that day")
		}
		p.month, p.day = int(date.Month()), date.Day()
	default:
		p.month, p.day = max(p.month, 1), max(p.day, 1)
	}
}
