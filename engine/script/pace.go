package script

import (
	"fmt"
	"log/slog"
	"time"

	"moonlark/luastd"
)

// A delayPace lets a timer run after a delay, or again and again if repeat is true. It does not depend
// on the time of day.
type delayPace struct {
	g      *generation
	delay  time.Duration
	repeat bool
	next   time.Time // when the next run is due
}

func (p *delayPace) begin() { p.next = p.g.Elapsed().Add(p.delay) }

// follow sets the next regular time that is in the future.
func (p *delayPace) follow() bool {
	if p.repeat {
		p.next = p.regular(p.g.Elapsed())
	}
	return p.repeat
}

// regular returns the regular time after p.next that is not before now.
func (p *delayPace) regular(now time.Time) time.Time {
	next := p.next.Add(p.delay)
	if next.Before(now) {
		next = next.Add(now.Sub(next).Truncate(p.delay) + p.delay)
	}
	return next
}

func (p *delayPace) wait() (time.Duration, bool) { return p.next.Sub(p.g.Elapsed()), true }

func (p *delayPace) ready() bool { return !p.g.Elapsed().Before(p.next) }

func (p *delayPace) due() (time.Time, bool) { return p.timeOfDay(p.next), true }

func (p *delayPace) after() (time.Time, bool) {
	return p.timeOfDay(p.regular(p.g.Elapsed())), p.repeat
}

// timeOfDay returns the time of day at the moment t. The clock of the script may have been set since t
// was computed.
func (p *delayPace) timeOfDay(t time.Time) time.Time { return p.g.Now().Add(t.Sub(p.g.Elapsed())) }

const (
	// maxSleep is how long a timer with a schedule sleeps before it looks at the clock again. The
	// clock can be set, and a machine can be suspended, which the clock of a time.Timer does not see.
	maxSleep = 30 * time.Second
	// unsetSleep is like maxSleep, for the time until the clock has been set. It is shorter, because a
	// machine without a battery sets its clock a few seconds after it was started.
	unsetSleep = 2 * time.Second
	// minStep is by how much the clock must be put back for an Interval to go on from there. A clock
	// that is corrected by less must not make a run happen twice.
	minStep = time.Minute
)

// A schedulePace lets a timer run at the times of a schedule.
type schedulePace struct {
	g        *generation
	schedule luastd.Schedule
	name     string // of the timer, for the log

	next time.Time      // when the next run is due; zero if that is not known, or if there is none
	seen time.Time      // what the clock showed when ready or begin looked at it
	zone *time.Location // the zone of the machine when next was computed
}

// now returns the time of day, without the reading of the monotonic clock.
func (p *schedulePace) now() time.Time { return p.g.Now().Round(0) }

func isSet(clock time.Time) bool { return clock.Year() >= luastd.FirstYear }

// noteClock logs that the timers with a schedule wait because the clock, which shows the time now, has
// not been set, and later that it has been set. Only the executor's goroutine calls it.
func (g *generation) noteClock(now time.Time) {
	switch set := isSet(now); {
	case !set && !g.unsetClock:
		g.log(slog.LevelWarn, fmt.Sprintf("the clock of the machine says %s, so it has not been set: cron, daily and at wait until it is right",
			now.In(g.Zone()).Format(time.DateTime)))
	case set && g.unsetClock:
		g.log(slog.LevelInfo, fmt.Sprintf("the clock of the machine has been set to %s: cron, daily and at do not wait any more",
			now.In(g.Zone()).Format(time.DateTime)))
	}
	g.unsetClock = !isSet(now)
}

func (p *schedulePace) begin() {
	p.seen = p.now()
	p.plan(p.seen)
}

// plan sets the time of the next run to the first one after t.
func (p *schedulePace) plan(t time.Time) {
	p.zone, p.next = p.g.Zone(), time.Time{}
	p.g.noteClock(p.seen)
	if isSet(p.seen) {
		p.next = p.schedule.Next(t)
	}
}

func (p *schedulePace) follow() bool {
	if p.schedule.Once {
		return false
	}
	p.plan(p.lastTurn(p.now()))
	return true
}

// lastTurn returns now, or the time of the run in progress if the clock has been put back to before
// it, so that the run is not repeated.
func (p *schedulePace) lastTurn(now time.Time) time.Time {
	if p.next.After(now) && p.next.Sub(now) <= luastd.MaxLateness {
		return p.next
	}
	return now
}

func (p *schedulePace) wait() (delay time.Duration, ok bool) {
	if p.next.IsZero() {
		return unsetSleep, !isSet(p.seen)
	}
	return min(p.next.Sub(p.now()), maxSleep), true
}

func (p *schedulePace) ready() bool {
	now := p.now()
	back := p.seen.Sub(now) // how far the clock has been put back; negative if it has not
	p.seen = now
	late := now.Sub(p.next)
	switch {
	case p.next.IsZero(), !isSet(now), back > luastd.MaxLateness, back > minStep && p.schedule.Interval:
		p.plan(now)
	case late > luastd.MaxLateness:
		p.g.log(slog.LevelWarn, fmt.Sprintf("%s: the run of %s is skipped, because it is %s too late",
			p.name, p.next.In(p.g.Zone()).Format(time.DateTime), late.Round(time.Minute)))
		p.plan(now)
	case late < 0 && p.zone != p.g.Zone():
		p.plan(now)
	default:
		return late >= 0
	}
	return false
}

func (p *schedulePace) due() (time.Time, bool) { return p.next, !p.next.IsZero() }

func (p *schedulePace) after() (time.Time, bool) {
	if p.schedule.Once || !isSet(p.seen) {
		return time.Time{}, false
	}
	next := p.schedule.Next(p.lastTurn(p.now()))
	return next, !next.IsZero()
}
