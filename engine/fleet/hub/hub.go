//go:build !nohub

package hub

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// A Hub is a running NATS server. Close ends it.
type Hub struct {
	opts     Options                // fixed; without zero values
	trust    trust                  // fixed
	accounts *server.MemAccResolver // has its own lock
	log      *logger                // has its own lock
	unlock   func()                 // gives up the lock of the store
	retry    time.Duration          // how long repair waits until it writes to a disk that has failed

	quit chan struct{}  // closed by Close
	done chan struct{}  // closed when Close has ended the server
	wg   sync.WaitGroup // of the goroutine of repair

	mu     sync.Mutex     // guards the fields below
	listen string         // the address of the server, with the port that the system has chosen
	server *server.Server // nil after Close, and while a restart fails
	closed bool
}

// Start runs a hub. An error names the address, the folder or the account that is wrong. The caller must
// call Close.
func Start(o Options) (*Hub, error) { return startHub(o, retryTime) }

func startHub(o Options, retry time.Duration) (*Hub, error) {
	o = o.withDefaults()
	if err := o.checkAddresses(); err != nil {
		return nil, err
	}
	t, err := newTrust(o)
	if err != nil {
		return nil, err
	}
	unlock, err := openStore(o.Store, t)
	if err != nil {
		return nil, err
	}
	h := &Hub{
		opts: o, trust: t, accounts: new(server.MemAccResolver), log: newLogger(o.Log), unlock: unlock, retry: retry,
		quit: make(chan struct{}), done: make(chan struct{}), listen: o.Listen,
	}
	for _, account := range []Account{o.System, o.Fleet} {
		h.accounts.Store(account.Public, account.JWT) // its error is always nil
	}
	if h.server, err = h.startServer(); err != nil {
		unlock()
		return nil, err
	}
	if a, ok := h.server.Addr().(*net.TCPAddr); ok {
		host, _, _ := splitAddress(o.Listen) // checkAddresses has checked it
		h.listen = net.JoinHostPort(host, strconv.Itoa(a.Port))
	}
	h.wg.Go(h.repair)
	return h, nil
}

// startServer returns a new server that accepts connections.
func (h *Hub) startServer() (*server.Server, error) {
	opts, err := h.serverOptions()
	if err != nil {
		return nil, err
	}
	s, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("nats-server: %w", err)
	}
	h.log.fatalError() // of an attempt before this one
	s.SetLogger(h.log, false, false)
	s.Start()
	if err = h.log.fatalError(); err == nil && !s.ReadyForConnections(startTimeout) {
		err = errors.New("nats-server: it does not accept connections")
	}
	if err != nil {
		s.Shutdown()
		s.WaitForShutdown()
		return nil, err
	}
	return s, nil
}

// serverOptions returns the options of the server.
func (h *Hub) serverOptions() (*server.Options, error) {
	o := h.opts
	host, port, err := splitAddress(h.listen)
	if err != nil {
		return nil, err
	}
	opts := &server.Options{
		ServerName: "moonlark", Host: host, Port: port, DontListen: o.DontListen,
		NoSigs: true, NoLog: true, DisableJetStreamBanner: true,

		TrustedOperators: h.trust.operators(), SystemAccount: o.System.Public, AccountResolver: h.accounts,
		TLSConfig: usualHandshakes().limit(o.TLS), TLSTimeout: o.AuthTimeout.Seconds(), AuthTimeout: o.AuthTimeout.Seconds(),

		JetStream: true, StoreDir: o.Store, SyncAlways: true, // else a power failure loses up to two minutes
		JetStreamMaxMemory: o.MaxMemory, JetStreamMaxStore: o.MaxDisk,

		MaxPayload: o.MaxPayload, MaxConn: o.MaxConnections, MaxSubs: maxSubscriptions, MaxPending: maxPending,
		PingInterval: pingInterval, MaxPingsOut: 2, // a connection without a sign of life ends after 90 s
		// The client library gives up a connection if it receives a ping before the hub has let it in. The first
		// one would come after two seconds, which is too soon for a hub that is busy.
		DisableShortFirstPing: true,

		MaxClosedClients: 100, // only the monitor shows them
	}
	if o.Monitor != "" {
		if opts.HTTPHost, opts.HTTPPort, err = splitAddress(o.Monitor); err != nil {
			return nil, err
		}
	}
	return opts, nil
}

const (
	// maxPending is how many bytes can wait for a client. The server ends the connection of a client
	// that is slower.
	maxPending       = 16 << 20
	maxSubscriptions = 16_384 // of a connection; a host has one for each of its conversations
	pingInterval     = 30 * time.Second
	startTimeout     = 30 * time.Second
)

// Close ends all connections and the server, and returns when all its goroutines have ended. Further
// calls do nothing.
func (h *Hub) Close() {
	h.mu.Lock()
	first := !h.closed
	h.closed = true
	h.mu.Unlock()
	if !first {
		h.Wait()
		return
	}
	close(h.quit)
	h.wg.Wait()
	h.mu.Lock()
	h.stopServer()
	h.mu.Unlock()
	h.unlock()
	close(h.done)
}

// stopServer ends the server, if there is one. The caller holds h.mu.
func (h *Hub) stopServer() {
	if h.server != nil {
		h.server.Shutdown()
		h.server.WaitForShutdown()
		h.server = nil
	}
}

// Wait returns when Close has ended the hub.
func (h *Hub) Wait() { <-h.done }

// URL returns the address on which the hub listens, as a URL with tls or nats. If it listens on all
// addresses of the machine, as 0.0.0.0 does, clients need one of these in its place. The URL is empty
// with Options.DontListen.
func (h *Hub) URL() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.opts.DontListen:
		return ""
	case h.opts.TLS != nil:
		return "tls://" + h.listen
	}
	return "nats://" + h.listen
}

// errClosed is the error of methods after Close, and while a restart fails.
var errClosed = errors.New("the hub does not run")

// Connect returns a connection with the server inside this process, for a NATS client, which must say
// who it is as any other client. It needs no TLS.
func (h *Hub) Connect() (net.Conn, error) {
	h.mu.Lock()
	s := h.server
	h.mu.Unlock()
	if s == nil {
		return nil, errClosed
	}
	return s.InProcessConn()
}

// SetAccount replaces the JWT of the account of the fleet, or of the system account. It ends the
// connections of users that the new JWT revokes. The hub does not keep the JWT: give it to Start next
// time.
func (h *Hub) SetAccount(token string) error {
	claims, err := h.trust.account(token)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return errClosed
	}
	h.accounts.Store(claims.Subject, token)
	if h.server == nil {
		return nil // the next server reads the new JWT
	}
	account, err := h.server.LookupAccount(claims.Subject)
	if err != nil {
		return fmt.Errorf("account %s: %w", claims.Subject, err)
	}
	h.server.UpdateAccountClaims(account, claims)
	return nil
}

// say writes a line to the log.
func (h *Hub) say(level slog.Level, format string, args ...any) {
	h.log.write(level, fmt.Sprintf(format, args...))
}
