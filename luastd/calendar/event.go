package calendar

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-ical"
	"github.com/teambition/rrule-go"
)

// An event is a VEVENT of a calendar.
type event struct {
	uid, title, location, description, url, status string

	start    moment
	days     int           // length of an event of whole days
	length   time.Duration // length of any other event
	rule     *rrule.ROption
	extra    []moment // of RDATE
	excluded []moment // of EXDATE
	// replaces is the time that the event had in the repetition from which it is taken out; nil for an
	// event of its own.
	replaces *moment
	// incomplete says that the repetition is not supported or has too many times, so that some are
	// missing.
	incomplete bool
}

// An occurrence is one time at which an event takes place.
type occurrence struct {
	*event
	begin, end time.Time
}

func (e *event) recurring() bool { return e.rule != nil || len(e.extra) > 0 || e.replaces != nil }

// at returns the occurrence of e at a time.
func (e *event) at(m moment) occurrence {
	begin := m.instant()
	if m.isDate {
		m.wall = m.wall.AddDate(0, 0, e.days)
		return occurrence{e, begin, m.instant()}
	}
	return occurrence{e, begin, begin.Add(e.length)}
}

// newEvent returns the event that a component describes.
func (z *zones) newEvent(c *ical.Component) (*event, error) {
	e := &event{status: "confirmed"}
	for name, field := range map[string]*string{
		ical.PropUID: &e.uid, ical.PropSummary: &e.title, ical.PropLocation: &e.location, ical.PropDescription: &e.description, ical.PropStatus: &e.status,
	} {
		if p := c.Props.Get(name); p != nil {
			if text, err := p.Text(); err == nil {
				*field = strings.TrimSpace(text)
			}
		}
	}
	e.status = strings.ToLower(e.status)
	if p := c.Props.Get(ical.PropURL); p != nil {
		e.url = p.Value
	}
	start := c.Props.Get(ical.PropDateTimeStart)
	if start == nil {
		return nil, errors.New("it has no DTSTART")
	}
	var err error
	if e.start, err = z.moment(start, start.Value); err != nil {
		return nil, err
	}
	if err := z.setLength(e, c); err != nil {
		return nil, err
	}
	for _, p := range c.Props[ical.PropRecurrenceDates] {
		e.extra = append(e.extra, z.moments(&p)...)
	}
	for _, p := range c.Props[ical.PropExceptionDates] {
		e.excluded = append(e.excluded, z.moments(&p)...)
	}
	if p := c.Props.Get(ical.PropRecurrenceID); p != nil {
		m, err := z.moment(p, p.Value)
		if err != nil {
			return nil, err
		}
		e.replaces = &m
	}
	if p := c.Props.Get(ical.PropRecurrenceRule); p != nil {
		e.setRule(p.Value)
	}
	return e, nil
}

// setLength sets the length of e by the properties DTEND and DURATION.
func (z *zones) setLength(e *event, c *ical.Component) error {
	if p := c.Props.Get(ical.PropDateTimeEnd); p != nil {
		end, err := z.moment(p, p.Value)
		if err != nil {
			return err
		}
		e.days = max(1, int(end.wall.Sub(e.start.wall).Hours()/24))
		e.length = max(0, end.instant().Sub(e.start.instant()))
		return nil
	}
	e.days = 1
	if p := c.Props.Get(ical.PropDuration); p != nil {
		d, err := p.Duration()
		if err != nil || d < 0 {
			return fmt.Errorf("%q is not a duration", p.Value)
		}
		e.days, e.length = max(1, int(d.Hours()/24)), d
	}
	return nil
}

const (
	maxSteps      = 10000 // times to which an event is expanded
	maxDayTimes   = 100   // times of one day in a rule with BYHOUR, BYMINUTE and BYSECOND
	maxRuleValues = 500   // values in a rule
)

// setRule sets the rule by which e repeats. A rule that is wrong, or could take too long to expand, makes
// e incomplete.
func (e *event) setRule(text string) {
	o, err := rrule.StrToROptionInLocation(text, time.UTC)
	if err != nil {
		e.incomplete = true
		return
	}
	filters := len(o.Bymonth) + len(o.Bymonthday) + len(o.Byyearday) + len(o.Byweekno) + len(o.Byweekday) + len(o.Bysetpos)
	times := len(o.Byhour) + len(o.Byminute) + len(o.Bysecond)
	dayTimes := max(1, len(o.Byhour)) * max(1, len(o.Byminute)) * max(1, len(o.Bysecond))
	e.incomplete = filters+times > maxRuleValues || dayTimes > maxDayTimes || o.Freq > rrule.DAILY && filters+times > 0 ||
		o.Interval < 0 || o.Interval > maxInterval || len(o.Byeaster) > 0
	o.Dtstart = e.start.wall
	if !o.Until.IsZero() {
		_, until, _ := strings.Cut(strings.ToUpper(text), "UNTIL=")
		until, _, _ = strings.Cut(until, ";")
		switch {
		case strings.HasSuffix(until, "Z") && !e.start.isDate:
			o.Until = e.start.zone.wall(o.Until)
		case !strings.Contains(until, "T"):
			o.Until = o.Until.Add(24*time.Hour - time.Second)
		}
	}
	e.rule = o
}

// each calls f with the times of e between from and to, which are times of the clocks of its zone, and
// possibly with others, until f returns false.
func (e *event) each(from, to time.Time, f func(moment) bool) {
	if !f(e.start) {
		return
	}
	for _, m := range e.extra {
		if !f(m) {
			return
		}
	}
	if e.rule == nil || e.incomplete || e.start.wall.After(to) {
		return
	}
	o := *e.rule
	e.skipTo(&o, from)
	times, early := 0, 0
	err := expand(o, to, func(wall time.Time) bool {
		if times == maxSteps || early == 10*maxSteps {
			e.incomplete = true
			return false
		}
		if wall.Before(from) {
			early++
			return true
		}
		if times++; wall.Equal(e.start.wall) {
			return true
		}
		return f(moment{wall, e.start.zone, e.start.isDate})
	})
	if err != nil {
		e.incomplete = true
	}
}

// skipTo moves the beginning of the rule closer to the time from, by whole intervals, so that an
// event that has repeated for years is expanded quickly. A rule with a count keeps its beginning.
func (e *event) skipTo(o *rrule.ROption, from time.Time) {
	unit := map[rrule.Frequency]time.Duration{
		rrule.WEEKLY: 7 * 24 * time.Hour, rrule.DAILY: 24 * time.Hour, rrule.HOURLY: time.Hour, rrule.MINUTELY: time.Minute, rrule.SECONDLY: time.Second,
	}[o.Freq]
	interval := time.Duration(max(1, o.Interval))
	if unit == 0 || o.Count > 0 {
		return
	}
	if gap := from.Sub(o.Dtstart); gap > 0 {
		o.Dtstart = o.Dtstart.Add(gap / (unit * interval) * unit * interval)
	}
}
