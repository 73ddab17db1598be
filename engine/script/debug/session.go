package debug

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"moonlark/engine/script/vm"
)

var (
	errRuns   = errors.New("the task is not stopped")
	errClosed = errors.New("the debugger has been disconnected")
)

// A Session is the connection of one client. One goroutine may call its methods at a time.
type Session struct {
	d    *Debugger
	emit func(Event) // called with d.mu locked

	// The mutex of the Debugger guards the fields below. Both maps have only what belongs to
	// scripts that are stopped.
	frames     map[int]frame
	references map[int]reference
}

// A frame is a call that the client knows by an identifier.
type frame struct {
	script *Script
	stop   *stop
	call   vm.Frame
}

// Close ends the session. The breakpoints are removed, and stopped scripts go on. Close may be
// called more than once.
func (c *Session) Close() {
	d := c.d
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.session != c {
		return
	}
	d.session = nil
	d.uncaught, d.caught = false, false
	for _, f := range d.files {
		f.breakpoints, f.clientPath = nil, ""
	}
	for _, s := range d.scripts {
		s.pausing.Store(false)
		s.step.Store(nil)
		s.pause = vm.Thread{}
		if s.stopped != nil {
			s.stopped.resume("")
		}
	}
	d.updateTable()
}

// Configured says that the client has set its breakpoints: see Debugger.AwaitClient.
func (c *Session) Configured() { c.d.ready.Do(func() { close(c.d.configured) }) }

// forget removes the frames and references of a stop. The caller must hold d.mu.
func (c *Session) forget(st *stop) {
	maps.DeleteFunc(c.frames, func(_ int, f frame) bool { return f.stop == st })
	maps.DeleteFunc(c.references, func(_ int, r reference) bool { return r.stop == st })
}

// maxBreakpoints is how many breakpoints a file may have.
const maxBreakpoints = 1000

// SetBreakpoints replaces the breakpoints in the file at path. It returns the states of the new
// ones in their order.
func (c *Session) SetBreakpoints(path string, want []Breakpoint) ([]BreakpointState, error) {
	if len(want) > maxBreakpoints {
		return nil, fmt.Errorf("more than %d breakpoints in one file", maxBreakpoints)
	}
	d := c.d
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.session != c {
		return nil, errClosed
	}
	f := d.fileAt(path)
	f.clientPath = path
	before := f.breakpoints
	f.breakpoints = nil
	states := make([]BreakpointState, len(want))
	for i, w := range want {
		at := slices.IndexFunc(before, func(b *breakpoint) bool { return b.Breakpoint == w })
		if at >= 0 { // it keeps its number of hits
			f.breakpoints = append(f.breakpoints, before[at])
			before = slices.Delete(before, at, at+1)
		} else {
			f.breakpoints = append(f.breakpoints, newBreakpoint(d.nextID(), w))
		}
		states[i] = f.breakpoints[i].place(f)
	}
	d.updateTable()
	return states, nil
}

// StopAtErrors sets at which errors tasks stop: those that the script does not catch, and those
// that it catches, for example with pcall.
func (c *Session) StopAtErrors(uncaught, caught bool) {
	c.d.mu.Lock()
	defer c.d.mu.Unlock()
	if c.d.session == c {
		c.d.uncaught, c.d.caught = uncaught, caught
	}
}

// A Thread is a task or a coroutine of a script, or a script in which no task runs.
type Thread struct {
	ID   int
	Name string
}

// Threads returns the threads of all scripts.
func (c *Session) Threads() []Thread {
	c.d.mu.Lock()
	scripts := slices.Clone(c.d.scripts)
	c.d.mu.Unlock()
	var all []Thread
	for _, s := range scripts {
		var threads []Thread
		if !s.x.RunBetween(func() { threads = c.threadsOf(s) }) {
			threads = c.unresponsive(s)
		}
		all = append(all, threads...)
	}
	return all
}

// threadsOf returns the threads of s, and forgets those that have ended. Call it on the executor's
// goroutine, so that no thread can stop or end meanwhile.
func (c *Session) threadsOf(s *Script) []Thread {
	d, threads := c.d, s.x.Threads()
	d.mu.Lock()
	defer d.mu.Unlock()
	maps.DeleteFunc(d.threads, func(key threadKey, _ int) bool {
		return key.script == s && key.thread != (vm.Thread{}) && !slices.Contains(threads, key.thread)
	})
	if len(threads) == 0 {
		return []Thread{{d.threadID(threadKey{script: s}), s.opts.Name + ": no task"}}
	}
	var all []Thread
	for _, t := range threads {
		id, name := d.threadID(threadKey{s, t}), t.Name()
		if t.IsCoroutine() {
			name = fmt.Sprintf("%s %d", name, id)
		}
		all = append(all, Thread{id, s.opts.Name + ": " + name})
	}
	return all
}

// unresponsive returns a thread that stands for the script s, whose executor does not respond. It
// returns none if s has been closed.
func (c *Session) unresponsive(s *Script) []Thread {
	c.d.mu.Lock()
	defer c.d.mu.Unlock()
	if !slices.Contains(c.d.scripts, s) {
		return nil
	}
	return []Thread{{c.d.threadID(threadKey{script: s}), s.opts.Name + ": busy"}}
}

