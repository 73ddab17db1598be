package center

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"moonlark/engine/fleet/message"
	"moonlark/engine/safetext"
)

// maxNames is how many devices Text lists for each reason.
const maxNames = 10

// endedTime is for how long Text mentions a rollout that has ended.
const endedTime = 7 * 24 * time.Hour

// Text returns the status for people, in lines.
func (s Status) Text() string {
	var t text
	head := fmt.Sprintf("fleet %s · %s · %d online", s.Fleet, plural(s.Known, "device"), s.Online)
	switch len(s.Rollouts) {
	case 0:
		t.line(head)
	case 1:
		t.line(head + " · " + s.Rollouts[0].head())
		s.Rollouts[0].write(&t)
	default:
		t.line(head + " · " + plural(len(s.Rollouts), "rollout"))
		for _, r := range s.Rollouts {
			t.line(" " + r.head())
			r.write(&t)
		}
	}
	s.writeDevices(&t)
	s.writeEnded(&t)
	return t.String()
}

// Text returns how far the rollout is, in lines.
func (r RolloutStatus) Text() string {
	var t text
	t.line(r.head())
	r.write(&t)
	return t.String()
}

// head returns what is rolled out, in which wave, and how long that lasts.
func (r RolloutStatus) head() string {
	change := short(r.Bundle)
	if r.From != "" {
		change = short(r.From) + " → " + change
	}
	head := r.Target + " " + change
	switch {
	case r.Trouble != "":
		return safetext.Line(head + ": " + r.Trouble)
	case r.Wave == 0:
		head += ", the first devices"
	default:
		head += fmt.Sprintf(", wave %d of %d: %s", r.Wave, len(r.Waves), percent(r.Share))
	}
	switch {
	case r.Paused != "":
		head += ", paused by " + r.Paused
	case r.Left > 0:
		head += ", " + length(time.Duration(r.Left*float64(time.Second))) + " left"
	case r.Online == 0:
		head += ", waits for a device that is online"
	default:
		head += ", waits for its devices"
	}
	return safetext.Line(head)
}

// short returns the version of a bundle from its name, such as "17" from "shop 17".
func short(name string) string { return name[strings.LastIndexByte(name, ' ')+1:] }

// write writes the numbers of a rollout, and the devices on which it has failed.
func (r RolloutStatus) write(t *text) {
	label := fmt.Sprintf("good %d of %d", r.Good, r.Online)
	for _, phase := range []string{message.Back, message.Refused} {
		var items []string
		for _, f := range r.Failed {
			if f.Phase == phase {
				items = append(items, clean(f.Device)+"  "+clean(f.Why))
			}
		}
		if len(items) > 0 {
			t.list(label, fmt.Sprintf("%s %d   ", phase, len(items)), items)
			label = ""
		}
	}
	if label != "" {
		t.list(label, "", nil)
	}
	var under []string
	for _, row := range []struct {
		n    int
		name string
	}{{r.Fetching, "fetching"}, {r.Waiting, "waiting"}, {r.Trial, "on trial"}, {r.Untouched, "not begun"}} {
		if row.n > 0 {
			under = append(under, fmt.Sprintf("%d %s", row.n, row.name))
		}
	}
	if len(under) > 0 {
		t.list("", "", []string{strings.Join(under, ", ")})
	}
}

// writeDevices writes what is remarkable about devices.
func (s Status) writeDevices(t *text) {
	var offline []DeviceStatus
	var troubles, twice, slow []string
	for _, d := range s.Devices {
		name := clean(d.Device)
		if !d.Online {
			offline = append(offline, d)
		} else if !d.OK || len(d.Troubles) > 0 {
			troubles = append(troubles, name+"  "+clean(cmp.Or(strings.Join(d.Troubles, "; "), "a restart would help")))
		}
		if d.Twice {
			twice = append(twice, name+" runs twice")
		}
		if d.Slow {
			slow = append(slow, fmt.Sprintf("%s still fetches %s", name, clean(cmp.Or(d.Wanted.Name, "a bundle"))))
		}
	}
	slices.SortStableFunc(offline, func(a, b DeviceStatus) int { return a.Received.Compare(b.Received) })
	var absent []string
	for _, d := range offline {
		absent = append(absent, fmt.Sprintf("%s for %s (%s)", clean(d.Device), length(s.Time.Sub(d.Received)), d.outlook()))
	}
	for _, row := range []struct {
		label string
		items []string
	}{{"offline", absent}, {"trouble", troubles}, {"copied", twice}, {"slow", slow}} {
		if len(row.items) > 0 {
			t.list(fmt.Sprintf("%s %d", row.label, len(row.items)), "", row.items)
		}
	}
	if len(s.Devices) > 0 {
		t.list("runs", "", []string{s.running()})
	}
}

// running returns how many devices run each bundle, most first.
func (s Status) running() string {
	names := slices.Collect(maps.Keys(s.Running))
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(s.Running[b], s.Running[a]), cmp.Compare(a, b)) })
	var parts []string
	for i, name := range names {
		if i == maxNames {
			parts = append(parts, "others")
			break
		}
		parts = append(parts, fmt.Sprintf("%s × %d", clean(cmp.Or(name, "factory scripts")), s.Running[name]))
	}
	return strings.Join(parts, ", ")
}

