package calendar

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-ical"
)

// A query says which events parse returns.
type query struct {
	from, to time.Time
	zone     *time.Location // of times that have none
	limit    int
}

var (
	errTooLarge = errors.New("too large")
	errTooSlow  = fmt.Errorf("%w: the calendar takes more than %v to expand", errTooLarge, parseTimeout)
)

// maxFound is how many occurrences may be found before they are sorted and cut.
const maxFound = 50000

// run returns the occurrences of the events in a calendar. The error wraps errTooLarge if it takes
// too long.
func (q query) run(ctx context.Context, text string) (found []occurrence, err error) {
	defer func() {
		if recover() != nil { // the libraries do not expect this calendar
			err = errors.New("the calendar is damaged")
		}
	}()
	components, err := components(text)
	if err != nil {
		return nil, err
	}
	z := newZones(q.zone, components)
	var events []*event
	for _, c := range components {
		if c.Name != ical.CompEvent {
			continue
		}
		if ctx.Err() != nil {
			return nil, errTooSlow
		}
		e, err := z.newEvent(c)
		if err != nil {
			return nil, fmt.Errorf("the event %q: %w", title(c), err)
		}
		events = append(events, e)
	}
	for _, e := range events {
		more, err := q.occurrences(ctx, e, events)
		if err != nil {
			return nil, err
		}
		if found = append(found, more...); len(found) > maxFound {
			return nil, fmt.Errorf("%w: there are more than %d events in this time", errTooLarge, maxFound)
		}
	}
	slices.SortStableFunc(found, func(a, b occurrence) int {
		return cmp.Or(a.begin.Compare(b.begin), a.end.Compare(b.end))
	})
	return found[:min(len(found), q.limit)], nil
}

// title returns the title of an event, for errors.
func title(c *ical.Component) string {
	if p := c.Props.Get(ical.PropSummary); p != nil {
		return p.Value[:min(len(p.Value), 60)]
	}
	return ""
}

// components returns the components of all calendars in a text.
func components(text string) ([]*ical.Component, error) {
	text, err := prepare(strings.TrimPrefix(strings.TrimSpace(text), "\ufeff"))
	if err != nil {
		return nil, err
	}
	d := ical.NewDecoder(strings.NewReader(text))
	var all []*ical.Component
	for n := 0; ; n++ {
		c, err := d.Decode()
		switch {
		case err == io.EOF && n > 0:
			return all, nil
		case err != nil && n == 0 && !bytes.Contains([]byte(text), []byte("BEGIN:VCALENDAR")):
			return nil, errors.New("it is not a calendar: BEGIN:VCALENDAR is missing")
		case err != nil:
			return nil, errors.New(strings.TrimPrefix(err.Error(), "ical: "))
		}
		all = append(all, c.Children...)
	}
}

// clockChange is more than the time by which clocks are put forward or back.
const clockChange = 2 * time.Hour

// occurrences returns the times of e. all are the events of the calendar.
func (q query) occurrences(ctx context.Context, e *event, all []*event) ([]occurrence, error) {
	skip := e.skipped(all)
	seen := map[int64]bool{}
	var found []occurrence
	longest := e.length
	if e.start.isDate {
		longest = time.Duration(e.days) * 24 * time.Hour
	}
	from := e.start.zone.wall(q.from).Add(-longest - clockChange)
	to := e.start.zone.wall(q.to).Add(clockChange)
	steps := 0
	e.each(from, to, func(m moment) bool {
		if steps++; steps%256 == 0 && ctx.Err() != nil {
			return false
		}
		o := e.at(m)
		inside := o.begin.Before(q.to) && (o.end.After(q.from) || !o.begin.Before(q.from))
		if inside && !skip.has(m) && !seen[o.begin.Unix()] {
			seen[o.begin.Unix()] = true
			found = append(found, o)
		}
		return true
	})
	if ctx.Err() != nil {
		return nil, errTooSlow
	}
	return found, nil
}

// A timeSet is a set of times.
type timeSet struct {
	instants map[int64]bool
	dates    map[string]bool // days on which nothing takes place
}

// skipped returns the times at which e does not take place: those that are excluded, and those that
// are replaced by another event.
func (e *event) skipped(all []*event) timeSet {
	s := timeSet{map[int64]bool{}, map[string]bool{}}
	add := func(m moment) {
		if m.isDate {
			s.dates[m.wall.Format(time.DateOnly)] = true
		} else {
			s.instants[m.instant().Unix()] = true
		}
	}
	for _, m := range e.excluded {
		add(m)
	}
	if e.replaces == nil && e.uid != "" {
		for _, other := range all {
			if other.replaces != nil && other.uid == e.uid {
				add(*other.replaces)
			}
		}
	}
	return s
}

func (s timeSet) has(m moment) bool {
	return s.instants[m.instant().Unix()] || s.dates[m.wall.Format(time.DateOnly)]
}
