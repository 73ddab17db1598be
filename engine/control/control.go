// Package control is a running agent as other programs see it: an HTTP server
// that says how it is and lets it be driven, and what systemd is told.
//
// It is on nobody's way. What happens it is told by Note, on the goroutine of
// the engine's output, and by Status; all else it asks, through [Agent], when
// somebody asks it. The sound shares no lock with it.
package control

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"moonlark/engine/agent"
	"moonlark/engine/event"
	"moonlark/engine/health"
)

// An Agent is what is asked and driven: an engine. Its methods may be called
// from any goroutine, and none waits, but for Silent, until ctx is done, and
// Reload.
type Agent interface {
	Health() health.Report
	Silent(ctx context.Context) (scripts []string) // those that do not answer

	Start(s agent.Settings, preroll bool) error
	HangUp() error
	SendText(text string) error
	SendContext(text, id string) error
	Raise(event string, data json.RawMessage) error
	Reload()
}

// Options say what there is of a Control. The zero value has no server.
type Options struct {
	Addr    string // where the server listens, "127.0.0.1:8080"; empty: there is none
	Token   string // what who asks has to know; may only be empty on a loopback address
	Version string // of the program

	Log   *slog.Logger // nil drops it
	Level slog.Level   // the least that /log has

	// Notify tells systemd something. Nil tells whoever is in NOTIFY_SOCKET, and
	// nobody if that is not set.
	Notify func(state string) error

	// Watchdog is how long systemd waits for a sign of life. Zero is what it says
	// in the environment.
	Watchdog time.Duration
}

// A Control shows one agent to other programs, from Open to Close. Its goroutines
// are those of the server and one that tells systemd; Close ends them.
type Control struct {
	opts    Options // fixed
	born    time.Time
	meter   *meter
	lines   *ring
	manager *manager // nil when nobody is to be told
	server  *server  // nil without; set by Open

	closing sync.Once
}

// New makes a control; nothing runs yet.
func New(opts Options) *Control {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	c := &Control{opts: opts, born: time.Now(), meter: newMeter(), lines: new(ring)}
	notify := opts.Notify
	if notify == nil && os.Getenv("NOTIFY_SOCKET") != "" {
		notify = func(state string) error {
			_, err := daemon.SdNotify(false, state)
			return err
		}
	}
	if notify != nil {
		watchdog, err := opts.Watchdog, error(nil)
		if watchdog == 0 {
			if watchdog, err = daemon.SdWatchdogEnabled(false); err != nil {
				opts.Log.Warn("systemd: " + err.Error())
			}
		}
		c.manager = newManager(notify, watchdog, opts.Log)
	}
	return c
}

// Note is told what happens: it is an engine's Show, or part of it.
func (c *Control) Note(e event.Event) {
	c.meter.note(e)
	if l, ok := lineOf(e, c.opts.Level); ok {
		c.lines.add(l)
	}
}

// Status is told where the life of the agent is, and why: it is an engine's
// Status. Once it has been called, systemd takes the service for started.
func (c *Control) Status(status, reason string) {
	c.meter.status(status)
	if c.manager != nil {
		c.manager.status(status, reason)
	}
}

// Open begins to listen, and to tell systemd. When ctx is done systemd is told
// that the program ends, and no more requests are taken. Close is to be called
// if there is no error.
func (c *Control) Open(ctx context.Context, a Agent) error {
	if c.opts.Addr != "" {
		s, err := listen(c, a)
		if err != nil {
			return fmt.Errorf("--http: %w", err)
		}
		c.server = s
		context.AfterFunc(ctx, s.close)
		c.opts.Log.Info("control: listening on " + s.url())
	}
	if c.manager != nil {
		c.manager.start(ctx, a)
	}
	return nil
}

// URL is where the server is, "" without one.
func (c *Control) URL() string {
	if c.server == nil {
		return ""
	}
	return c.server.url()
}

// Reload has the agent reload its scripts, and tells systemd.
func (c *Control) Reload(a Agent) {
	if c.manager != nil {
		defer c.manager.reloading()()
	}
	a.Reload()
}

// Close ends what Open began, within half a second.
func (c *Control) Close() {
	c.closing.Do(func() {
		if c.server != nil {
			c.server.close()
		}
		if c.manager != nil {
			c.manager.close()
		}
	})
}

// Address is a HOST:PORT as a person writes it, who may leave the host, and the
// colon, out: then it is this machine alone. loopback says whether it is in any
// case.
func Address(text string) (addr string, loopback bool, err error) {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		if host, port, err = net.SplitHostPort(":" + text); err != nil {
			return "", false, fmt.Errorf("%s: want HOST:PORT", text)
		}
	}
	if _, err := net.LookupPort("tcp", port); err != nil || port == "" {
		return "", false, fmt.Errorf("%s: want HOST:PORT", text)
	}
	host = cmp.Or(host, "127.0.0.1")
	return net.JoinHostPort(host, port), isLoopback(host), nil
}
