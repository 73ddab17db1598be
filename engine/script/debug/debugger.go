// Package debug stops Lua scripts at breakpoints, steps through them, and shows and changes their
// variables.
//
// A [Debugger] knows the scripts of the process, and has at most one client at a time, a [Session].
// Each generation of a script has a [Script], whose executor calls it while Lua code runs. When a
// task stops, its executor is held: see vm.Executor.Hold. Everything that reads or changes a Lua
// state runs on the goroutine of the held executor. The client's goroutine asks for it and waits.
package debug

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"moonlark/engine/script/vm"
)

// ErrBusy is the error of Debugger.Connect while another client is connected.
var ErrBusy = errors.New("another debugger is connected: only one can be connected at a time")

// A Debugger can stop the scripts of a process. Make it with New. Any goroutine may call its
// methods. A nil Debugger stops nothing.
type Debugger struct {
	// the breakpoints by name of the source and line, for the executors
	table      atomic.Pointer[breakpointTable]
	configured chan struct{} // closed when a client has set its breakpoints

	mu       sync.Mutex // guards the fields below, and those fields of Script and Session that say so
	session  *Session   // the connected client; nil if there is none
	files    map[string]*file
	scripts  []*Script // in the order in which they were loaded
	lastID   int       // the last identifier of a breakpoint, a thread, a frame or a reference
	threads  map[threadKey]int
	ready    sync.Once // closes configured
	uncaught bool      // stop when an error is raised that the script does not catch
	caught   bool      // stop when an error is raised that the script catches
}

// A threadKey identifies a thread among those of all scripts. The thread is the zero value for the
// script itself.
type threadKey struct {
	script *Script
	thread vm.Thread
}

// New returns a Debugger without scripts and without a client.
func New() *Debugger {
	d := &Debugger{
		configured: make(chan struct{}),
		files:      make(map[string]*file),
		threads:    make(map[threadKey]int),
	}
	d.table.Store(new(breakpointTable))
	return d
}

// AwaitClient waits until a client has connected and has set its breakpoints. It returns the cause
// of ctx when ctx is done.
func (d *Debugger) AwaitClient(ctx context.Context) error {
	select {
	case <-d.configured:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Connect makes a session for a client. emit is called with the events of the session, on any
// goroutine. It must not block and must not call methods of the session. Connect returns ErrBusy if
// another client is connected.
func (d *Debugger) Connect(emit func(Event)) (*Session, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.session != nil {
		return nil, ErrBusy
	}
	d.session = &Session{d: d, emit: emit, frames: make(map[int]frame), references: make(map[int]reference)}
	return d.session, nil
}

// nextID returns a new identifier. The caller must hold d.mu.
func (d *Debugger) nextID() int {
	d.lastID++
	return d.lastID
}

// threadID returns the identifier of a thread. The caller must hold d.mu.
func (d *Debugger) threadID(key threadKey) int {
	id, ok := d.threads[key]
	if !ok {
		id = d.nextID()
		d.threads[key] = id
	}
	return id
}

// emit sends an event to the client, if there is one. The caller must hold d.mu.
func (d *Debugger) emit(e Event) {
	if d.session != nil {
		d.session.emit(e)
	}
}
