// Package datetext writes dates and times as text, and reads them.
package datetext

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// MaxFormat is the maximal length of a format in bytes. Each conversion in the format writes up to
// 24 characters.
const MaxFormat = 64 << 10

// Format returns t as text in the given format, as C's strftime does in the C locale. Unknown
// conversions stay in the text. The format has at most MaxFormat bytes.
func Format(t time.Time, format string) string {
	var out []byte
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			out = append(out, format[i])
			continue
		}
		i++
		out = appendDate(out, t, format[i])
	}
	return string(out)
}

// UnknownConversion returns the first conversion in the format that is not in known, such as "%Q".
// It returns "" if all are in known.
func UnknownConversion(format, known string) string {
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			continue
		}
		i++
		if i == len(format) || strings.IndexByte(known, format[i]) < 0 {
			return format[i-1 : min(i+1, len(format))]
		}
	}
	return ""
}

// Conversions are the letters of the conversions that Format knows.
const Conversions = "AaBbCcDdeFGgHhIjklMmnPpRrSsTtUuVWwXxYyZz%"

// composed has the conversions that stand for other conversions or for a character.
var composed = map[byte]string{
	'c': "%a %b %e %H:%M:%S %Y", 'D': "%m/%d/%y", 'F': "%Y-%m-%d", 'R': "%H:%M", 'r': "%I:%M:%S %p",
	'T': "%H:%M:%S", 'X': "%H:%M:%S", 'x': "%m/%d/%y", 'h': "%b", 'n': "\n", 't': "\t", '%': "%",
}

// layouts has the conversions that Time.Format can write, with their layouts.
var layouts = map[byte]string{
	'A': "Monday", 'a': "Mon", 'B': "January", 'b': "Jan", 'd': "02", 'e': "_2", 'H': "15", 'I': "03",
	'j': "002", 'M': "04", 'm': "01", 'P': "pm", 'p': "PM", 'S': "05", 'z': "-0700",
}

// appendDate appends t to out, in the format of the conversion %letter.
func appendDate(out []byte, t time.Time, letter byte) []byte {
	if format, ok := composed[letter]; ok {
		return append(out, Format(t, format)...)
	}
	if layout, ok := layouts[letter]; ok {
		return t.AppendFormat(out, layout)
	}
	weekday, yearDay := int(t.Weekday()), t.YearDay()-1
	isoYear, isoWeek := t.ISOWeek()
	two := func(n int) []byte { return fmt.Appendf(out, "%02d", n) }
	switch letter {
	case 'C':
		return two(t.Year() / 100)
	case 'G':
		return strconv.AppendInt(out, int64(isoYear), 10)
	case 'g':
		return two(isoYear % 100)
	case 'k':
		return fmt.Appendf(out, "%2d", t.Hour())
	case 'l':
		return fmt.Appendf(out, "%2d", (t.Hour()+11)%12+1)
	case 's':
		return strconv.AppendInt(out, t.Unix(), 10)
	case 'U':
		return two((yearDay + 7 - weekday) / 7)
	case 'u':
		return strconv.AppendInt(out, int64((weekday+6)%7+1), 10)
	case 'V':
		return two(isoWeek)
	case 'W':
		return two((yearDay + 7 - (weekday+6)%7) / 7)
	case 'w':
		return strconv.AppendInt(out, int64(weekday), 10)
	case 'Y':
		return strconv.AppendInt(out, int64(t.Year()), 10)
	case 'y':
		return two(((t.Year() % 100) + 100) % 100)
	case 'Z':
		if t.Location() == time.UTC {
			return append(out, "GMT"...)
		}
		name, _ := t.Zone()
		return append(out, name...)
	}
	return append(out, '%', letter)
}
