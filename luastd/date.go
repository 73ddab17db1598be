package luastd

import (
	"fmt"
	"strconv"
	"time"
)

// mostDateFormat is the longest format of os.date: each of its letters may be
// written as 24.
const mostDateFormat = 64 << 10

// formatDate writes t as C's strftime does in the C locale. What is no
// conversion stays as it is. It is not ok when the format is too long.
func formatDate(t time.Time, format string) (text string, ok bool) {
	if len(format) > mostDateFormat {
		return "", false
	}
	var out []byte
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			out = append(out, format[i])
			continue
		}
		i++
		out = appendDate(out, t, format[i])
	}
	return string(out), true
}

// whole formats are made of others.
var wholeDates = map[byte]string{
	'c': "%a %b %e %H:%M:%S %Y", 'D': "%m/%d/%y", 'F': "%Y-%m-%d", 'R': "%H:%M", 'r': "%I:%M:%S %p",
	'T': "%H:%M:%S", 'X': "%H:%M:%S", 'x': "%m/%d/%y", 'h': "%b", 'n': "\n", 't': "\t", '%': "%",
}

// goDates are those that Go's own layouts have.
var goDates = map[byte]string{
	'A': "Monday", 'a': "Mon", 'B': "January", 'b': "Jan", 'd': "02", 'e': "_2", 'H': "15", 'I': "03",
	'j': "002", 'M': "04", 'm': "01", 'P': "pm", 'p': "PM", 'S': "05", 'z': "-0700",
}

func appendDate(out []byte, t time.Time, letter byte) []byte {
	if format, ok := wholeDates[letter]; ok {
		text, _ := formatDate(t, format)
		return append(out, text...)
	}
	if layout, ok := goDates[letter]; ok {
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
