package fleet

import (
	"fmt"
	"time"

	"moonlark/engine/fleet/bundle"
	"moonlark/engine/health"
)

// maxWait is how long a bundle that is ready waits for the end of the conversation, and for scripts that
// have called Defer. The time outside of the window of the request does not count.
const maxWait = time.Hour

// A candidate is a bundle that is ready to run.
type candidate struct {
	request request
	bundle  *bundle.Bundle
	waited  time.Duration // how much of maxWait has been used
	looked  time.Time     // when waited was last measured
}

// Defer asks the Device not to switch to another bundle for d, which takes the place of the time of an
// earlier call. Each bundle waits no longer than maxWait in all. Any goroutine may call it.
func (d *Device) Defer(length time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.deferred = time.Now().Add(min(max(length, 0), maxWait))
}

// isDeferred reports whether a script has asked to wait.
func (d *Device) isDeferred() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return time.Now().Before(d.deferred)
}

// mustWait reports whether d.next must not run yet, and shows why.
func (d *Device) mustWait(agent Agent) bool {
	why := d.waitsFor(d.next, agent)
	d.show(func(f *health.Fleet) { f.Waiting = why })
	return why != ""
}

// waitsFor returns what n waits for, or "".
func (d *Device) waitsFor(n *candidate, agent Agent) string {
	now := time.Now()
	since := now.Sub(n.looked)
	n.looked = now
	if n.request.Force {
		return ""
	}
	if d.isOutside(n) {
		return fmt.Sprintf("for the time from %s to %s", n.request.Window.From, n.request.Window.To)
	}
	n.waited += since
	switch {
	case n.waited >= maxWait:
		return ""
	case inConversation(agent):
		return "for the end of the conversation"
	case d.isDeferred():
		return "a script has asked to wait"
	}
	return ""
}

// isOutside reports whether n waits for its window. The good bundle does not when it ends a trial.
func (d *Device) isOutside(n *candidate) bool {
	r := n.request
	if r.Force || r.Window == nil || d.state.Trial != nil && r.Digest == d.state.Good {
		return false
	}
	return !r.Window.Contains(time.Now().Local())
}

// inConversation reports whether there is a conversation, or one that was cut off and is to go on.
func inConversation(agent Agent) bool {
	status := agent.Status()
	return status == "connected" || status == "reconnecting"
}
