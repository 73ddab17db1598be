package terminal

import (
	"io"
	"sync"
)

// An output writes until the first error and keeps it. It may be written to
// from any goroutine; one Write stays in one piece.
type output struct {
	w io.Writer // fixed

	mu  sync.Mutex // guards what follows, and writing to w
	err error
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	o.err = err
	return n, err
}

func (o *output) failed() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}
