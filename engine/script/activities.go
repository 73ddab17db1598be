package script

import (
	"strings"
	"sync"
	"time"

	"moonlark/engine/activity"
	"moonlark/engine/permit"
)

const (
	// activityBurst activities of a script in a tab are shown at once, and then activityRate a second.
	activityBurst = 100
	activityRate  = 20
	// omittedInterval is how often the number of activities that are not shown is published.
	omittedInterval = time.Second
)

// activities limits how many activities of modules are published. Any goroutine may use it. The zero
// value is ready to use.
type activities struct {
	mu    sync.Mutex // guards the fields below
	rates map[activityKey]*activityCount
	// ended is set when all scripts are closed: nothing is published after that.
	ended bool
}

type activityKey struct{ script, tab string }

// An activityCount limits the activities of one script in one tab.
type activityCount struct {
	credit  float64   // how many activities may be published now
	updated time.Time // when credit was computed
	omitted int       // number of activities that were not published
}

// take reports whether an activity may be published. It counts an activity that may not. When it counts
// the first one since takeOmitted, take calls later, which must call takeOmitted after omittedInterval.
func (a *activities) take(key activityKey, now time.Time, later func()) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		return false
	}
	c := a.rates[key]
	if c == nil {
		if a.rates == nil {
			a.rates = make(map[activityKey]*activityCount)
		}
		c = &activityCount{credit: activityBurst, updated: now}
		a.rates[key] = c
	}
	c.credit = min(c.credit+activityRate*max(now.Sub(c.updated).Seconds(), 0), activityBurst)
	c.updated = now
	if c.credit >= 1 {
		c.credit--
		return true
	}
	if c.omitted++; c.omitted == 1 {
		later()
	}
	return false
}

// takeOmitted returns how many activities were not published since the last call, and 0 after end.
func (a *activities) takeOmitted(key activityKey) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		return 0
	}
	c := a.rates[key]
	n := c.omitted
	c.omitted = 0
	return n
}

// end prevents that anything more is published.
func (a *activities) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
}

// wantsActivities reports whether anybody wants to see what modules do.
func (s *Scripts) wantsActivities() bool {
	return s.opts.WantsActivities != nil && s.opts.WantsActivities()
}

// A masker hides secrets in texts. It is a *permit.Broker outside tests.
type masker interface {
	Mask(text string) string
	MaskPrefix(text string) string // for a text whose end was cut off
}

// shownText returns the beginning of a text of a module, without secrets, as people see it.
func shownText(m masker, text string) string {
	text = activity.Prefix(text)
	if beginning, isCut := strings.CutSuffix(text, activity.Ellipsis); isCut {
		return activity.Cut(m.MaskPrefix(beginning)+activity.Ellipsis, activity.MaxText)
	}
	return activity.Cut(m.Mask(text), activity.MaxText)
}

// showActivity publishes an activity of a script: see luastd.Shower. m hides secrets in texts.
func (s *Scripts) showActivity(name string, m masker, tab *activity.Tab, values func() []any) {
	if !s.wantsActivities() {
		return
	}
	key := activityKey{name, tab.ID}
	later := func() {
		time.AfterFunc(omittedInterval, func() {
			if n := s.shown.takeOmitted(key); n > 0 {
				s.opts.Activity(name, tab.ID, nil, n)
			}
		})
	}
	if !s.shown.take(key, time.Now(), later) {
		return
	}
	list := values()
	fields := make(map[string]any, len(tab.Columns))
	for i, c := range tab.Columns {
		if i >= len(list) || list[i] == nil {
			continue
		}
		if text, ok := list[i].(string); ok {
			fields[c.Name] = shownText(m, text)
		} else {
			fields[c.Name] = list[i]
		}
	}
	s.opts.Activity(name, tab.ID, fields, 0)
}

// ShowActivity shows something that a module has done: see luastd.Shower.
func (g *generation) ShowActivity(tab *activity.Tab, values func() []any) {
	g.scripts.showActivity(g.name(), g.permit, tab, values)
}

// showPermission shows a permission that the script has used, or that was refused.
func (s *Scripts) showPermission(name string, m masker, u permit.Use) {
	s.showActivity(name, m, &permit.Tab, func() []any { return u.Values() })
}
