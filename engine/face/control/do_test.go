package control

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine"
	"moonlark/engine/testkit"
)

func TestDoCarriesOutTheCommandsOfAFleet(t *testing.T) {
	h := start(t, `on("bell", function(e) print("the bell says " .. e.data) end)`, Options{Fleet: true}, engine.Options{Wait: true})
	agent := h.engine.Remote()
	testkit.Until(t, "the scripts are loaded", func() bool { return h.health().OK })
	for _, c := range []struct {
		name, body string
		status     int
		text       string
	}{
		{"event", `{"type": "bell", "data": "ding"}`, 202, `{"ok":true}`},
		{"event", `{"type": "no such"}`, 400, "cannot be called"},
		{"event", `{"type": "gong"}`, 409, "no script listens for gong"},
		{"say", `{"text": ""}`, 400, "there is nothing to say"},
		{"stop", "", 409, ""},
		{"healthz", "", 200, `"status":"waiting"`},
		{"metrics", "", 200, "moonlark_uptime_seconds"},
		{"reload", "", 202, `{"ok":true}`},
		{"gpio", "", 404, "no such command"},
		{"login", "", 404, "no such command"},
		{"../healthz", "", 404, "no such command"},
	} {
		status, answer := h.Do(t.Context(), agent, c.name, []byte(c.body), 1<<20)
		if status != c.status || !strings.Contains(string(answer), c.text) {
			t.Errorf("%s %s: got %d %s, want %d with %q", c.name, c.body, status, answer, c.status, c.text)
		}
	}
	testkit.Until(t, "the log has the line", func() bool {
		_, log := h.Do(t.Context(), agent, "log", nil, 1<<20)
		return strings.Contains(string(log), "the bell says ding")
	})
	if _, end := h.Do(t.Context(), agent, "log", nil, 10); len(end) != 10 {
		t.Errorf("the end of the log: got %d bytes, want 10", len(end))
	}
}

// A slowAgent is an agent whose reload takes a while.
type slowAgent struct {
	Agent
	release chan struct{}
}

func (a slowAgent) Reload() { <-a.release }

// Do does not wait for a reload, and does not start a second one.
func TestOneReloadOfAFleetRunsAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(Options{})
		a := slowAgent{release: make(chan struct{})}
		reload := func(want int) {
			t.Helper()
			if status, text := c.Do(t.Context(), a, "reload", nil, 1<<20); status != want {
				t.Errorf("got %d %s, want %d", status, text, want)
			}
		}
		reload(202)
		reload(409)
		a.release <- struct{}{}
		synctest.Wait()
		reload(202)
		time.AfterFunc(time.Second, func() { close(a.release) })
		begin := time.Now()
		c.Close()
		if time.Since(begin) != time.Second {
			t.Errorf("Close takes %v, want a second", time.Since(begin))
		}
		reload(409)
	})
}
