// Package control lets other programs watch and drive a running agent. It serves HTTP requests,
// including metrics for Prometheus, and tells systemd about the state of the service.
//
// The agent never waits for this package: it only stores the events that it gets. The HTTP server
// reads everything else from the [Agent] when it serves a request. The package shares no lock with
// the goroutines that play and record sound.
//
// Other packages can add handlers to the HTTP server, for example for the pages of a browser or for
// long streams: see [Control.Mount] and [Mount]. All requests pass the same checks first.
package control

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"moonlark/engine/bus"
	"moonlark/engine/loopback"
)

// Options are the options of a Control. With the zero value, there is no HTTP server.
type Options struct {
	// Addr is the address on which the server listens, such as "127.0.0.1:8080". If it is empty,
	// there is no server.
	Addr string
	// Token is the token that clients must send. It is required unless Addr is a loopback address.
	Token string
	// ScreenToken is a second token, which opens only the mounts with ForScreen: for a device in front of
	// which anybody may stand. Empty means that there is none. It has no effect without Token.
	ScreenToken string
	// Names are further names of the server, without a port, for a proxy on this machine that passes
	// on the Host header, such as "kiosk.example". A server on a loopback address serves only requests
	// for loopback addresses, for localhost, and for these names.
	Names   []string
	Fleet   bool   // the hub of a fleet uses Do, also without an HTTP server
	Version string // the version of the program, which /healthz and /metrics show

	Log   *slog.Logger // where problems of this package are logged; nil means nowhere
	Level slog.Level   // the minimum level of the lines that /log shows

	// Notify sends a message to systemd. If it is nil, messages are sent to the socket that the
	// environment variable NOTIFY_SOCKET names. Without that variable, nothing is sent.
	Notify func(state string) error

	// Watchdog is the timeout of systemd's watchdog: systemd restarts the service if it gets no
	// message for this long. Zero means the timeout in the environment variable WATCHDOG_USEC.
	// Without that variable, there is no watchdog.
	Watchdog time.Duration
}

// A Control lets other programs watch and drive one agent, from Open to Close. It has the
// goroutines of the HTTP server, one goroutine that sends messages to systemd, and one for a reload of Do. Close ends
// them.
type Control struct {
	opts    Options // opts and the fields below do not change after New, except mounts and server
	started time.Time
	metrics *metrics
	log     *logBuffer
	systemd *systemdNotifier // nil if systemd did not ask for messages
	mounts  []*mount         // the handlers of other packages; Mount adds them before Open
	server  *server          // the HTTP server; nil if there is none; set by Open

	mu     sync.Mutex
	reload <-chan struct{} // closed when the reload of Do in progress has ended; nil if there is none
	closed bool            // Close was called
}

// New returns a Control. It starts no goroutine; Open does.
func New(opts Options) *Control {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	c := &Control{opts: opts, started: time.Now(), metrics: newMetrics(), log: new(logBuffer)}
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
		c.systemd = newSystemdNotifier(notify, watchdog, opts.Log)
	}
	return c
}

// Watch makes the Control receive the events of the agent's bus, until the caller closes the
// subscription that Watch returns. The Control also receives changes of the agent's status, as long
// as the bus exists. They do not go through the queue of the subscription, because a full queue
// drops events. Without the first status, systemd would not get READY=1 and would stop the service.
func (c *Control) Watch(b *bus.Bus) *bus.Subscription {
	b.Attach(bus.Receiver{
		Wants:   func(t bus.Type, _ string) bool { return t == bus.Status },
		Receive: func(e bus.Event) { c.noteStatus(e.Status, e.Reason) },
	})
	isRead := c.opts.Addr != "" || c.opts.Fleet // whether anybody reads the metrics and the log
	return b.Subscribe(func(t bus.Type) bool { return isRead && t.IsShown() }, c.Note)
}

// Note counts an event in the metrics and adds it to the log. Watch calls it for the events of the
// bus. Call it for an event that is not from the bus, such as a Dropped event of the terminal. Any
// goroutine may call it.
func (c *Control) Note(e bus.Event) {
	c.metrics.note(e)
	if l, ok := logLineOf(e, c.opts.Level); ok {
		c.log.add(l)
	}
}

// noteStatus passes the new status of the agent, and the reason for it, to the metrics and to
// systemd. The first status means that the scripts are loaded, so systemd is told that the service
// is ready.
func (c *Control) noteStatus(status, reason string) {
	c.metrics.status(status)
	if c.systemd != nil {
		c.systemd.setStatus(status, reason)
	}
}

// Open starts the HTTP server and the goroutine that sends messages to systemd. When ctx ends, the
// server stops accepting requests, and systemd is told that the service is stopping. If Open
// returns no error, the caller must call Close.
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
	if c.systemd != nil {
		c.systemd.start(ctx, a)
	}
	return nil
}

// OpenPages is like Open without an agent: the HTTP server serves only the handlers of Mount, and POST /login.
// systemd gets no messages.
func (c *Control) OpenPages(ctx context.Context) error {
	c.systemd = nil
	return c.Open(ctx, nil)
}

// Owns reports whether at is the address of the HTTP server.
func (c *Control) Owns(at netip.AddrPort) bool {
	if c.server == nil {
		return false
	}
	own, ok := c.server.addr.(*net.TCPAddr)
	if !ok || own.Port != int(at.Port()) {
		return false
	}
	if !own.IP.IsUnspecified() {
		return own.AddrPort().Addr().Unmap() == at.Addr().Unmap()
	}
	addrs, err := net.InterfaceAddrs()
	return err != nil || at.Addr().IsLoopback() || slices.ContainsFunc(addrs, func(a net.Addr) bool {
		network, ok := a.(*net.IPNet)
		return ok && network.IP.Equal(at.Addr().AsSlice())
	})
}

// URL returns the URL of the HTTP server, or "" if there is no server.
func (c *Control) URL() string {
	if c.server == nil {
		return ""
	}
	return c.server.url()
}

// Reload makes the agent reload its scripts and waits until it has done so. It tells systemd when
// the reload begins and ends.
func (c *Control) Reload(a Agent) {
	if c.systemd != nil {
		defer c.systemd.reloading()()
	}
	a.Reload()
}

// Close stops the HTTP server and the messages to systemd. It returns after at most half a second, or two seconds
// more if a reload of Do does not end.
func (c *Control) Close() {
	c.endReloads()
	if c.server != nil {
		c.server.close()
	}
	if c.systemd != nil {
		c.systemd.close()
	}
}

// Address completes an address that a user wrote as HOST:PORT, :PORT or PORT. If the host is
// missing, it is 127.0.0.1. isLoopback reports whether only this machine can reach the address. err
// says that text has a wrong form.
func Address(text string) (addr string, isLoopback bool, err error) {
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
	return net.JoinHostPort(host, port), loopback.Host(host), nil
}
