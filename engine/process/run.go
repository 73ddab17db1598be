package process

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

// drainTimeout is how long Run waits for more output after the shell has exited, if another program
// still holds the output pipe open. The time starts again with each read.
const drainTimeout = time.Second

// Run runs a command that ends by itself. It writes input to the command's standard input. While
// the command runs, it calls read, on the caller's goroutine, with the command's standard output.
// Run returns when the command and all programs that it has started have ended. It overwrites
// c.Stdin and c.Stdout.
//
// If ctx is done, Run stops the command and returns the cause of ctx. If read returns an error, Run
// stops the command and returns this error. Otherwise it returns nil, or an error that says how the
// command failed.
func Run(ctx context.Context, c Command, input []byte, read func(stdout io.Reader) error) error {
	c.Stdin, c.Stdout = true, true
	p, err := Start(ctx, c)
	if err != nil {
		return err
	}
	var helpers sync.WaitGroup
	defer helpers.Wait()
	defer p.Close() // closes the pipes, so that the goroutines below return
	helpers.Go(func() {
		// errors are ignored, because a program may choose not to read its input
		p.Stdin.Write(input)
		p.Stdin.Close()
	})
	out := &output{p: p}
	helpers.Go(func() {
		<-p.exited
		// this also ends a Read that is waiting
		p.Stdout.SetReadDeadline(time.Now().Add(drainTimeout))
	})
	err = read(out)
	switch {
	case ctx.Err() != nil:
		p.Stop()
		return context.Cause(ctx)
	case err != nil:
		return err
	}
	return p.Wait()
}

// output reads the standard output of a program. Read returns io.EOF at the end of the output, and
// also if the shell has exited and no more output has arrived for drainTimeout.
type output struct{ p *Process }

func (o *output) Read(b []byte) (int, error) {
	select {
	case <-o.p.exited:
		o.p.Stdout.SetReadDeadline(time.Now().Add(drainTimeout))
	default:
	}
	n, err := o.p.Stdout.Read(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = io.EOF
	}
	return n, err
}
