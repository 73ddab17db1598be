// Package fleetpage serves a page in the browser that shows the devices of a fleet and commands them: the list
// of devices, the rollouts, the log of all devices or of one, and what one device reports.
//
// The page gets everything from one stream of server-sent events, /fleet/events, and sends its commands in
// POST requests. What a device sends is text of a stranger: the server passes it on as JSON, and the page shows
// it as text.
//
// [Server.Run] watches the fleet on the goroutine of the caller. Each open page has the goroutine of its
// request, and one goroutine that reads events from the hub, which ends with the request.
package fleetpage

import (
	"context"
	"embed"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"moonlark/engine/face/control"
	"moonlark/engine/face/web"
	"moonlark/engine/fleet/center"
)

//go:embed page
var page embed.FS

const (
	watchInterval = 2 * time.Second // how often the page shows what has changed
	retryInterval = 2 * time.Second // after an error of the hub
	maxReaders    = 16              // pages that are open at once
)

// Options are the options of a Server.
type Options struct {
	Hub     center.Hub
	By      string       // who acts through the page, for the notes of rollouts
	Version string       // of the program; a page of another version says that it is outdated
	Log     *slog.Logger // nil means nowhere
}

// A Server serves the page. Any goroutine can call its methods.
type Server struct {
	opts    Options
	readers atomic.Int32 // open pages

	mu    sync.Mutex // guards what follows
	state state
}

// New returns a Server.
func New(opts Options) *Server {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	return &Server{opts: opts, state: newState(opts.Version)}
}

// Files returns the files of the page: /fleet and those below /fleet/.
func Files() *web.Files {
	tree, err := fs.Sub(page, "page")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return web.NewFiles("/", tree)
}

// Mounts returns the handlers of the page for an HTTP server, except those of web.SharedFiles.
func (s *Server) Mounts() []control.Mount {
	files := Files()
	return []control.Mount{
		{Path: "/fleet", Handler: files, Public: true, MaxOpen: 32},
		{Path: "/fleet/", Handler: files, Public: true, MaxOpen: 32},
		{Path: "/fleet/events", Handler: http.HandlerFunc(s.serveEvents), Streams: true, MaxOpen: maxReaders},
		{Path: "/fleet/rollout", Handler: post(s.changeRollout)},
		{Path: "/fleet/command", Handler: post(s.command)},
	}
}

// Run watches the fleet until ctx is done. It tries again when the hub returns an error, and the page shows
// the error meanwhile.
func (s *Server) Run(ctx context.Context) {
	for ctx.Err() == nil {
		err := center.Watch(ctx, s.opts.Hub, watchInterval, s.show)
		if ctx.Err() != nil || err == nil {
			return
		}
		s.opts.Log.Debug("fleet page: " + err.Error())
		s.mu.Lock()
		s.state.setTrouble(err.Error())
		s.mu.Unlock()
		select {
		case <-time.After(retryInterval):
		case <-ctx.Done():
		}
	}
}

// show makes the pages show a status. Without a page, the status is only kept.
func (s *Server) show(status center.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.set(status, s.readers.Load() > 0)
}
