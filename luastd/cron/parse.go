package cron

import (
	"fmt"
	"strconv"
	"strings"
)

// MaxExpression is the maximal length of an expression in bytes.
const MaxExpression = 256

// A field describes a field of an expression.
type field struct {
	name     string
	min, max int
	names    []string // names of the numbers from min on
}

// Indexes in fields.
const (
	secondField = iota
	minuteField
	hourField
	dayField
	monthField
	weekdayField
)

var fields = []field{
	{name: "second", max: 59},
	{name: "minute", max: 59},
	{name: "hour", max: 23},
	{name: "day of the month", min: 1, max: 31},
	{name: "month", min: 1, max: 12, names: []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
	{name: "day of the week", max: 7, names: []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
}

// all returns the set of all numbers of the field.
func (f *field) all() uint64 { return 1<<(f.max+1) - 1<<f.min }

// shortcuts are names of expressions.
var shortcuts = map[string]string{
	"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
	"@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
}

// Parse returns the schedule of an expression with 5 fields, or with 6, of which the first is the
// second, or of a name such as "@daily". The error says what is wrong.
func Parse(expression string) (*Schedule, error) {
	if len(expression) > MaxExpression {
		return nil, fmt.Errorf("the expression has %d bytes; the maximum is %d", len(expression), MaxExpression)
	}
	words := strings.Fields(strings.ToLower(expression))
	if len(words) == 1 && strings.HasPrefix(words[0], "@") {
		long, ok := shortcuts[words[0]]
		if !ok {
			return nil, fmt.Errorf("%s is not one of @hourly, @daily, @weekly, @monthly, @yearly", words[0])
		}
		words = strings.Fields(long)
	}
	switch len(words) {
	case 5:
		words = append([]string{"0"}, words...)
	case 6:
	default:
		return nil, fmt.Errorf("the expression has %d fields; it must have 5 (minute, hour, day, month, day of the week), or 6 with the second first", len(words))
	}
	s := &Schedule{}
	sets := []*uint64{&s.seconds, &s.minutes, &s.hours, &s.days, &s.months, &s.weekdays}
	for i, set := range sets {
		var err error
		if *set, err = fields[i].parse(words[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", fields[i].name, err)
		}
	}
	s.anyDay, s.anyWeekday = words[dayField][0] == '*', words[weekdayField][0] == '*'
	s.interval = strings.ContainsAny(words[minuteField]+words[hourField], "*/")
	s.weekdays = sundayIs0(s.weekdays)
	return s, nil
}

// A Weekdays is a set of days of the week. It has a bit for each day; bit 0 is Sunday.
type Weekdays uint64

// EveryDay is the set of all days of the week.
const EveryDay Weekdays = 1<<7 - 1

// ParseWeekdays returns the days that a field of an expression describes, such as "mon-fri" or
// "sat,sun".
func ParseWeekdays(text string) (Weekdays, error) {
	if len(text) > MaxExpression {
		return 0, fmt.Errorf("the text has %d bytes; the maximum is %d", len(text), MaxExpression)
	}
	set, err := fields[weekdayField].parse(strings.ToLower(strings.ReplaceAll(text, " ", "")))
	return Weekdays(sundayIs0(set)), err
}

// sundayIs0 returns a set of days of the week in which Sunday is 0 and not 7.
func sundayIs0(set uint64) uint64 { return (set | set>>7) & (1<<7 - 1) }

// parse returns the set of numbers that text describes, such as "1,5-20/5".
func (f *field) parse(text string) (uint64, error) {
	var set uint64
	for part := range strings.SplitSeq(text, ",") {
		numbers, err := f.part(part)
		if err != nil {
			return 0, err
		}
		set |= numbers
	}
	return set, nil
}

// part returns the set of numbers that a part of a list describes: "*", "5" or "5-20", possibly
// with a step such as "/5".
func (f *field) part(text string) (uint64, error) {
	span, step, hasStep := strings.Cut(text, "/")
	first, last, err := f.span(span, hasStep)
	if err != nil {
		return 0, err
	}
	by := 1
	if hasStep {
		if by, err = number(step); err != nil || by < 1 || by > f.max {
			return 0, fmt.Errorf("%q: the step must be from 1 to %d", text, f.max)
		}
	}
	var set uint64
	for n := first; n <= last; n += by {
		at := n
		if at > f.max { // a span such as sat-sun
			at -= 7
		}
		set |= 1 << at
	}
	return set, nil
}

// span returns the first and the last number of text, which is "*", a number, or two numbers with -
// in between. A number that a step follows means all numbers from that on.
func (f *field) span(text string, hasStep bool) (first, last int, err error) {
	if text == "*" {
		if f.max == 7 {
			return 0, 6, nil
		}
		return f.min, f.max, nil
	}
	from, to, isSpan := strings.Cut(text, "-")
	if first, err = f.number(from); err != nil {
		return 0, 0, err
	}
	if !isSpan {
		if hasStep {
			return first, f.max, nil
		}
		return first, first, nil
	}
	if last, err = f.number(to); err != nil {
		return 0, 0, err
	}
	if last < first && f.max == 7 {
		last += 7
	}
	if last < first {
		return 0, 0, fmt.Errorf("%q: the first number is greater than the second", text)
	}
	return first, last, nil
}

// number returns a number of the field, or the number of a name.
func (f *field) number(text string) (int, error) {
	for i, name := range f.names {
		if text == name {
			return f.min + i, nil
		}
	}
	n, err := number(text)
	if err != nil || n < f.min || n > f.max {
		names := ""
		if f.names != nil {
			names = fmt.Sprintf(" or a name from %s to %s", f.names[0], f.names[len(f.names)-1])
		}
		return 0, fmt.Errorf("%q is not *, a number from %d to %d%s", text, f.min, f.max, names)
	}
	return n, nil
}

// number returns the number that consists of the digits in text.
func number(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 8)
	return int(n), err
}
