package control

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// A systemdNotifier sends messages to systemd. They say whether the service is ready, alive,
// reloading or stopping, and what its status is. One goroutine sends them, so that the rest of the
// program never waits if systemd does not read. Only the messages about a reload are sent on the
// goroutine that reloads.
type systemdNotifier struct {
	send func(message string) error // sends one message to systemd; never changes
	// watchdog is the timeout of systemd's watchdog. Zero means that there is none. It never
	// changes.
	watchdog time.Duration
	log      *slog.Logger // where errors are logged; never changes
	// changed has an element if the status has changed and was not sent yet.
	changed chan struct{}
	stop    context.CancelFunc // ends the goroutine; set by start
	done    chan struct{}      // closed when the goroutine has ended

	mu       sync.Mutex // guards the fields below; not held while a message is sent
	status   string     // the newest status of the agent; empty until the first one
	sent     string     // the status in the last message to systemd
	ready    bool       // whether READY=1 was sent
	stopping bool       // whether STOPPING=1 is being sent or was sent
}

func newSystemdNotifier(send func(string) error, watchdog time.Duration, log *slog.Logger) *systemdNotifier {
	return &systemdNotifier{send: send, watchdog: watchdog, log: log, changed: make(chan struct{}, 1), done: make(chan struct{})}
}

// setStatus stores the agent's new status, which the goroutine will send. It does not wait.
func (n *systemdNotifier) setStatus(status, reason string) {
	if reason != "" {
		status += ": " + reason
	}
	n.mu.Lock()
	n.status = status
	n.mu.Unlock()
	select {
	case n.changed <- struct{}{}:
	default:
	}
}

// start starts the goroutine that sends the messages. The goroutine runs until ctx ends or close is
// called.
func (n *systemdNotifier) start(ctx context.Context, a Agent) {
	ctx, n.stop = context.WithCancel(ctx)
	go func() {
		defer close(n.done)
		n.run(ctx, a)
	}()
}

// stopTimeout is how long close waits until the message STOPPING=1 was sent.
const stopTimeout = 200 * time.Millisecond

// close makes the goroutine tell systemd that the service is stopping. It waits at most stopTimeout
// until the goroutine has ended. If systemd does not read the message, the goroutine stays blocked
// until the process ends.
func (n *systemdNotifier) close() {
	n.stop()
	select {
	case <-n.done:
	case <-time.After(stopTimeout):
	}
}

func (n *systemdNotifier) run(ctx context.Context, a Agent) {
	var watchdogTimer <-chan time.Time
	if n.watchdog > 0 {
		watchdogTimer = time.After(n.watchdog / 2)
	}
	for {
		select {
		case <-n.changed:
			n.sendStatus()
		case <-watchdogTimer:
			watchdogTimer = time.After(n.feedWatchdog(ctx, a))
		case <-ctx.Done():
			n.mu.Lock()
			n.stopping = true
			n.mu.Unlock()
			n.notify(daemon.SdNotifyStopping)
			return
		}
	}
}

// sendStatus sends the newest status. The first message also says that the service is ready,
// because the first status means that the scripts are loaded. The service is ready even without a
// connection to the agent's server: a device may boot before its network works.
func (n *systemdNotifier) sendStatus() {
	n.mu.Lock()
	// The message about an earlier change already had this status.
	if n.status == n.sent {
		n.mu.Unlock()
		return
	}
	n.sent = n.status
	message := "STATUS=" + strings.ReplaceAll(n.status, "\n", " ")
	if !n.ready {
		n.ready = true
		message = daemon.SdNotifyReady + "\n" + message
	}
	n.mu.Unlock()
	n.notify(message)
}

// feedWatchdog asks all scripts for a response. If they respond, feedWatchdog tells systemd's
// watchdog that the service is alive, and otherwise it logs which script did not respond. It
// returns after which time it must be called again. If a script has not responded, this time is
// short, because the script may be busy only for a moment, and systemd kills the process if the
// watchdog gets no message.
func (n *systemdNotifier) feedWatchdog(ctx context.Context, a Agent) time.Duration {
	askCtx, cancel := context.WithTimeout(ctx, min(answerTimeout, n.watchdog/4))
	defer cancel()
	silent, r := a.Silent(askCtx), a.Health()
	switch {
	case ctx.Err() != nil:
	case r.Stuck != "":
		n.log.Error("systemd: no sign of life sent to the watchdog: " + r.Stuck)
	case len(silent) > 0:
		n.log.Error("systemd: no sign of life sent to the watchdog: " + strings.Join(silent, ", ") + " does not answer")
	default:
		n.notify(daemon.SdNotifyWatchdog)
		return n.watchdog / 2
	}
	return n.watchdog / 16
}

// reloading tells systemd that a reload begins. The caller must call done when the reload has
// ended, which also tells systemd. Nothing is sent before the service is ready or after it has
// begun to stop.
func (n *systemdNotifier) reloading() (done func()) {
	n.mu.Lock()
	ready := n.ready && !n.stopping
	n.mu.Unlock()
	if !ready {
		return func() {}
	}
	n.notify(daemon.SdNotifyReloading + "\n" + daemon.SdNotifyMonotonicUsec())
	return func() {
		n.mu.Lock()
		stopping := n.stopping
		n.mu.Unlock()
		if !stopping {
			n.notify(daemon.SdNotifyReady)
		}
	}
}

// notify sends a message to systemd. If that fails, notify logs the error.
func (n *systemdNotifier) notify(message string) {
	if err := n.send(strings.TrimSuffix(message, "\n")); err != nil {
		n.log.Warn("systemd: " + err.Error())
	}
}
