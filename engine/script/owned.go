package script

import "sync"

// owned are the functions that close what a generation has left open. Any goroutine may use it. The
// zero value is empty.
type owned struct {
	mu     sync.Mutex // guards the fields below
	last   int        // the latest key of closers
	closed bool       // close has been called
	// closers are the functions that have been registered and not released
	closers map[int]func()

	closing sync.WaitGroup // the functions that close has called
}

// add registers f, to be called by close. release removes it again. If close has been called
// already, add calls f.
func (o *owned) add(f func()) (release func()) {
	o.mu.Lock()
	if o.closed {
		o.mu.Unlock()
		f()
		return func() {}
	}
	defer o.mu.Unlock()
	if o.closers == nil {
		o.closers = make(map[int]func())
	}
	o.last++
	key := o.last
	o.closers[key] = f
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.closers, key)
	}
}

// close calls all functions at the same time, and returns when they have returned, also if another
// goroutine has called close before.
func (o *owned) close() {
	o.mu.Lock()
	for _, f := range o.closers {
		o.closing.Go(f)
	}
	o.closers, o.closed = nil, true
	o.mu.Unlock()
	o.closing.Wait()
}

// Own registers close to be called when the generation has ended, on any goroutine; release removes
// it again.
func (g *generation) Own(close func()) (release func()) { return g.owned.add(close) }

// close ends the executor, and then closes what the script has left open. It returns when all of it
// is closed. It may be called more than once.
func (g *generation) close() {
	g.x.Close()
	g.debugged.Close()
	g.owned.close()
	g.leavePermit()
}
