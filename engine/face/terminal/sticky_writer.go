package terminal

import (
	"io"
	"sync"
)

// A stickyWriter writes to w until a Write returns an error. Later calls of Write return the same
// error and write nothing. Any goroutine may call its methods. Writes of several goroutines are not
// mixed.
type stickyWriter struct {
	w io.Writer // where the bytes are written; never changes

	mu  sync.Mutex // guards err; held during each write
	err error
}

func (s *stickyWriter) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.w.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	s.err = err
	return n, err
}

// firstError returns the first error of a Write, or nil if there was none.
func (s *stickyWriter) firstError() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
