package control

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// A manager is the service manager, systemd, and what it is told. One goroutine
// tells it, so that one that does not listen holds nobody up; but for
// reloading, which is called by who reloads.
type manager struct {
	notify   func(string) error // fixed
	watchdog time.Duration      // fixed: how long it waits for a sign of life; zero: it does not
	log      *slog.Logger       // fixed
	changed  chan struct{}      // has a value when there is a new status
	stop     context.CancelFunc // set by start
	done     chan struct{}      // closed when the goroutine has ended

	mu     sync.Mutex // guards what follows; not held while anything is told
	line   string     // the status
	loaded bool       // there is one
	ready  bool       // it has been told that we are
	left   bool       // it has been told that we leave
}

func newManager(notify func(string) error, watchdog time.Duration, log *slog.Logger) *manager {
	return &manager{notify: notify, watchdog: watchdog, log: log, changed: make(chan struct{}, 1), done: make(chan struct{})}
}

func (m *manager) status(status, reason string) {
	if reason != "" {
		status += ": " + reason
	}
	m.mu.Lock()
	m.line, m.loaded = status, true
	m.mu.Unlock()
	select {
	case m.changed <- struct{}{}:
	default:
	}
}

// start begins to tell it, until ctx is done or close is called.
func (m *manager) start(ctx context.Context, a Agent) {
	ctx, m.stop = context.WithCancel(ctx)
	go func() {
		defer close(m.done)
		m.run(ctx, a)
	}()
}

// farewellTime is how long systemd may take to hear that we leave.
const farewellTime = 200 * time.Millisecond

// close says that we leave. A systemd that does not listen any more is left
// alone: the goroutine that talks to it ends with the process.
func (m *manager) close() {
	m.stop()
	select {
	case <-m.done:
	case <-time.After(farewellTime):
	}
}

func (m *manager) run(ctx context.Context, a Agent) {
	clock := time.NewTimer(time.Hour)
	defer clock.Stop()
	if m.watchdog > 0 {
		clock.Reset(m.watchdog / 2)
	}
	for {
		select {
		case <-m.changed:
			m.tellStatus()
		case <-clock.C:
			if m.watchdog > 0 {
				clock.Reset(m.feed(ctx, a))
			}
		case <-ctx.Done():
			m.mu.Lock()
			m.left = true
			m.mu.Unlock()
			m.tell(daemon.SdNotifyStopping)
			return
		}
	}
}

// tellStatus tells what the status is, and the first time that we are ready:
// the scripts have been loaded then. That there is a connection is not waited
// for: a device boots before its network, and does what it can without.
func (m *manager) tellStatus() {
	m.mu.Lock()
	text := "STATUS=" + strings.ReplaceAll(m.line, "\n", " ")
	if !m.ready && m.loaded {
		m.ready = true
		text = daemon.SdNotifyReady + "\n" + text
	}
	m.mu.Unlock()
	m.tell(text)
}

// feed gives the watchdog its sign of life if there is any, and says when to do
// so again. One that was not given is tried for again at once, until it is too
// late: what is busy for a moment is to be left alive.
func (m *manager) feed(ctx context.Context, a Agent) time.Duration {
	asking, cancel := context.WithTimeout(ctx, min(answerTime, m.watchdog/4))
	defer cancel()
	silent, r := a.Silent(asking), a.Health()
	switch {
	case ctx.Err() != nil:
	case r.Stuck != "":
		m.log.Error("systemd: its watchdog is not told that all is well: " + r.Stuck)
	case len(silent) > 0:
		m.log.Error("systemd: its watchdog is not told that all is well: " + strings.Join(silent, ", ") + " does not answer")
	default:
		m.tell(daemon.SdNotifyWatchdog)
		return m.watchdog / 2
	}
	return m.watchdog / 16
}

// reloading tells it that the scripts are being loaded again, and when what it
// returns is called, that they have been.
func (m *manager) reloading() (done func()) {
	m.mu.Lock()
	ready := m.ready && !m.left
	m.mu.Unlock()
	if !ready {
		return func() {}
	}
	m.tell(daemon.SdNotifyReloading + "\n" + daemon.SdNotifyMonotonicUsec())
	return func() {
		m.mu.Lock()
		left := m.left
		m.mu.Unlock()
		if !left {
			m.tell(daemon.SdNotifyReady)
		}
	}
}

func (m *manager) tell(state string) {
	if err := m.notify(strings.TrimSuffix(state, "\n")); err != nil {
		m.log.Warn("systemd: " + err.Error())
	}
}
