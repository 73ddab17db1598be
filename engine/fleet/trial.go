package fleet

import (
	"context"
	"fmt"
	"sync"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/fleet/bundle"
	"moonlark/engine/health"
)

const (
	defaultTrial = 10 * time.Minute
	// keepInterval is how often the length of the trial so far is written to the disk.
	keepInterval = time.Minute
	// silentTimeout is how long the scripts may take to answer, and maxSilent how often one may fail to
	// answer before it counts as hanging. A machine may stall for a while.
	silentTimeout = 2 * time.Second
	maxSilent     = 3
	// minCalls is the number of tool calls of which more than half must not fail.
	minCalls = 10
)

// trialLength returns how long a bundle is on trial.
func trialLength(m *bundle.Manifest) time.Duration {
	if length := m.TrialLength(); length > 0 {
		return length
	}
	return defaultTrial
}

// A judge decides whether a bundle passes its trial. It measures how long the scripts have run, by the
// monotonic clock.
type judge struct {
	length  time.Duration
	trial   *trial
	crashes map[string]int // the numbers of crashes of the scripts before the trial
	silent  int            // how often in a row a script has not answered
	last    time.Time      // when the trial was last measured
	kept    float64        // trial.Seconds when it was last written to the disk
}

func newJudge(length time.Duration, t *trial, crashes map[string]int, began time.Time) *judge {
	return &judge{length: length, trial: t, crashes: crashes, last: began, kept: t.Seconds}
}

// measure adds the time since the last call to the length of the trial. It reports whether that must be
// written to the disk.
func (j *judge) measure() (keep bool) {
	now := time.Now()
	j.trial.Seconds += now.Sub(j.last).Seconds()
	j.last = now
	if keep = j.trial.Seconds-j.kept >= keepInterval.Seconds(); keep {
		j.kept = j.trial.Seconds
	}
	return keep
}

// problem returns why the trial has failed, or "".
func (j *judge) problem(ctx context.Context, agent Agent, seen tally) string {
	report := agent.Health()
	for name, n := range crashesOf(report) {
		if n > j.crashes[name] {
			return name + " has crashed"
		}
	}
	for _, sc := range report.Scripts {
		if sc.Rests != "" {
			return sc.Name + " cannot be used: " + sc.Rests
		}
	}
	if seen.mostFail() && !j.trial.Errors {
		return fmt.Sprintf("%d of %d tool calls failed", seen.errors, seen.calls)
	}
	ctx, cancel := context.WithTimeout(ctx, silentTimeout)
	defer cancel()
	silent := agent.Silent(ctx)
	if len(silent) == 0 && report.Stuck == "" {
		j.silent = 0
		return ""
	}
	if j.silent++; j.silent < maxSilent {
		return ""
	}
	if len(silent) == 0 {
		return report.Stuck
	}
	return silent[0] + " does not answer"
}

// crashesOf returns how often each script has crashed.
func crashesOf(r health.Report) map[string]int {
	crashes := make(map[string]int)
	for _, sc := range r.Scripts {
		crashes[sc.Name] += sc.Crashes
	}
	return crashes
}

// watch looks at the bundle on trial, and ends the trial when it has failed or is over.
func (d *Device) watch(ctx context.Context, agent Agent) {
	j := d.judge
	if agent.Status() == "connected" {
		d.counts.reach()
	}
	seen := d.counts.get()
	met := seen.reached && !j.trial.Met || d.hasHub() && !j.trial.HubMet
	j.trial.Met, j.trial.HubMet = j.trial.Met || seen.reached, j.trial.HubMet || d.hasHub()
	why := j.problem(ctx, agent, seen)
	if ctx.Err() != nil { // the scripts do not answer because the program ends
		return
	}
	keep := j.measure() || met
	over := j.trial.Seconds >= j.length.Seconds()
	switch {
	case !over || why != "":
	case j.trial.Reached && seen.failures > 0 && !j.trial.Met:
		why = "the agent, which was reached before, was not reached during the trial"
	case j.trial.Hub && !j.trial.HubMet && d.Health().Status == offline:
		why = "the hub, which was reached before, was not reached during the trial"
	}
	switch {
	case why != "":
		d.end(why)
		d.goBack(agent)
	case over && d.mayWrite():
		d.pass()
	case keep && d.mayWrite():
		d.save()
	}
}

// counts are what the events of the bus say about the scripts that run. Any goroutine may use it.
type counts struct {
	mu sync.Mutex // guards tally
	tally
}

// A tally has the numbers since the scripts began to run.
type tally struct {
	calls, errors int  // tool calls with a result, and those that failed
	reached       bool // the agent was reached
	failures      int  // attempts to reach the agent that failed
	lastReached   bool // the last attempt succeeded; also before the scripts began to run
	connecting    bool // an attempt is in progress
}

// mostFail reports whether more than half of the tool calls failed, if there were enough.
func (t tally) mostFail() bool { return t.calls >= minCalls && 2*t.errors > t.calls }

func (c *counts) get() tally {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tally
}

// restart begins to count for other scripts, and returns the time.
func (c *counts) restart() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tally = tally{lastReached: c.lastReached, connecting: c.connecting}
	return time.Now()
}

// reach records that there is a conversation.
func (c *counts) reach() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reached, c.lastReached = true, true
}

// receiver returns a receiver of the bus that counts.
func (c *counts) receiver() bus.Receiver {
	return bus.Receiver{
		Wants: func(t bus.Type, _ string) bool {
			return t == bus.ToolResult || t == bus.Connected || t == bus.Retrying || t == bus.Status
		},
		Receive: c.note,
	}
}

func (c *counts) note(e bus.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e.Type {
	case bus.ToolResult:
		c.calls++
		if e.IsError {
			c.errors++
		}
	case bus.Connected:
		c.reached, c.lastReached = true, true
	case bus.Retrying:
		c.failures++
		c.lastReached = false
	case bus.Status:
		if c.connecting && e.Status == "waiting" && e.Reason != "" {
			c.failures++
			c.lastReached = false
		}
		c.connecting = e.Status == "connecting" || e.Status == "reconnecting"
	}
}
