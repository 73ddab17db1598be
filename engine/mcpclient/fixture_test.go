package mcpclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonlark/engine/testkit"
	"moonlark/engine/testkit/fakemcp"
)

func TestMain(m *testing.M) {
	fakemcp.Main()
	goleak.VerifyTestMain(m)
}

// A testLog collects the lines of a log.
type testLog struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *testLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(p)
}

func (l *testLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.String()
}

// fake returns the entry of a program that is the fake server with these behaviours.
func fake(behaviours string) *Entry {
	return &Entry{
		Name: "notes", Command: os.Args[0], Args: []string{"-test.run=^$"}, Startup: testkit.Timeout,
		Env: []string{fakemcp.Variable + "=" + behaviours, "GORACE=atexit_sleep_ms=0"},
	}
}

// start starts a server, which is ended with the test.
func start(t *testing.T, e *Entry) (*Server, *testLog) {
	t.Helper()
	log := new(testLog)
	s := NewServer(e, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	s.Acquire()
	t.Cleanup(func() {
		s.Close()
		if t.Failed() {
			t.Logf("log:\n%.5000s", log)
		}
	})
	return s, log
}

// call calls a tool with a generous timeout.
func call(t *testing.T, s *Server, name, args string) (*Result, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testkit.Timeout)
	defer cancel()
	return s.Call(ctx, name, json.RawMessage(args))
}

// mustCall calls a tool, and returns the text of its result.
func mustCall(t *testing.T, s *Server, name, args string) string {
	t.Helper()
	r, err := call(t, s, name, args)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return r.Text
}

// codeOf returns the code of an *Error, or "".
func codeOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// until waits until condition returns true.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	testkit.Until(t, what, condition)
}

// isAlive reports whether a process runs.
func isAlive(pid int) bool {
	p, err := os.FindProcess(pid)
	return err == nil && p.Signal(nullSignal) == nil
}

const second = time.Second
