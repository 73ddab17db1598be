package process

import (
	"bufio"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"moonlark/engine/safetext"
)

// maxLine is the maximum length of a line of output, in bytes. A longer line is split.
const maxLine = 1024

// A stderr reads the lines that a program writes to its standard error.
type stderr struct {
	pipe *os.File
	log  *slog.Logger  // gets each line; nil means that lines are not logged
	runs *Restarts     // says which lines are logged; nil means all
	done chan struct{} // closed when the method read has returned
	last string        // the last line that was not blank; valid after done is closed
}

func newStderr(pipe *os.File, log *slog.Logger, runs *Restarts) *stderr {
	if runs != nil {
		runs.begin()
	}
	return &stderr{pipe: pipe, log: log, runs: runs, done: make(chan struct{})}
}

// read logs each line until the pipe is closed.
func (s *stderr) read() {
	defer close(s.done)
	if s.runs != nil {
		defer s.runs.end()
	}
	ReadLines(s.pipe, func(line string) {
		s.last = strings.TrimSpace(line)
		text, shown := s.last, true
		if s.runs != nil {
			text, shown = s.runs.log(s.last)
		}
		if s.log != nil && shown {
			s.log.Info(text)
		}
	})
}

// finish waits until all lines have been read, but at most for timeout. Without the timeout it
// could wait for a program that has left the process group and still holds the pipe open.
func (s *stderr) finish(timeout time.Duration) {
	if !waitFor(s.done, timeout) {
		s.pipe.Close()
	}
	<-s.done
	s.pipe.Close()
}

// lastLine returns the last line that was not blank, or "". It must be called after finish.
func (s *stderr) lastLine() string { return s.last }

// ReadLines calls f with each line of in that is not blank, until in ends or a read fails. Lines
// are made safe for a terminal. A line of more than 1024 bytes is split into several lines.
func ReadLines(in io.Reader, f func(line string)) {
	lines := bufio.NewReaderSize(in, maxLine)
	for {
		b, _, err := lines.ReadLine()
		if line := safetext.Text(string(b)); strings.TrimSpace(line) != "" {
			f(line)
		}
		if err != nil {
			return
		}
	}
}
