// Package files has what the modules that use files have in common. It runs their work on
// goroutines while a task of the script waits, because a slow disk or a network drive can block any
// use of a file. It also explains errors to scripts.
package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/value"
)

const (
	// Timeout is the time limit of work that is usually quick.
	Timeout = time.Minute
	// LongTimeout is the time limit of work with large files or many files.
	LongTimeout = 10 * time.Minute

	// maxRunning is how many pieces of work of one Runner run at the same time. The others wait. If
	// a network drive does not respond, no more goroutines than that are blocked by it.
	maxRunning = 16
)

// A Runner runs the work of one module of one script.
type Runner struct {
	rt      luastd.Runtime
	running chan struct{} // has a value for each piece of work that runs
	large   chan struct{} // has a value while a large file is read
}

// NewRunner returns a Runner for the script of rt.
func NewRunner(rt luastd.Runtime) *Runner {
	return &Runner{rt: rt, running: make(chan struct{}, maxRunning), large: make(chan struct{}, 1)}
}

// Run calls work on another goroutine. The running task waits for its result. ctx is cancelled when
// the task is killed and when timeout has passed, and Run does not wait for work then. If work
// returns an io.Closer and no error after that, Run closes it.
//
// function is the name of the Lua function, such as "fs.read". If the script has made a mistake,
// Run raises an error: if it has named a file that it may not use, or if work returns an error of
// Mistake.
func (r *Runner) Run(L *lua.LState, function string, timeout time.Duration, work func(ctx context.Context) (any, error)) (any, error) {
	timeout = r.rt.WaitLimit(timeout)
	c := r.rt.Await(L, func(done func(any)) func() {
		ctx, cancel := context.WithCancel(context.Background())
		c := &call{done: done}
		timer := time.AfterFunc(timeout, func() {
			cancel()
			c.finish(nil, errTimeout)
		})
		go func() {
			defer cancel()
			defer timer.Stop()
			select {
			case r.running <- struct{}{}:
				defer func() { <-r.running }()
				c.finish(work(ctx))
			case <-ctx.Done():
			}
		}()
		return func() {
			cancel()
			timer.Stop()
			c.abandon()
		}
	}).(*call)
	var denied *permit.Denied
	var m *mistake
	if errors.As(c.err, &denied) && !denied.Led || errors.As(c.err, &m) {
		value.Raise(L, fmt.Errorf("%s: %w", function, c.err))
	}
	return c.value, c.err
}

// Finish calls work on another goroutine, and the running task waits for its error. It is like Run,
// but work always runs to its end, also if the task is killed.
func (r *Runner) Finish(L *lua.LState, function string, work func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- work() }()
	_, err := r.Run(L, function, Timeout, func(ctx context.Context) (any, error) {
		select {
		case err := <-ended:
			return nil, err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	})
	return err
}

// A call is one use of Run.
type call struct {
	done func(any)

	mu        sync.Mutex // guards the fields below
	finished  bool
	abandoned bool
	value     any
	err       error
}

// finish passes the result of the work to the task that waits. If the task does not wait any more,
// it closes the value.
func (c *call) finish(v any, err error) {
	c.mu.Lock()
	late := c.finished || c.abandoned
	if !late {
		c.finished, c.value, c.err = true, v, err
	}
	c.mu.Unlock()
	if late {
		closeValue(v, err)
		return
	}
	c.done(c)
}

// abandon is called on the executor's goroutine when the task has been killed during the wait.
func (c *call) abandon() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.abandoned = true
	if c.finished {
		go closeValue(c.value, c.err) // it can block
	}
}

// closeValue closes v, which work has returned with the error err. After an error, there is nothing
// to close: v may be a nil pointer.
func closeValue(v any, err error) {
	if closer, ok := v.(io.Closer); ok && err == nil {
		closer.Close()
	}
}

// Resolve returns the place for a path that a script has named: see permit.Broker.Resolve. The
// empty path is the data folder. Call it in the function work of Run, because it can block.
func (r *Runner) Resolve(path string, write bool) (permit.Place, error) {
	b := r.rt.Permit()
	if path == "" {
		if path = b.DataPath(); path == "" {
			_, err := b.DataFolder()
			return permit.Place{}, err
		}
	}
	return b.Resolve(path, write)
}

// CheckPath returns argument n, which must be a path.
func CheckPath(L *lua.LState, n int) string {
	path := L.CheckString(n)
	if len(path) > maxPath {
		L.ArgError(n, fmt.Sprintf("the path has %d bytes; the maximum is %d", len(path), maxPath))
	}
	for i := range len(path) {
		if path[i] == 0 {
			L.ArgError(n, "a path has no zero byte")
		}
	}
	return path
}

// maxPath is the maximal length of a path, as in Linux.
const maxPath = 4096
