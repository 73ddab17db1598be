package exec

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"sync"
	"syscall"
	"time"

	"moonlark/engine/process"
	"moonlark/luastd/value"
)

// stopTimeout is how long a program has to end after SIGTERM, when the generation of its script has
// ended. After that it is killed.
const stopTimeout = 500 * time.Millisecond

// A program is a program that a script has started. Any goroutine may use it.
type program struct {
	child
	settings *settings
	output   *output
	stdout   io.Reader
	stderr   io.Reader // nil if the output has no part of its own for it
	input    input
	cancel   func()        // kills the program and what it has started
	done     chan struct{} // closed when the program has ended and its output has been read

	status process.Status // set before done is closed
}

// A child is a program that runs: a *process.Process, or a fakeProcess.
type child interface {
	// Exited returns a channel that is closed when the program has exited.
	Exited() <-chan struct{}
	// Finish waits until the program has exited and outputRead is closed: see process.Process.
	Finish(ctx context.Context, outputRead <-chan struct{}) process.Status
	Signal(name string) bool // sends a signal; false if the program has ended
	PID() int
}

// begin finds and starts a program. When ctx is done, which cancel causes, the program is killed.
// ended is called after the program has ended, or if it could not be started. The errors are those
// of locate.
func (m *module) begin(ctx context.Context, cancel func(), s *settings, ended func()) (*program, error) {
	p := &program{settings: s, cancel: cancel, done: make(chan struct{}), input: input{turn: make(chan struct{}, 1)}}
	if fake := m.fake(s); fake != nil {
		p.useFake(fake)
		go p.watch(ctx, ended)
		return p, nil
	}
	err := m.locate(s)
	var started *process.Process
	if err == nil {
		if started, err = process.Start(context.Background(), s.command); err != nil {
			err = startFailure(s, err)
		}
	}
	if err != nil {
		cancel()
		ended()
		return nil, err
	}
	p.child, p.output, p.input.pipe, p.stdout = started, newOutput(s, started.Exited()), started.Stdin, started.Stdout
	if started.Stderr != nil {
		p.stderr = started.Stderr
	}
	if s.stdin != "" {
		go p.input.writeAll(s.stdin)
		s.stdin = "" // so that the process does not keep the text in memory
	}
	go p.watch(ctx, ended)
	return p, nil
}

// watch reads the output and waits for the end of the program.
func (p *program) watch(ctx context.Context, ended func()) {
	var readers sync.WaitGroup
	readers.Go(func() { p.output.read(&p.output.stdout, p.stdout) })
	if p.stderr != nil {
		readers.Go(func() { p.output.read(&p.output.stderr, p.stderr) })
	} else {
		p.output.read(&p.output.stderr, nil)
	}
	outputRead := make(chan struct{})
	go func() {
		readers.Wait()
		close(outputRead)
	}()
	p.status = p.Finish(ctx, outputRead)
	<-outputRead
	p.output.change(func() { close(p.done) })
	p.cancel()   // releases the context
	<-p.Exited() // later than done only if the program could not be killed
	ended()
}

// stop ends the program: it gets SIGTERM, and stopTimeout later it is killed.
func (p *program) stop() {
	p.Signal("TERM")
	select {
	case <-p.done:
	case <-time.After(stopTimeout):
		p.cancel()
		<-p.done
	}
}

// startFailure returns the failure for an error of process.Start.
func startFailure(s *settings, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return failed("not_found", "%s or its interpreter is not there", value.Quote(s.command.Path))
	case errors.Is(err, fs.ErrPermission):
		return failed("denied", "%s cannot be run in %s: permission denied", value.Quote(s.command.Path), value.Quote(s.command.Dir))
	case errors.Is(err, syscall.E2BIG):
		return failed("too_large", "the arguments of %s are too long", s.name())
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.ENOMEM), errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return failed("busy", "the machine cannot start another program: %v", err)
	case errors.Is(err, syscall.ENOEXEC):
		return failed("invalid", "%s is not a program for this machine", value.Quote(s.command.Path))
	}
	return failed("failed", "%v", err)
}

// An input is the standard input of a program. Any goroutine may use it.
type input struct {
	pipe interface {
		io.StringWriter
		io.Closer
		SetWriteDeadline(time.Time) error
	}
	turn chan struct{} // has a value while a goroutine writes
}

// writeAll writes text and closes the pipe. Errors are ignored, because a program may choose not to
// read its input.
func (in *input) writeAll(text string) {
	in.pipe.WriteString(text)
	in.pipe.Close()
}

// write writes text, after the texts of earlier calls. It returns the error of ctx if ctx is done
// first; a part of the text may have been written then.
func (in *input) write(ctx context.Context, text string) error {
	select {
	case in.turn <- struct{}{}:
		defer func() { <-in.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	in.pipe.SetWriteDeadline(time.Time{})
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		in.pipe.SetWriteDeadline(time.Unix(1, 0))
	})
	_, err := in.pipe.WriteString(text)
	if !stop() {
		<-interrupted // otherwise it could interrupt the next write
	}
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
