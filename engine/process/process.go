// Package process runs other programs. It is the only package that does.
//
// A [Command] is a command line for a shell, which a user gives as "exec:COMMAND" for a speaker, a
// microphone, speech to text, text to speech or wake words. Or it is a program with arguments,
// which a Lua script starts.
//
// The shell or the program, and all programs that it starts, form a process group (on Windows a job
// object). They are always stopped together; [Process.Stop] and [Process.Finish] say how. A program
// can leave the group. No method waits for such a program, even if it still holds a pipe open.
package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"
)

const (
	// stopTimeout is how long a program has to end after SIGTERM. After that it is killed.
	stopTimeout = time.Second

	// settleTimeout is the maximum wait for something that usually happens at once: a program that
	// has closed its pipe exits, a killed program ends, or the standard error of a killed program
	// ends.
	settleTimeout = 200 * time.Millisecond

	// pollInterval is the time between two checks whether the process group has ended.
	pollInterval = 10 * time.Millisecond
)

// errEnded is reported when a program that should keep running has exited with status 0.
var errEnded = errors.New("the command has ended")

// A Process is a running program together with all programs that it has started. Its methods may be
// called on any goroutine.
type Process struct {
	// Stdin is the end of the pipe from which the program reads its standard input; nil without
	// Command.Stdin.
	Stdin *os.File
	// Stdout is the end of the pipe to which the program writes its standard output; nil without
	// Command.Stdout.
	Stdout *os.File
	// Stderr is the end of the pipe to which the program writes its standard error; nil unless
	// Command.Stderr is PipeStderr.
	Stderr *os.File

	ctx     context.Context
	name    string
	cmd     *exec.Cmd
	started time.Time
	group   group
	stderr  *stderr // nil unless Command.Stderr is LogStderr

	exited chan struct{} // closed when the shell or the program has exited
	ended  time.Time     // when it exited; set before exited is closed

	stopping sync.Once
	stopped  chan struct{} // closed when the group has ended and the shell or program is reaped
	closing  sync.Once
	closed   chan struct{} // closed after Close has closed the pipes

	status error // exit status of the shell or the program; set before stopped is closed

	signalling sync.Mutex // guards the field below, and is locked while a signal is sent
	reaped     bool       // another process can get the id of the group, so no signal may be sent
}

// Exited returns a channel that is closed when the shell or the program has exited. Programs that
// it has started may still be running.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Close calls Stop and then closes the pipes. Reads and writes that wait on them return an
// error. Close may be called more than once.
func (p *Process) Close() {
	p.Stop()
	p.closing.Do(func() {
		p.closePipes()
		close(p.closed)
	})
}

func (p *Process) closePipes() {
	for _, f := range []*os.File{p.Stdin, p.Stdout, p.Stderr} {
		if f != nil {
			f.Close()
		}
	}
}

// Wait waits until the shell has exited, and then stops the programs that the shell has left
// running. It returns nil if the exit status was 0, and otherwise an error with the exit status. If
// the ctx that was passed to Start is done first, Wait stops the process and returns the cause of
// ctx.
func (p *Process) Wait() error {
	select {
	case <-p.exited:
	case <-p.ctx.Done():
	}
	p.Stop()
	switch {
	case p.ctx.Err() != nil:
		return context.Cause(p.ctx)
	case p.status == nil:
		return nil
	}
	return p.describe(shortStatus(p.status))
}

// Lost stops a process that should have kept running, and returns an error that says why it failed.
// Call Lost after a read from Stdout or a write to Stdin has failed; reason describes this failure.
// If the shell exits within settleTimeout, the error contains the exit status instead of reason.
func (p *Process) Lost(reason string) error {
	exited := waitFor(p.exited, settleTimeout)
	p.Stop()
	switch {
	case !exited:
		return p.describe(errors.New(reason))
	case p.status == nil:
		return p.describe(errEnded)
	}
	return p.describe(shortStatus(p.status))
}

// Fail stops the process. It returns an error that contains the name of the command, err, and the
// last line that the command wrote to its standard error.
func (p *Process) Fail(err error) error {
	p.Stop()
	return p.describe(err)
}

// describe returns the same error as Fail. The process must have been stopped.
func (p *Process) describe(err error) error {
	if p.stderr != nil && p.stderr.lastLine() != "" {
		return fmt.Errorf("%s: %w: %s", p.name, err, p.stderr.lastLine())
	}
	return fmt.Errorf("%s: %w", p.name, err)
}

// shortStatus returns a short form of an error from cmd.Wait: "exit status 1" or "signal: killed".
func shortStatus(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return errors.New(exit.String())
	}
	return err
}

// waitFor waits until done is closed, but at most for d. It reports whether done was closed.
func waitFor(done <-chan struct{}, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-done:
		return true
	case <-t.C:
		return false
	}
}
