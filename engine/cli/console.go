package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"moonlark/engine/fleet/center"
)

// exitTimeout is how long a command may take to end after a signal. Then the process ends, whatever
// blocks the command: 2 s after the signal at the latest.
const exitTimeout = 1800 * time.Millisecond

// A console has the outputs of the process. It also ends the process when a command cannot end,
// for example because nobody reads what the command writes. Any goroutine may use a console.
type console struct {
	stdout, stderr *output

	// dialHub connects with the hub of a fleet. The caller must call close. It never changes.
	dialHub func(ctx context.Context, a hubAddress, log *slog.Logger) (hub center.Hub, close func(), err error)

	mu      sync.Mutex    // guards the fields below
	code    int           // exit code with which exit ends the process, unless output is lost
	restore func()        // restores the mode of the terminal; nil if no command changes the mode
	timeout time.Duration // how long the command may take to end after a signal
}

func newConsole() *console {
	return &console{stdout: newOutput(os.Stdout), stderr: newOutput(os.Stderr), dialHub: dialHub, code: exitFailed, timeout: exitTimeout}
}

// allowToEnd sets how long the command may take to end after a signal, in place of exitTimeout.
func (c *console) allowToEnd(timeout time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timeout = timeout
}

// timeToEnd returns how long the command may take to end after a signal.
func (c *console) timeToEnd() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.timeout
}

// onExit sets what exit does before it ends the process: exit calls restore. It also sets the exit
// code of exit.
func (c *console) onExit(code int, restore func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.code, c.restore = code, restore
}

// exit ends the process without waiting for anything. The exit code is exitFailed if a write to
// stdout or stderr is blocked, because the text is lost then.
func (c *console) exit() {
	c.mu.Lock() // stays locked until the process has ended
	if c.restore != nil {
		c.restore()
	}
	switch {
	case c.stderr.isBlocked():
		os.Exit(exitFailed)
	case c.stdout.isBlocked():
		told := make(chan struct{})
		go func() { // on a goroutine, because stderr may be the same pipe or terminal as stdout
			defer close(told)
			fmt.Fprintln(c.stderr, "moonlark: stdout: nobody reads it: the rest of the output is lost")
		}()
		select {
		case <-told:
		case <-time.After(50 * time.Millisecond):
		}
		os.Exit(exitFailed)
	}
	os.Exit(c.code)
}

// finish returns the exit code of the process. code is the exit code that the command returned. If
// stdout could not be written, finish prints the reason on stderr, and returns exitFailed for exitOK.
func (c *console) finish(code int) int {
	err := c.stdout.firstError()
	if err == nil {
		return code
	}
	fmt.Fprintf(c.stderr, "moonlark: stdout: %v\n", err)
	if code == exitOK {
		return exitFailed
	}
	return code
}

// An output is stdout or stderr of the process. After the first error of a write it writes nothing
// more. Any goroutine may use an output.
type output struct {
	file    *os.File      // fixed
	failed  chan struct{} // closed at the first error of a write
	writing atomic.Int32  // writes in progress

	mu  sync.Mutex // guards err
	err error
}

func newOutput(file *os.File) *output { return &output{file: file, failed: make(chan struct{})} }

// Fd returns the file descriptor, by which package terminal recognises a terminal.
func (o *output) Fd() uintptr { return o.file.Fd() }

func (o *output) Write(p []byte) (int, error) {
	if err := o.firstError(); err != nil {
		return 0, err
	}
	o.writing.Add(1)
	n, err := o.file.Write(p)
	// another program, with which this one shares the terminal or pipe, may have made it non-blocking
	for errors.Is(err, syscall.EAGAIN) {
		time.Sleep(5 * time.Millisecond)
		var more int
		more, err = o.file.Write(p[n:])
		n += more
	}
	o.writing.Add(-1)
	if err != nil {
		o.fail(err)
	}
	return n, err
}

// fail keeps the first error of a write, in words for the user.
func (o *output) fail(err error) {
	var path *os.PathError
	switch {
	case errors.Is(err, syscall.EPIPE):
		err = errors.New("its reader has left (broken pipe)")
	case errors.As(err, &path):
		err = path.Err // without the name, /dev/stdout
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.err = err
		close(o.failed)
	}
}

// firstError returns the first error of a write, or nil.
func (o *output) firstError() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// isBlocked reports whether a write is in progress.
func (o *output) isBlocked() bool { return o.writing.Load() > 0 }

// untilFailed returns a context that is done when ctx is, or when a write has failed. Call cancel
// when the context is not needed any more.
func (o *output) untilFailed(ctx context.Context) (until context.Context, cancel context.CancelFunc) {
	ctx, cancel = context.WithCancel(ctx)
	go func() {
		select {
		case <-o.failed:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}
