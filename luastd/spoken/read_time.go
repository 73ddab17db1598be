package spoken

const (
	halfDay = 12 * 60 // in minutes
	day     = 24 * 60
)

// A clock is a time of day while it is read.
type clock struct {
	minutes int  // since midnight; may be out of range before dayPart was called
	exact   bool // the hour was one of 24; otherwise the time can also be twelve hours later
}

// hour reads an hour from 0 to 24, noon, midnight, or a time in digits.
func (r *reader) hour() (c clock, ok bool) {
	if w := r.take(noon); w != nil {
		return clock{int(w.value) * 60, true}, true
	}
	if w := r.take(clockTime); w != nil {
		return clock{int(w.value), w.value >= halfDay+60 || w.value < 60}, true
	}
	if r.take(zero) != nil {
		return clock{0, true}, true
	}
	v, ok := r.small()
	return clock{int(v) * 60, v > 12}, ok && isWhole(v, 0, 24) && !r.ordinal
}

// optionalMinutes reads minutes from 0 to 59 and, perhaps, the word minutes. It returns 0 if there
// are none.
func (r *reader) optionalMinutes() (n int) {
	r.try(func() bool {
		v, ok := r.small()
		r.take(minutesWord)
		if !ok || !isWhole(v, 0, 59) || r.ordinal {
			return false
		}
		n = int(v)
		return true
	})
	return n
}

// minutesOrQuarter reads "a quarter", or minutes.
func (r *reader) minutesOrQuarter() (n int, ok bool) {
	if r.try(func() bool {
		r.take(article)
		w := r.take(quarter)
		if w != nil {
			n = int(w.value)
		}
		return w != nil
	}) {
		return n, true
	}
	n = r.optionalMinutes()
	return n, n > 0
}

// shortTime reads "half", "a quarter" or minutes.
func (r *reader) shortTime() (n int, ok bool) {
	if r.take(half) != nil {
		return 30, true
	}
	return r.minutesOrQuarter()
}

// beforeOrAfter reads a word such as to or past. It returns -1 for before, 1 for after, and 0 if
// there is no such word.
func (r *reader) beforeOrAfter() int {
	switch {
	case r.take(before) != nil:
		return -1
	case r.take(after) != nil:
		return 1
	}
	return 0
}

// dayPart reads a part of the day, if there is one, and brings c.minutes into the range of a day.
// It returns false if the time is not in that part of the day.
func (r *reader) dayPart(c *clock) bool {
	w := r.take(dayPart)
	switch {
	case w == nil && c.exact:
		c.minutes = (c.minutes + day) % day
	case w == nil: // quarter to one is 12:45, as twelve forty-five is
		c.minutes = (c.minutes-60+day)%halfDay + 60
	default:
		start := int(w.value) * 60
		sinceStart := (c.minutes - start + 2*day) % day
		if c.exact && sinceStart >= halfDay {
			return false
		}
		c.minutes = (start + sinceStart%halfDay) % day
	}
	return true
}

// hourThenMinutes reads a whole text in which the hour comes first: "sept heures moins le quart", "las
// siete y media", "las diecinueve treinta". canBeZero says that a zero may stand before the minutes.
func (r *reader) hourThenMinutes(canBeZero bool) (c clock, ok bool) {
	return c, r.readFully(func() bool {
		var ok bool
		if c, ok = r.hour(); !ok {
			return false
		}
		r.take(hourWord)
		switch {
		case r.take(minus) != nil:
			n, ok := r.minutesOrQuarter()
			c.minutes -= n
			return ok && r.dayPart(&c)
		case r.take(and) != nil:
			n, ok := r.shortTime()
			c.minutes += n
			return ok && r.dayPart(&c)
		}
		if canBeZero {
			r.take(zero)
		}
		c.minutes += r.optionalMinutes()
		return r.dayPart(&c)
	})
}