// thread returns the script and the key of a thread.
func (c *Session) thread(id int) (threadKey, error) {
	c.d.mu.Lock()
	defer c.d.mu.Unlock()
	for key, known := range c.d.threads {
		if known == id {
			return key, nil
		}
	}
	return threadKey{}, fmt.Errorf("there is no thread %d", id)
}

// Resume lets the script of a stopped thread go on. step is "" or says where to stop next. Resume
// calls accepted before the script goes on, unless it returns an error. accepted must not block.
func (c *Session) Resume(thread int, step StepKind, accepted func()) error {
	key, err := c.thread(thread)
	if err != nil {
		return err
	}
	c.d.mu.Lock()
	defer c.d.mu.Unlock()
	if key.script.stopped == nil || c.d.session != c {
		return errRuns
	}
	accepted()
	key.script.stopped.resume(step)
	return nil
}

// Pause stops the script of a thread: at once if the thread waits, and otherwise at the next line
// that the script runs.
func (c *Session) Pause(thread int) error {
	key, err := c.thread(thread)
	if err != nil {
		return err
	}
	s := key.script
	c.d.mu.Lock()
	defer c.d.mu.Unlock()
	if s.stopped != nil || c.d.session != c {
		return nil
	}
	s.pausing.Store(true)
	s.pause = key.thread
	s.updateWatch()
	s.x.Post(s.pauseBetween)
	return nil
}

// pauseBetween stops the thread that the client has asked to pause, if the thread waits. It runs on
// the executor's goroutine, between tasks.
func (s *Script) pauseBetween() {
	s.d.mu.Lock()
	thread, wanted := s.pause, s.pausing.Load()
	s.d.mu.Unlock()
	if wanted && slices.Contains(s.x.Threads(), thread) && thread.Task() != nil {
		s.stop(thread, Stopped{Reason: AtPause})
	}
}

// A Frame is a call of a function, for the client.
type Frame struct {
	ID     int
	Name   string
	Path   string // absolute path of the file; "" if the function is not from a file
	Source string // the name of the source
	Line   int
	// Label says that this is no call: the calls that follow are those of the thread that has
	// resumed the coroutine.
	Label bool
}

// Stack returns the calls of a stopped thread, innermost first.
func (c *Session) Stack(thread int) ([]Frame, error) {
	key, err := c.thread(thread)
	if err != nil {
		return nil, err
	}
	var all []Frame
	err = c.whileStopped(key.script, func(st *stop) {
		if all = st.stacks[key.thread]; all == nil && key.thread != (vm.Thread{}) {
			all = c.describeCalls(key, st)
			st.stacks[key.thread] = all
		}
	})
	return all, err
}

// describeCalls returns the calls of a thread for the client. Call it on the executor's goroutine.
func (c *Session) describeCalls(key threadKey, st *stop) []Frame {
	c.d.mu.Lock()
	defer c.d.mu.Unlock()
	var all []Frame
	for _, call := range key.thread.Frames() {
		if call.Resumer {
			all = append(all, Frame{ID: c.d.nextID(), Name: "resumed by", Label: true})
		}
		id := c.d.nextID()
		c.frames[id] = frame{key.script, st, call}
		all = append(all, c.d.describe(id, call))
	}
	return all
}

// describe returns a call for the client. The caller must hold d.mu, on the executor's goroutine.
func (d *Debugger) describe(id int, call vm.Frame) Frame {
	proto := call.Function().Proto
	f := d.fileNamed(proto.SourceName)
	described := Frame{ID: id, Name: f.functionName(proto), Source: filepath.Base(proto.SourceName), Line: call.Line()}
	if f != nil {
		described.Path = f.clientPath
		if described.Path == "" {
			described.Path, _ = filepath.Abs(proto.SourceName)
		}
	}
	return described
}

// Exception returns the error at which a thread has stopped.
func (c *Session) Exception(thread int) (text string, err error) {
	key, err := c.thread(thread)
	if err != nil {
		return "", err
	}
	c.d.mu.Lock()
	defer c.d.mu.Unlock()
	if st := key.script.stopped; st != nil && st.Reason == AtException {
		return st.Text, nil
	}
	return "", errors.New("the thread has not stopped at an error")
}

// whileStopped runs the function do on the goroutine of the executor of s, which must be stopped.
func (c *Session) whileStopped(s *Script, do func(*stop)) error {
	c.d.mu.Lock()
	st := s.stopped
	open := c.d.session == c
	c.d.mu.Unlock()
	switch {
	case !open:
		return errClosed
	case st == nil || !s.x.RunHeld(st.ended, func() { do(st) }):
		return errRuns
	}
	return nil
}

// inFrame runs the function do on the goroutine of the executor in which a call of a stopped thread
// is.
func (c *Session) inFrame(id int, do func(f frame)) error {
	c.d.mu.Lock()
	f, ok := c.frames[id]
	c.d.mu.Unlock()
	if !ok {
		return errRuns
	}
	return c.whileStopped(f.script, func(*stop) { do(f) })
}
