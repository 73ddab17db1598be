package engine

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/remote"
	"moonlark/engine/testkit"
)

// A testEngine is an engine whose scripts are in a temporary folder and whose events are recorded.
type testEngine struct {
	*Engine
	*remote.Remote
	t            testing.TB
	dir          string
	subscription *bus.Subscription

	mu     sync.Mutex // guards events
	events []bus.Event
}

// newTestEngine makes an engine. files are the names and sources of Lua files: name, source, name,
// source and so on. The first file is a script, and so is every other file whose name begins with
// "script". If opts.Bus is set, no events are recorded.
func newTestEngine(t testing.TB, opts Options, files ...string) *testEngine {
	t.Helper()
	h := &testEngine{t: t, dir: t.TempDir()}
	recorded := new(bus.Bus)
	h.subscription = recorded.Subscribe(nil, h.record)
	t.Cleanup(func() { h.subscription.Close(testkit.Timeout) })
	if opts.Bus == nil {
		opts.Bus = recorded
	}
	for i := 0; i < len(files); i += 2 {
		h.write(files[i], files[i+1])
		if i == 0 || strings.HasPrefix(files[i], "script") {
			opts.Scripts = append(opts.Scripts, h.path(files[i]))
		}
	}
	e, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	h.Engine, h.Remote = e, e.Remote()
	return h
}

func (h *testEngine) path(name string) string { return filepath.Join(h.dir, name) }

// write writes a file to the folder of the scripts.
func (h *testEngine) write(name, source string) {
	h.t.Helper()
	os.MkdirAll(filepath.Dir(h.path(name)), 0o755)
	if err := os.WriteFile(h.path(name), []byte(source), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

func (h *testEngine) record(e bus.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e)
}

// published returns the events of a type so far.
func (h *testEngine) published(t bus.Type) []bus.Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	var found []bus.Event
	for _, e := range h.events {
		if e.Type == t {
			found = append(found, e)
		}
	}
	return found
}

// hasPublished reports whether the text or the hint of an event of this type contains text.
func (h *testEngine) hasPublished(t bus.Type, text string) bool {
	for _, e := range h.published(t) {
		if strings.Contains(e.Text+" "+e.Hint, text) {
			return true
		}
	}
	return false
}

// waitFor waits until hasPublished reports true.
func (h *testEngine) waitFor(t bus.Type, text string) {
	h.t.Helper()
	testkit.Until(h.t, string(t)+" event with "+text, func() bool { return h.hasPublished(t, text) })
}

// printed returns the lines that scripts have printed and that begin with prefix, without the
// prefix.
func (h *testEngine) printed(prefix string) []string {
	var lines []string
	for _, e := range h.published(bus.Print) {
		if strings.HasPrefix(e.Text, prefix) {
			lines = append(lines, strings.TrimPrefix(e.Text, prefix))
		}
	}
	return lines
}

// checkHidden fails the test if one of the texts is in an event.
func (h *testEngine) checkHidden(texts ...string) {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.events {
		event, err := json.Marshal(e)
		if err != nil {
			h.t.Error(err)
		}
		for _, text := range texts {
			if strings.Contains(string(event), text) {
				h.t.Errorf("%s is in the event %s", text, event)
			}
		}
	}
}

// start calls Run on a goroutine of its own. ctx is cancelled when the test ends. wait waits until
// Run has returned and every event has been recorded, and returns the error of Run.
func (h *testEngine) start(ctx context.Context) (wait func() error) {
	result := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	go func() { result <- h.Run(ctx) }()
	wait = sync.OnceValue(func() error {
		select {
		case err := <-result:
			h.subscription.Close(testkit.Timeout)
			return err
		case <-time.After(testkit.Timeout):
			h.t.Error("Run does not return")
			return nil
		}
	})
	h.t.Cleanup(func() { cancel(); wait() })
	return wait
}

// runToEnd calls Run and returns its error after every event has been recorded.
func (h *testEngine) runToEnd() error { return h.start(context.Background())() }
