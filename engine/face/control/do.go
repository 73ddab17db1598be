package control

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"time"
)

// fleetPaths lists the routes that the hub of a fleet may use: see Do.
var fleetPaths = []string{"/start", "/stop", "/say", "/context", "/event", "/healthz", "/metrics", "/log"}

// Do carries out a command that does not arrive over HTTP but from the hub of the fleet, which checks
// senders itself. name is the last part of a path of docs/http.md, or "reload". Do returns the status and
// the body that the HTTP server would send. It returns the end of a body that is longer than maxAnswer
// bytes. Any goroutine may call Do, also without an HTTP server. It does not wait for the end of a reload.
func (c *Control) Do(ctx context.Context, a Agent, name string, body []byte, maxAnswer int) (status int, answer []byte) {
	if name == "reload" {
		if !c.startReload(a) {
			return http.StatusConflict, []byte(`{"ok":false,"error":"a reload is in progress"}`)
		}
		return http.StatusAccepted, []byte(`{"ok":true}`)
	}
	path := "/" + name
	if !slices.Contains(fleetPaths, path) {
		return http.StatusNotFound, []byte(`{"error":"there is no such command"}`)
	}
	method := http.MethodPost
	if routes[path][http.MethodPost] == nil {
		method = http.MethodGet
	}
	r, err := http.NewRequestWithContext(ctx, method, path, bytes.NewReader(body))
	if err != nil {
		return http.StatusBadRequest, []byte(err.Error())
	}
	w := &memoryResponse{header: make(http.Header), status: http.StatusOK}
	(&server{control: c, agent: a}).route(w, r)
	answer = w.body.Bytes()
	return w.status, answer[max(0, len(answer)-maxAnswer):]
}

// reloadTimeout is how long Close waits for the end of a reload. The end of the scripts ends the reload too.
const reloadTimeout = 2 * time.Second

// startReload makes the agent reload its scripts, on a goroutine that Close waits for. It returns false if such a
// reload has not ended, or after Close.
func (c *Control) startReload(a Agent) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reload != nil || c.closed {
		return false
	}
	done := make(chan struct{})
	c.reload = done
	go func() {
		defer close(done)
		c.Reload(a)
		c.mu.Lock()
		c.reload = nil
		c.mu.Unlock()
	}()
	return true
}

// endReloads starts no reload from now on, and waits for the one in progress.
func (c *Control) endReloads() {
	c.mu.Lock()
	c.closed = true
	done := c.reload
	c.mu.Unlock()
	if done == nil {
		return
	}
	select {
	case <-done:
	case <-time.After(reloadTimeout):
	}
}

// A memoryResponse is a response that stays in memory.
type memoryResponse struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *memoryResponse) Header() http.Header         { return w.header }
func (w *memoryResponse) WriteHeader(status int)      { w.status = status }
func (w *memoryResponse) Write(p []byte) (int, error) { return w.body.Write(p) }