// outlook returns which bundle an offline device runs, and which one it will run when it is back.
func (d DeviceStatus) outlook() string {
	has := "has none"
	if d.Running.Name != "" {
		has = "has " + short(clean(d.Running.Name))
	}
	if d.Next != "" && d.Next != d.Running.Name {
		return has + ", will go to " + short(d.Next)
	}
	return has
}

// writeEnded writes the rollouts that have ended lately.
func (s Status) writeEnded(t *text) {
	for _, target := range slices.Sorted(maps.Keys(s.Ended)) {
		if e := s.Ended[target]; s.Time.Sub(e.Ended) < endedTime {
			ago := " " + length(s.Time.Sub(e.Ended)) + " ago"
			t.list("ended", "", append([]string{target + ": " + e.text(ago)}, e.failures()...))
		}
	}
}

// Text returns what has become of a rollout, in lines.
func (e Ended) Text() string {
	var t text
	t.line(e.text(""))
	for _, f := range e.failures() {
		t.line("  " + f)
	}
	return t.String()
}

// text returns what has become of a rollout, in one line. ago says when it has ended; it may be empty.
func (e Ended) text(ago string) string {
	by := ""
	if e.By != "" {
		by = " by " + e.By
	}
	switch e.Result {
	case Done:
		return safetext.Line(e.Bundle + " is the bundle of all devices" + by + ago)
	case Failed:
		return safetext.Line(fmt.Sprintf("%s was taken back%s: it has failed on %s", e.Bundle, ago, plural(e.Bad, "device")))
	case RolledBack:
		return safetext.Line("went back to " + e.Bundle + by + ago)
	}
	return safetext.Line(e.Bundle + " was " + e.Result + by + ago)
}

// failures returns the devices on which the bundle has failed, in one line each.
func (e Ended) failures() (lines []string) {
	for _, f := range e.Failed {
		lines = append(lines, fmt.Sprintf("%s  %s: %s", clean(f.Device), clean(f.Phase), clean(f.Why)))
	}
	return lines
}

// Text returns the status of the device for people, in lines. now is the time by the clock of the hub.
func (d DeviceStatus) Text(now time.Time) string {
	var t text
	state := "online"
	if !d.Online {
		state = "offline"
	}
	t.line(fmt.Sprintf("%s · %s · heard of %s ago", clean(d.Device), state, length(now.Sub(d.Received))))
	row := func(label, value string) {
		if value != "" {
			t.list(label, "", []string{clean(value)})
		}
	}
	row("groups", strings.Join(d.Groups, ", "))
	row("runs", strings.TrimPrefix(d.Running.Name+" ("+d.Running.Phase+")", " "))
	if w := d.Wanted; w != nil {
		row("wanted", strings.TrimSuffix(cmp.Or(w.Name, "a bundle that it cannot read")+": "+w.Phase+": "+w.Why, ": "))
	}
	if d.Next != "" && d.Next != d.Running.Name {
		row("next", d.Next+", for "+d.Target)
	}
	row("conversation", d.Status)
	row("moonlark", d.Moonlark)
	row("clock", d.clock())
	if !d.OK {
		row("trouble", "a restart would help")
	}
	for _, trouble := range d.Troubles {
		row("trouble", trouble)
	}
	if d.Twice {
		row("copied", d.Device+" runs twice: two devices have its credentials")
	}
	for _, name := range slices.Sorted(maps.Keys(d.Reported)) {
		row("reported", name+" = "+string(d.Reported[name]))
	}
	return t.String()
}

// clock says by how much the clock of the device is wrong, or "" if it is right.
func (d DeviceStatus) clock() string {
	wrong := d.Time.Sub(d.Received)
	switch {
	case d.Time.IsZero() || wrong.Abs() < time.Minute:
		return ""
	case wrong > 0:
		return length(wrong) + " fast"
	}
	return length(-wrong) + " slow"
}

// A text is a text in lines, with a column for labels.
type text struct{ strings.Builder }

func (t *text) line(s string) { t.WriteString(safetext.Text(s) + "\n") }

// list writes a label, and beside it a mark and the items, one per line.
func (t *text) list(label, mark string, items []string) {
	if n := len(items) - maxNames; n > 0 {
		items = append(slices.Clip(items[:maxNames]), fmt.Sprintf("and %d more", n))
	}
	if len(items) == 0 {
		t.line("  " + label)
		return
	}
	for _, item := range items {
		t.line(fmt.Sprintf("  %-14s  %s%s", label, mark, item))
		label, mark = "", strings.Repeat(" ", len(mark))
	}
}

// clean returns a text from a device for one line of a terminal.
func clean(s string) string { return safetext.Cut(safetext.Line(s), maxWhy, "...") }

// length returns a time for people, such as "24 min".
func length(d time.Duration) string {
	switch d = max(0, d); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d d", int(d.Hours()/24))
}
