package vm

// AtRest lets the executor call f, on its goroutine, when it is at rest: no task runs, no message is
// queued, and each task that waits has called Rest, so that nothing happens before the clock moves
// forward or a message comes. f must not block and must not run Lua code. AtRest returns ErrClosed
// after the executor has been closed; f may never be called then. Any goroutine may call AtRest.
func (x *Executor) AtRest(f func()) error {
	return x.Post(func() { x.atRest = append(x.atRest, f) })
}

// callAtRest calls the functions that AtRest has registered, if the executor is at rest. Call it on
// the executor's goroutine when no message can be taken.
func (x *Executor) callAtRest() {
	if len(x.atRest) == 0 {
		return
	}
	for t := range x.tasks {
		if !t.waiting || !t.resting {
			return
		}
	}
	fs := x.atRest
	x.atRest = nil
	for _, f := range fs {
		f()
	}
}
