package terminal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
)

// ErrInterrupted is what ReadLine returns when Ctrl-C ended the input.
var ErrInterrupted = errors.New("interrupted")

const (
	// MaxLine is the longest line read from a pipe, in bytes. A line typed at
	// the prompt ends at 4096 characters.
	MaxLine = 1 << 20

	maxLines = 64 // read and not yet taken
)

// An input passes lines from the goroutine that reads them to the one that
// calls ReadLine.
type input struct {
	lines       chan string
	interrupted chan struct{} // closed by Ctrl-C
	closed      chan struct{} // closed by close
	err         error         // why lines was closed; written before it is

	closing sync.Once
}

func newInput() *input {
	return &input{
		lines:       make(chan string, maxLines),
		interrupted: make(chan struct{}),
		closed:      make(chan struct{}),
	}
}

// next waits for a line. Being interrupted or closed goes before lines that
// wait.
func (in *input) next(ctx context.Context) (string, error) {
	select {
	case <-in.closed:
		return "", os.ErrClosed
	case <-in.interrupted:
		return "", ErrInterrupted
	default:
	}
	select {
	case <-in.closed:
		return "", os.ErrClosed
	case <-in.interrupted:
		return "", ErrInterrupted
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case line, ok := <-in.lines:
		if !ok {
			return "", in.err
		}
		return line, nil
	}
}

func (in *input) close() { in.closing.Do(func() { close(in.closed) }) }

func (in *input) isClosed() bool {
	select {
	case <-in.closed:
		return true
	default:
		return false
	}
}

// end says that no more lines come, and why. Only the reading goroutine calls
// it, and full and put.
func (in *input) end(err error) {
	in.err = err
	if err == ErrInterrupted {
		close(in.interrupted)
	}
	close(in.lines)
}

func (in *input) full() bool { return len(in.lines) == cap(in.lines) }

// put waits until there is room and says whether line was taken.
func (in *input) put(line string) bool {
	select {
	case in.lines <- line:
		return true
	case <-in.closed:
		return false
	}
}

// scan reads lines from r until it ends or the input is closed, waiting while
// many are not taken. It tells echo of each before it can be taken.
func (in *input) scan(r io.Reader, echo func(string)) {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 4096), MaxLine+len("\r\n"))
	n := 0
	for s.Scan() {
		n++
		line := s.Text()
		if len(line) > MaxLine {
			in.end(tooLong(n))
			return
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		echo(line)
		if !in.put(line) {
			return
		}
	}
	switch err := s.Err(); {
	case err == nil:
		in.end(io.EOF)
	case errors.Is(err, bufio.ErrTooLong):
		in.end(tooLong(n + 1))
	default:
		in.end(fmt.Errorf("stdin: %w", err))
	}
}

func tooLong(n int) error {
	return fmt.Errorf("stdin: line %d is longer than %d bytes", n, MaxLine)
}
