package web

import (
	"cmp"
	"slices"

	"moonlark/engine/bus"
)

// These constants limit which activities of modules are kept for readers that come later. Each tab has
// limits of its own, so that a script that does one thing all the time does not push out the rest.
const (
	maxTabs       = 64
	tabActivities = 300
	tabBytes      = 128 << 10
)

// activityLog keeps the newest activities of each tab. They are not in the ring of the other events, so
// that they do not push the conversation out of it. It is not safe for use by several goroutines.
type activityLog struct {
	tabs map[string]*activityTab
	last uint64 // the order of the newest activity, 0 before the first
}

// An activityTab has the activities of one tab, oldest first.
type activityTab struct {
	entries []entry
	bytes   int // the size of all lines together
}

// add adds an activity, and removes the oldest ones of its tab until both limits are kept.
func (l *activityLog) add(tab string, order uint64, line []byte) {
	t := l.tabs[tab]
	if t == nil {
		if len(l.tabs) >= maxTabs { // a recording can have any names
			return
		}
		if l.tabs == nil {
			l.tabs = map[string]*activityTab{}
		}
		t = &activityTab{}
		l.tabs[tab] = t
	}
	l.last = order
	t.entries = append(t.entries, entry{order: order, kind: string(bus.Activity), line: line})
	t.bytes += len(line)
	for len(t.entries) > tabActivities || t.bytes > tabBytes && len(t.entries) > 1 {
		t.bytes -= len(t.entries[0].line)
		t.entries[0] = entry{}
		t.entries = t.entries[1:]
	}
}

// after returns the activities whose order is greater than order, in their order.
func (l *activityLog) after(order uint64) (all []entry) {
	if order >= l.last {
		return nil
	}
	for _, t := range l.tabs {
		i, _ := slices.BinarySearchFunc(t.entries, order+1, func(e entry, order uint64) int { return cmp.Compare(e.order, order) })
		all = append(all, t.entries[i:]...)
	}
	slices.SortFunc(all, byOrder)
	return all
}

func byOrder(a, b entry) int { return cmp.Compare(a.order, b.order) }

// names returns the sorted ids of the tabs that have had an activity.
func (l *activityLog) names() []string {
	names := make([]string, 0, len(l.tabs))
	for name := range l.tabs {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
