package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Start runs a command. If ctx is done, the process is closed as by [Process.Close]. The caller
// must call Close or Finish in any case. The error says why the shell or the program could not be
// started.
func Start(ctx context.Context, c Command) (*Process, error) {
	p := &Process{
		ctx:     ctx,
		name:    c.name(),
		exited:  make(chan struct{}),
		stopped: make(chan struct{}),
		closed:  make(chan struct{}),
	}
	if err := p.start(c); err != nil {
		p.closePipes()
		return nil, fmt.Errorf("%s: %w", p.name, err)
	}
	go func() {
		select {
		case <-ctx.Done():
			p.Close()
		case <-p.closed:
		}
	}()
	return p, nil
}

// start creates the pipes and starts the shell or the program. It also starts a goroutine that waits for
// its end, and with LogStderr one that reads its standard error. If start returns an error, the caller
// must call closePipes.
func (p *Process) start(c Command) error {
	p.cmd = c.build()
	var theirs pipeEnds
	defer theirs.close()
	var errs [3]error
	if c.Stdin {
		errs[0] = theirs.input(p)
		if c.StdinSize > 0 && errs[0] == nil {
			setPipeSize(p.Stdin, c.StdinSize)
		}
	}
	if c.Stdout {
		errs[1] = theirs.output(&p.Stdout, &p.cmd.Stdout)
	}
	switch c.Stderr {
	case LogStderr, PipeStderr:
		errs[2] = theirs.output(&p.Stderr, &p.cmd.Stderr)
	case MergeStderr:
		p.cmd.Stderr = p.cmd.Stdout
	}
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	p.started = time.Now()
	if err := p.cmd.Start(); err != nil {
		return err
	}
	p.group = newGroup(p.cmd)
	if c.Stderr == LogStderr {
		p.stderr, p.Stderr = newStderr(p.Stderr, c.Log, c.Restarts), nil
		go p.stderr.read()
	}
	go p.watch()
	return nil
}

// pipeEnds are the ends of the pipes that the program uses. This process closes them when the
// program has started.
type pipeEnds []*os.File

// input makes the pipe from which the program of p reads its standard input.
func (e *pipeEnds) input(p *Process) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	*e, p.Stdin, p.cmd.Stdin = append(*e, r), w, r
	return nil
}

// output makes a pipe to which the program writes. It stores the end of this process in ours, and
// the other end in theirs.
func (e *pipeEnds) output(ours **os.File, theirs *io.Writer) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	*e, *ours, *theirs = append(*e, w), r, w
	return nil
}

func (e *pipeEnds) close() {
	for _, f := range *e {
		f.Close()
	}
}

// watch waits until the shell or the program has exited, and closes p.exited.
func (p *Process) watch() {
	if !awaitExit(p.cmd.Process) {
		p.status = p.cmd.Wait()
	}
	p.ended = time.Now()
	close(p.exited)
}
