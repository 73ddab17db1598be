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

	"moonlark/engine/safetext"
)

// ErrInterrupted means that the user has pressed Ctrl-C in an empty line at the prompt. ReadLine
// returns it.
var ErrInterrupted = errors.New("interrupted")

const (
	// MaxLine is the maximum size of a line from a pipe, in bytes. A line that is typed at the
	// prompt has at most maxTyped characters.
	MaxLine = 1 << 20

	// maxQueuedLines is the maximum number of lines that were read before ReadLine was called for
	// them.
	maxQueuedLines = 64
)

// A lineQueue passes lines from the goroutine that reads them to the goroutine that calls ReadLine.
// Only the goroutine that reads may call end, isFull, put and readFrom.
type lineQueue struct {
	lines       chan string
	interrupted chan struct{} // closed when the user has pressed Ctrl-C
	closed      chan struct{} // closed by the method close
	err         error         // why no more lines come; set before the channel lines is closed

	closeOnce sync.Once
}

func newLineQueue() *lineQueue {
	return &lineQueue{
		lines:       make(chan string, maxQueuedLines),
		interrupted: make(chan struct{}),
		closed:      make(chan struct{}),
	}
}

// next waits for a line and returns it. It returns an error without waiting if the queue is closed
// or the user has pressed Ctrl-C, even if there are more lines. It returns the cause of ctx when
// ctx ends.
func (q *lineQueue) next(ctx context.Context) (string, error) {
	select {
	case <-q.closed:
		return "", os.ErrClosed
	case <-q.interrupted:
		return "", ErrInterrupted
	default:
	}
	select {
	case <-q.closed:
		return "", os.ErrClosed
	case <-q.interrupted:
		return "", ErrInterrupted
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case line, ok := <-q.lines:
		if !ok {
			return "", q.err
		}
		return line, nil
	}
}

func (q *lineQueue) close() { q.closeOnce.Do(func() { close(q.closed) }) }

func (q *lineQueue) isClosed() bool {
	select {
	case <-q.closed:
		return true
	default:
		return false
	}
}

// end says that no more lines will come. err says why: io.EOF means that the input has ended.
func (q *lineQueue) end(err error) {
	q.err = err
	if err == ErrInterrupted {
		close(q.interrupted)
	}
	close(q.lines)
}

func (q *lineQueue) isFull() bool { return len(q.lines) == cap(q.lines) }

// put adds a line. If the queue is full, put waits until a line was removed. It returns false if
// the queue is closed.
func (q *lineQueue) put(line string) bool {
	select {
	case q.lines <- line:
		return true
	case <-q.closed:
		return false
	}
}

// readFrom reads lines from r and adds them to the queue, except blank lines. It returns when r has
// ended or the queue is closed. It calls echoed with each line before adding the line.
func (q *lineQueue) readFrom(r io.Reader, echoed func(line string)) {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 4096), MaxLine+len("\xEF\xBB\xBF\r\n"))
	n := 0
	for s.Scan() {
		n++
		line := s.Text()
		if n == 1 {
			first, err := safetext.UTF8(s.Bytes())
			if err != nil {
				q.end(fmt.Errorf("stdin: %w", err))
				return
			}
			line = string(first)
		}
		if len(line) > MaxLine {
			q.end(tooLong(n))
			return
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		echoed(line)
		if !q.put(line) {
			return
		}
	}
	switch err := s.Err(); {
	case err == nil:
		q.end(io.EOF)
	case errors.Is(err, bufio.ErrTooLong):
		q.end(tooLong(n + 1))
	default:
		q.end(fmt.Errorf("stdin: %w", err))
	}
}

func tooLong(n int) error {
	return fmt.Errorf("stdin: line %d is longer than %d bytes", n, MaxLine)
}
