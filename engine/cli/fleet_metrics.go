package cli

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/netutil"

	"moonlark/engine/face/control"
	"moonlark/engine/fleet/center"
	"moonlark/engine/loopback"
)

const (
	metricsTimeout     = 30 * time.Second // for the answer to one request
	metricsConnections = 16               // at a time
)

type fleetMetricsCommand struct {
	HTTP  *string `name:"http" placeholder:"HOST:PORT" help:"Serve the metrics at /metrics until Ctrl-C. Without HOST on this machine only. Without the flag, they are printed once."`
	Token string  `name:"http-token" placeholder:"TOKEN" help:"Token that HTTP clients must send. Required unless --http listens on loopback. $$MOONLARK_HTTP_TOKEN is safer: the list of processes does not show it."`

	operatorFlags `embed:""`
}

// Run prints or serves the newest metrics of the devices.
func (c *fleetMetricsCommand) Run(ctx context.Context, con *console) error {
	opts, err := controlFlags{HTTP: c.HTTP, Token: c.Token}.settings(os.Getenv(tokenVariable))
	if errors.Is(err, control.ErrNoToken) {
		err = fmt.Errorf("--http: anybody on the network could read the metrics: set a token, with %s or --http-token", tokenVariable)
	}
	if err != nil {
		return &usageError{err}
	}
	hub, closeHub, err := c.dial(ctx, con)
	if err != nil {
		return err
	}
	defer closeHub()
	if opts.Addr == "" {
		return center.WriteMetrics(ctx, hub, con.stdout)
	}
	listener, err := net.Listen("tcp", opts.Addr)
	if err != nil {
		return fmt.Errorf("--http: %w", err)
	}
	con.onExit(exitOK, nil)
	fmt.Fprintf(con.stdout, "the metrics of the fleet %s are at http://%s/metrics\n", hub.Fleet(), listener.Addr())
	return serveMetrics(ctx, listener, &metricsHandler{hub: hub, token: opts.Token, address: listener.Addr().String()})
}

// serveMetrics serves until ctx is done. It closes the listener.
func serveMetrics(ctx context.Context, listener net.Listener, handler http.Handler) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", handler)
	server := &http.Server{
		Handler: mux, ReadTimeout: 10 * time.Second, WriteTimeout: metricsTimeout + 10*time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 16 << 10, BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	err := server.Serve(netutil.LimitListener(listener, metricsConnections))
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// A metricsHandler answers requests for the metrics of a fleet.
type metricsHandler struct {
	hub     center.Hub
	token   string // that clients must send; empty if they need none
	address string // on which the server listens

	mu sync.Mutex // locked while the hub is asked: by one request at a time
}

func (h *metricsHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The owner of a web page may give its name the address of this machine, and then read the response.
	if loopback.HostPort(h.address) && !loopback.HostPort(r.Host) {
		http.Error(w, "this server answers on this machine only: use 127.0.0.1 or localhost", http.StatusForbidden)
		return
	}
	sent, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if h.token != "" && subtle.ConstantTimeCompare([]byte(sent), []byte(h.token)) != 1 {
		w.Header().Set("WWW-Authenticate", "Bearer")
		http.Error(w, "the token is missing or wrong: send it as Authorization: Bearer TOKEN", http.StatusUnauthorized)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), metricsTimeout)
	defer cancel()
	var text bytes.Buffer
	h.mu.Lock()
	err := center.WriteMetrics(ctx, h.hub, &text)
	h.mu.Unlock()
	if err != nil {
		http.Error(w, "the hub: "+err.Error(), http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.Write(text.Bytes())
}
