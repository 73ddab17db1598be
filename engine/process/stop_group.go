package process

import "time"

// Stop ends the process and all programs that it has started, and returns when they have ended. All
// of them are treated alike: the whole process group gets SIGTERM, and programs that still run
// after one second get SIGKILL. On Windows they are killed at once. A program that has left the
// group is not ended.
//
// Stop does not close the pipes, so that the caller can still read the output that was written
// before. Stop may be called more than once; each call waits until the process has ended.
func (p *Process) Stop() { p.StopWithin(stopTimeout) }

// StopWithin is like Stop, but what still runs after d gets SIGKILL.
func (p *Process) StopWithin(d time.Duration) { p.end(func() { p.terminate(d) }) }

// terminate sends SIGTERM to the group, and SIGKILL to what still runs after d.
func (p *Process) terminate(d time.Duration) {
	if !p.gone() {
		p.signal(p.group.terminate)
	}
	if !p.goneWithin(d) {
		p.Kill()
		// ignore the result: nothing stronger than kill is left to try
		p.goneWithin(settleTimeout)
	}
}

// end calls stop, which ends the group, and returns when the shell or the program has been reaped.
// Only the first call has an effect; each call waits.
func (p *Process) end(stop func()) {
	p.stopping.Do(func() {
		stop()
		<-p.exited
		p.reap()
		p.group.close()
		if p.stderr != nil {
			p.stderr.finish(settleTimeout)
		}
		close(p.stopped)
	})
	<-p.stopped
}

// reap reads the exit status, unless the method watch has read it. No signal is sent afterwards.
func (p *Process) reap() {
	p.signalling.Lock()
	p.reaped = true
	p.signalling.Unlock()
	if p.cmd.ProcessState == nil {
		p.status = p.cmd.Wait()
	}
}

// signal calls send, which sends a signal to the group, unless the group has ended and its id may
// belong to another process. It reports whether it has called send.
func (p *Process) signal(send func()) bool {
	p.signalling.Lock()
	defer p.signalling.Unlock()
	if !p.reaped {
		send()
	}
	return !p.reaped
}

// goneWithin waits until the process group has ended, but at most for d. It reports whether the
// group has ended.
func (p *Process) goneWithin(d time.Duration) bool {
	deadline := time.Now().Add(d)
	if !waitFor(p.exited, d) {
		return false
	}
	for !p.gone() {
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(pollInterval) // poll, because no event reports the end of a process group
	}
	return true
}

// gone reports whether the shell or the program and all other processes of the process group have
// ended.
func (p *Process) gone() bool {
	select {
	case <-p.exited:
		return !p.group.alive()
	default:
		return false
	}
}
