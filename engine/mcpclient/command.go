package mcpclient

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"

	"moonlark/engine/process"
)

const (
	// endTimeout is how long a server has to end after its standard input was closed, and again after
	// SIGTERM. Then it is killed.
	endTimeout = 300 * time.Millisecond
	// settleTimeout is how long the rest of the output of a program that has exited is awaited.
	settleTimeout = 200 * time.Millisecond
)

// passedOn are the names of the environment variables that a server gets besides those that
// engine/process passes on. Most of them exist only on Windows.
var passedOn = []string{
	"PATH", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP",
	"APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES", "USERPROFILE", "HOMEDRIVE", "HOMEPATH",
}

// A program is a running server.
type program struct {
	process *process.Process
	pipe    *pipe
	stderr  *lineLog
	read    chan struct{} // closed when the standard error has been read
}

// startProgram starts the server of e.
func startProgram(e *Entry, stderr, noise *lineLog) (*program, error) {
	path := e.Path
	if path == "" {
		var err error
		if path, err = process.Find(e.Command); err != nil {
			return nil, err
		}
	}
	var env []string
	for _, name := range passedOn {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	// The process outlives every context: end ends it.
	p, err := process.Start(context.Background(), process.Command{
		Path: path, Args: append([]string{path}, e.Args...), Dir: e.Dir, Env: append(env, e.Env...),
		Stdin: true, Stdout: true, Stderr: process.PipeStderr,
	})
	if err != nil {
		return nil, err
	}
	started := &program{process: p, pipe: newPipe(p.Stdin, p.Stdout, noise.add), stderr: stderr, read: make(chan struct{})}
	go func() {
		defer close(started.read)
		process.ReadLines(p.Stderr, stderr.add)
	}()
	return started, nil
}

// end ends the server and all programs that it has started, and returns when they have ended: after
// at most a second.
func (p *program) end() {
	p.pipe.Close()
	p.process.Stdin.Close()
	timer := time.NewTimer(endTimeout)
	defer timer.Stop()
	select {
	case <-p.process.Exited():
	case <-timer.C:
	}
	p.process.StopWithin(endTimeout)
	p.process.Close() // closes the pipes, so that the goroutines that read end
	<-p.read
	<-p.pipe.ended
}

// why returns err, the reason why the server is lost, with the last line of its standard error. If the
// server has answered with an error, or has not answered in time, it returns err. Call it before end.
func (p *program) why(err error) error {
	var answer *jsonrpc.Error
	if errors.As(err, &answer) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return err
	}
	timer := time.NewTimer(settleTimeout)
	defer timer.Stop()
	select {
	case <-p.process.Exited():
		err = errors.New("the program has ended")
		select {
		case <-p.read:
		case <-timer.C:
		}
	case <-timer.C:
	}
	if line := p.stderr.lastLine(); line != "" {
		return fmt.Errorf("%w: %s", err, line)
	}
	return err
}
