package spoken

import "fmt"

// A timeOfDay is a time of day. hour is from 0 to 23, and minute from 0 to 59.
type timeOfDay struct{ hour, minute int }

// hour12 returns the hour on a clock with twelve hours, plus add.
func (t timeOfDay) hour12(add int) int64 { return int64((t.hour+add+11)%12 + 1) }

// Time returns the words for a time of day. hours24 chooses the form with 24 hours, such as
// "nineteen thirty". Otherwise the form is that of a conversation, such as "half past seven", and
// withPart adds the part of the day, such as "in the evening". hour is from 0 to 23, and minute
// from 0 to 59.
func (l *Language) Time(hour, minute int, hours24, withPart bool) string {
	t := timeOfDay{hour, minute}
	if hours24 {
		return l.time24(t)
	}
	words, noPart := l.time12(t)
	if withPart && !noPart {
		words += " " + l.part(hour)
	}
	return words
}

// ReadTime returns the time of day that text means, such as "07:30". The error is one of those
// of ReadNumber.
func (l *Language) ReadTime(text string) (string, error) {
	r, err := l.newReader(text)
	if err != nil {
		return "", err
	}
	r.remove(func(w meanings) bool { return w.find(filler) != nil })
	c, ok := l.readTime(r)
	if !ok {
		return "", ErrOrder
	}
	return fmt.Sprintf("%02d:%02d", c.minutes/60, c.minutes%60), nil
}

// ParseTime returns the hour and the minute of a time of day in digits, such as "7:30" or
// "07:30:00".
func ParseTime(text string) (hour, minute int, ok bool) {
	if len(text) > 6 && text[len(text)-3] == ':' && isDigits(text[len(text)-2:]) && text[len(text)-2] < '6' {
		text = text[:len(text)-3]
	}
	hour, minute, ok = cutTime(text)
	return hour, minute, ok && hour < 24 && text[len(text)-3] == ':'
}
