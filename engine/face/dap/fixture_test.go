package dap_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonlark/engine"
	"moonlark/engine/bus"
	"moonlark/engine/face/dap"
	"moonlark/engine/script/debug"
	"moonlark/engine/testkit"
	"moonlark/engine/tool"
)

func TestMain(m *testing.M) {
	testkit.SetParallel(4)
	goleak.VerifyTestMain(m)
}

// A fixture is a running agent with a server for debuggers.
type fixture struct {
	*engine.Engine
	t      *testing.T
	dir    string
	server *dap.Server
	wait   func() error // waits until the agent has ended; cancels it first

	mu    sync.Mutex // guards lines
	lines []string   // what the scripts have printed and logged
}

// start runs an agent. files are the names and sources of Lua files: name, source, name, source and
// so on. The files whose names begin with "script" are scripts. With -short, start skips the test.
func start(t *testing.T, opts engine.Options, files ...string) *fixture {
	t.Helper()
	if testing.Short() {
		t.Skip("takes long together with the others")
	}
	return startWith(t, opts, nil, files...)
}

// startWith is like start, but calls before when the server listens and no script is loaded.
func startWith(t *testing.T, opts engine.Options, before func(*fixture), files ...string) *fixture {
	t.Helper()
	f := &fixture{t: t, dir: t.TempDir()}
	for i := 0; i < len(files); i += 2 {
		f.write(files[i], files[i+1])
		if strings.HasPrefix(files[i], "script") {
			opts.Scripts = append(opts.Scripts, f.path(files[i]))
		}
	}
	opts.Bus, opts.Debugger = new(bus.Bus), debug.New()
	if opts.User == nil {
		opts.Wait = true
	}
	loaded := make(chan struct{}, 100)
	subscription := opts.Bus.Subscribe(nil, func(e bus.Event) {
		f.mu.Lock()
		f.lines = append(f.lines, strings.TrimSpace(string(e.Type)+" "+e.Text))
		f.mu.Unlock()
		if e.Type == bus.Loaded {
			loaded <- struct{}{}
		}
	})
	var err error
	if f.server, err = dap.Open("127.0.0.1:0", opts.Debugger, opts.Bus, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if f.Engine, err = engine.New(opts); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	f.wait = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(testkit.Timeout):
			t.Error("the agent does not end")
			return nil
		}
	})
	t.Cleanup(func() { f.wait(); f.server.Close(); subscription.Close(testkit.Timeout) })
	if before != nil {
		before(f)
	}
	go func() { ended <- f.Run(ctx) }()
	for range opts.Scripts {
		if before == nil {
			select {
			case <-loaded:
			case <-time.After(testkit.Timeout):
				t.Fatal("the scripts do not load")
			}
		}
	}
	return f
}

func (f *fixture) path(name string) string { return filepath.Join(f.dir, name) }

func (f *fixture) write(name, source string) {
	f.t.Helper()
	if err := os.WriteFile(f.path(name), []byte(source), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

// attach connects a debugger that has set breakpoints in the file script.lua at these lines.
func (f *fixture) attach(lines ...string) *client {
	f.t.Helper()
	c := attach(f.t, f.server.Addr())
	if len(lines) > 0 {
		c.breakpoints(f.path("script.lua"), lines...)
	}
	return c
}

// call calls a tool. The channel gets the result.
func (f *fixture) call(name, args string) <-chan tool.Result {
	f.t.Helper()
	result := make(chan tool.Result, 1)
	go func() {
		r, err := f.Remote().Call(context.Background(), name, json.RawMessage(args))
		if err != nil {
			r.Text = "error: " + err.Error()
		}
		result <- r
	}()
	return result
}

// wantResult waits for the result of a tool call.
func (f *fixture) wantResult(result <-chan tool.Result, want string) {
	f.t.Helper()
	select {
	case r := <-result:
		if !strings.Contains(r.Text, want) {
			f.t.Errorf("the result is %q; want %q", r.Text, want)
		}
	case <-time.After(testkit.Timeout):
		f.t.Fatalf("there is no result; want %q", want)
	}
}

// waitFor waits until a script has printed or logged a line that contains text.
func (f *fixture) waitFor(text string) {
	f.t.Helper()
	testkit.Until(f.t, "a line with "+text, func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return strings.Contains(strings.Join(f.lines, "\n"), text)
	})
}
