package process

import (
	"context"
	"maps"
	"os/exec"
	"slices"
	"time"
)

// outputDelay is how long Finish waits for the end of the output after the program has exited.
// Another program that it has started may still hold the pipes open.
const outputDelay = 2 * time.Second

// A Status says how a program has ended.
type Status struct {
	Code    int           // the exit code; 0 if a signal has ended the program
	Signal  string        // the signal that has ended the program, such as "TERM"; "" if none has
	Elapsed time.Duration // time from the start of the program to its end
	Killed  bool          // Finish has killed the program, because its ctx was done
}

// Finish waits until the program has exited and outputRead is closed, which says that the caller
// has read all output. Then it kills what the program has left running, and closes the pipes. It
// returns how the program has ended.
//
// If ctx is done first, Finish kills the program and all programs that it has started. If
// outputRead is not closed two seconds after the program has exited, Finish closes the pipes, so
// that reads from them return an error. If the program cannot be killed, because it waits for a
// device that does not answer, Finish returns two seconds later, and the channel that Exited
// returns is not closed yet.
func (p *Process) Finish(ctx context.Context, outputRead <-chan struct{}) Status {
	killed := false
	select {
	case <-p.exited:
	case <-ctx.Done():
		killed = true
		p.Kill()
		if !waitFor(p.exited, outputDelay) {
			p.closePipes()
			go p.finish()
			return Status{Signal: "KILL", Elapsed: time.Since(p.started), Killed: true}
		}
	}
	delay := time.NewTimer(outputDelay)
	defer delay.Stop()
	select {
	case <-outputRead:
	case <-delay.C:
	case <-ctx.Done():
		p.Kill()
		waitFor(outputRead, settleTimeout) // what the program has written before
	}
	p.finish()
	status := p.exitStatus()
	status.Killed = killed
	return status
}

// finish kills what still runs of the group, and closes the pipes when the program has been reaped.
func (p *Process) finish() {
	p.end(p.Kill)
	p.Close()
}

// Kill kills the program and all programs that it has started. It does not wait until they have
// ended.
func (p *Process) Kill() { p.signal(p.group.kill) }

// Signals returns the names of the signals that Signal can send, such as "TERM", sorted.
func Signals() []string { return slices.Sorted(maps.Keys(signals)) }

// Signal sends a signal to the program and all programs that it has started. It reports whether
// they are still running. name is one of Signals.
func (p *Process) Signal(name string) bool {
	return p.signal(func() { p.group.signal(name) })
}

// PID returns the process id of the shell or the program.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// exitStatus returns how the program has ended. It must be called after end.
func (p *Process) exitStatus() Status {
	s := Status{Elapsed: p.ended.Sub(p.started)}
	if exit, ok := p.status.(*exec.ExitError); ok {
		s.Code, s.Signal = exit.ExitCode(), signalOf(exit)
		if s.Signal != "" {
			s.Code = 0
		}
	}
	return s
}
