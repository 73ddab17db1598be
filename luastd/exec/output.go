package exec

import (
	"bytes"
	"io"
	"sync"
	"time"
)

const (
	maxLine  = 64 << 10 // maximal length of a line, in bytes
	readSize = 32 << 10 // how many bytes are read from a pipe at once

	// readerTimeout is how long a program whose output is full waits for a script that has not read
	// any of it. After that, output is dropped.
	readerTimeout = 10 * time.Second

	// exitRoom is how many bytes a stream keeps in addition when the program has exited, so that
	// the rest of the output is read from the pipe at once. A pipe has 64 KiB.
	exitRoom = 64<<10 + readSize
)

// An output is what a program has written to its standard output and standard error. Any goroutine
// may use it.
type output struct {
	exited <-chan struct{} // closed when the program has exited

	mu             sync.Mutex // guards the fields below, and the streams
	changed        chan struct{}
	stdout, stderr stream
}

// A stream is the part of one output that the script has not read yet.
type stream struct {
	name     string
	max      int // maximal length of data, in bytes
	data     bytes.Buffer
	searched int  // there is no end of a line in the first bytes of data
	hold     bool // when data is full, the program has to wait
	wasRead  bool // the script has read a line, or tried to
	cut      bool // output was dropped because data was full; all later output is dropped too
	ended    bool // there is no more output
}

// newOutput returns the output of a program that has been started with s. exited is closed when the
// program has exited.
func newOutput(s *settings, exited <-chan struct{}) *output {
	return &output{
		exited: exited, changed: make(chan struct{}),
		stdout: stream{name: "stdout", max: s.maxOutput, hold: s.background, wasRead: s.onLine != nil},
		stderr: stream{name: "stderr", max: s.maxOutput, hold: s.onLine != nil, wasRead: s.onLine != nil},
	}
}

// read reads the stream s from pipe until its end. A nil pipe is at its end.
func (o *output) read(s *stream, pipe io.Reader) {
	buf := make([]byte, readSize)
	for pipe != nil {
		n, err := pipe.Read(buf)
		o.add(s, buf[:n])
		if err != nil {
			break
		}
	}
	o.change(func() { s.ended = true })
}

// add adds b to s. If s is full, add waits for room if s.hold is set, and drops the rest of b
// otherwise. If nothing has been read within readerTimeout, add sets s.hold to false.
func (o *output) add(s *stream, b []byte) {
	noReader := time.NewTimer(readerTimeout)
	defer noReader.Stop()
	for len(b) > 0 {
		changed := o.change(func() {
			room := s.max
			if s.hold && closed(o.exited) {
				room += exitRoom
			}
			if !s.cut {
				n := max(0, min(room-s.data.Len(), len(b)))
				s.data.Write(b[:n])
				b = b[n:]
			}
			if len(b) > 0 && (s.cut || !s.hold || closed(o.exited)) {
				s.cut, b = true, nil
			}
		})
		if len(b) > 0 {
			select {
			case <-changed:
			case <-o.exited:
			case <-noReader.C:
				o.change(func() { s.hold = s.wasRead })
			}
		}
	}
}

// change calls f, which changes a stream, and wakes all that wait for a change. It returns a
// channel that is closed at the next change.
func (o *output) change(f func()) (next <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f()
	close(o.changed)
	o.changed = make(chan struct{})
	return o.changed
}

// next returns a channel that is closed at the next change.
func (o *output) next() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.changed
}

// A lineState says what output.line has found.
type lineState int

const (
	lineFound   lineState = iota
	linePending           // there is no complete line yet
	lineCut               // the rest of the output was dropped
	lineEnded             // there is no more output
)

// line removes and returns the next line of s, without its end. A line that is longer than maxLine,
// or than the stream may be, is returned in parts.
func (o *output) line(s *stream) (line string, state lineState) {
	state = linePending
	o.mu.Lock()
	data := s.data.Bytes()
	longest := min(maxLine, s.max)
	end := bytes.IndexByte(data[s.searched:], '\n')
	switch {
	case end >= 0 && s.searched+end <= longest:
		line, state = string(bytes.TrimSuffix(data[:s.searched+end], []byte("\r"))), lineFound
		s.data.Next(s.searched + end + 1)
	case len(data) > maxLine || len(data) >= s.max:
		line, state = string(data[:longest]), lineFound
		s.data.Next(longest)
	case (s.ended || s.cut) && len(data) > 0:
		line, state = string(data), lineFound
		s.data.Reset()
	case s.cut:
		state = lineCut
	case s.ended:
		state = lineEnded
	}
	s.searched = 0
	if state == linePending {
		s.searched = len(data)
	}
	o.mu.Unlock()
	if state == lineFound {
		o.change(func() {}) // there is room for more
	}
	return line, state
}

// rest returns what has not been read of both streams, and whether output was dropped.
func (o *output) rest() (stdout, stderr string, truncated bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.stdout.data.String(), o.stderr.data.String(), o.stdout.cut || o.stderr.cut
}

// closed reports whether the channel c is closed.
func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
