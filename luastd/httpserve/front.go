package httpserve

import (
	"context"
	"crypto/tls"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/net/netutil"

	"moonlark/engine/safetext"
)

// A front accepts connections, and passes the requests to the site of the script's generation. It
// stays open when the script is loaded again: it is a luastd.Resource. Any goroutine may use it.
type front struct {
	port     int
	listener net.Listener
	server   *http.Server
	// tls is the configuration of the site which was attached last; nil without TLS.
	tls atomic.Pointer[tls.Config]
	wg  sync.WaitGroup // counts the goroutine of the server, and the requests

	mu      sync.Mutex // guards the fields below
	site    *site      // gets the requests; nil between two generations
	changed chan struct{}
	stopped bool
	hubs    map[string]*hub // the browsers that receive events, by the path of the feed
}

// newFront begins to accept connections of l. config is nil if the server does not use TLS.
func newFront(l net.Listener, config *tls.Config) *front {
	f := &front{listener: l, port: l.Addr().(*net.TCPAddr).Port, changed: make(chan struct{}), hubs: map[string]*hub{}}
	f.server = &http.Server{
		Handler:           f,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          log.New(debugLog{f}, "", 0),
	}
	f.tls.Store(config)
	limited := netutil.LimitListener(l, maxConnections)
	f.wg.Go(func() {
		if config != nil {
			f.server.TLSConfig = &tls.Config{
				GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return f.tls.Load(), nil },
			}
			f.server.ServeTLS(limited, "", "")
			return
		}
		f.server.Serve(limited)
	})
	return f
}

// debugLog writes what net/http logs about connections to the log of the script.
type debugLog struct{ f *front }

func (d debugLog) Write(p []byte) (int, error) {
	d.f.mu.Lock()
	s := d.f.site
	d.f.mu.Unlock()
	if s != nil {
		s.m.rt.Log(slog.LevelDebug, "http.serve: "+safetext.Line(strings.TrimPrefix(string(p), "http: ")))
	}
	return len(p), nil
}

// attach makes s get the requests, in place of the site before.
func (f *front) attach(s *site) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.site != nil {
		f.site.leave()
	}
	f.tls.Store(s.settings.tls)
	for path, h := range f.hubs {
		if s.feedPaths[path] == nil {
			h.close()
			delete(f.hubs, path)
		}
	}
	f.site = s
	f.change()
}

// detach makes requests wait for the next site, if s gets them now.
func (f *front) detach(s *site) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.site == s {
		f.site = nil
		f.change()
	}
	s.leave()
}

// change wakes the requests that wait for a site. The caller holds f.mu.
func (f *front) change() {
	close(f.changed)
	f.changed = make(chan struct{})
}

// hub returns the browsers that receive the events of path.
func (f *front) hub(path string) *hub {
	f.mu.Lock()
	defer f.mu.Unlock()
	h := f.hubs[path]
	if h == nil {
		h = newHub()
		if f.stopped {
			h.close()
		}
		f.hubs[path] = h
	}
	return h
}

// awaitSite returns the site that gets the requests now. If there is none, it waits for the next
// one. It returns nil if none comes in time, and if the front has been stopped.
func (f *front) awaitSite(ctx context.Context) *site {
	ctx, cancel := context.WithTimeout(ctx, handover)
	defer cancel()
	for {
		f.mu.Lock()
		s, changed, stopped := f.site, f.changed, f.stopped
		f.mu.Unlock()
		if s != nil || stopped {
			return s
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

// ServeHTTP passes a request to the site. It runs on a goroutine of the request.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !f.begin() {
		busy("the server is being closed").write(w, r)
		return
	}
	defer f.wg.Done()
	x := &exchange{front: f, answered: make(chan *answer, 1)}
	defer x.release()
	defer x.leave()
	for {
		s := f.awaitSite(r.Context())
		if s == nil {
			busy("the script does not run at the moment").write(w, r)
			return
		}
		if x.serve(s, w, r) {
			return
		}
	}
}

// begin counts a request. It returns false if the front has been stopped.
func (f *front) begin() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopped {
		return false
	}
	f.wg.Add(1)
	return true
}

// Stop closes the listener. Requests in progress go on.
func (f *front) Stop() {
	f.mu.Lock()
	f.stopped = true
	for _, h := range f.hubs {
		h.close()
	}
	f.change()
	f.mu.Unlock()
	f.listener.Close() // Shutdown does not know the listener if Serve has not begun
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	f.server.Shutdown(ended)
}

// Close waits for the requests in progress until ctx is done, and closes all connections.
func (f *front) Close(ctx context.Context) {
	f.server.Shutdown(ctx)
	f.server.Close()
	f.wg.Wait()
}
