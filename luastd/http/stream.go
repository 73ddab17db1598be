package http

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// A stream is the body of an answer that the script reads itself. Only the executor's goroutine
// uses its fields, except where they say otherwise.
type stream struct {
	c       *call       // its context ends the stream
	body    *bodyReader // for the goroutine that reads
	done    func()      // releases the connection; any goroutine may call it
	buf     []byte      // bytes that have been received and not been read
	scanned int         // how many bytes at the beginning of buf are known to have no line end
	skipLF  bool        // the last line has ended with CR, so LF at the beginning of buf belongs to its end
	err     error       // why no more bytes come: io.EOF or a failure; nil before
	reading bool        // a task waits for bytes

	once sync.Once
}

var errClosed = &failure{code: "closed", text: "the stream is closed"}

// close ends the stream. Any goroutine may call it, more than once.
func (s *stream) close() {
	s.once.Do(func() {
		s.c.cancel(errClosed)
		s.done()
	})
}

// checkStream returns the stream of the response in argument 1, and the userdata that keeps it
// open. It raises an error if there is none.
func checkStream(L *lua.LState) (*stream, *lua.LUserData) {
	_, ud, r := checkResponse(L)
	if r.stream == nil {
		L.RaiseError("response: it is not a stream: use the option stream = true")
	}
	return r.stream, ud
}

// closeStream is the Lua function response:close.
func closeStream(L *lua.LState) int {
	s, _ := checkStream(L)
	s.close()
	s.buf, s.err = nil, errClosed
	return 0
}

// wait runs read on a goroutine of its own and waits for its result. It cancels the stream if the
// task is killed. It raises an error if another task waits for the stream.
func (s *stream) wait(L *lua.LState, read func() any) any {
	if s.reading {
		L.RaiseError("response: another task is reading from the stream")
	}
	s.reading = true
	defer func() { s.reading = false }()
	return s.c.m.rt.Await(L, func(done func(any)) func() {
		go func() { done(read()) }()
		return func() {
			s.close()
			s.err = errClosed
		}
	})
}

// cancelAfter cancels the stream after the time left, unless the returned timer is stopped before.
// timeout is the whole time that the read had, for the error.
func (s *stream) cancelAfter(left, timeout time.Duration) *time.Timer {
	return time.AfterFunc(max(left, 0), func() { s.c.cancel(timeoutError(timeout)) })
}

// A deadline is the time until which a read may wait.
type deadline struct {
	time    time.Time
	timeout time.Duration // from the beginning of the read to time
}

// newDeadline returns the deadline of a read that begins now.
func (s *stream) newDeadline() deadline {
	timeout := s.c.m.rt.WaitLimit(s.c.r.timeout)
	return deadline{time.Now().Add(timeout), timeout}
}

// fill waits for more bytes, at most until the deadline, and adds them to buf. It returns io.EOF at
// the end, or a failure.
func (s *stream) fill(L *lua.LState, end deadline) error {
	if s.err != nil {
		return s.err
	}
	type result struct {
		bytes []byte
		err   error
	}
	got := s.wait(L, func() any {
		defer s.cancelAfter(time.Until(end.time), end.timeout).Stop()
		chunk := make([]byte, 16<<10)
		n, err := s.body.Read(chunk)
		return result{chunk[:n], err}
	}).(result)
	if len(s.buf) == 0 {
		s.buf = got.bytes
	} else {
		s.buf = append(s.buf, got.bytes...)
	}
	if got.err == nil {
		return nil
	}
	s.close()
	if s.err == nil { // otherwise the script has closed the stream meanwhile
		s.err = got.err
	}
	if len(got.bytes) > 0 {
		return nil
	}
	return s.err
}

// take removes n bytes from buf and returns them.
func (s *stream) take(n int) string {
	taken := string(s.buf[:n])
	s.buf = s.buf[n:]
	s.scanned = 0
	return taken
}

// read is the Lua function response:read.
func (m *module) read(L *lua.LState) int {
	s, _ := checkStream(L)
	n := int64(64 << 10)
	if !value.IsNone(L.Get(2)) {
		n = value.CheckWhole(L, 2, 1, maxLine)
	}
	for len(s.buf) == 0 {
		if err := s.fill(L, s.newDeadline()); err == io.EOF {
			L.Push(lua.LNil)
			return 1
		} else if err != nil {
			return pushFailure(L, "response:read", err)
		}
	}
	L.Push(lua.LString(s.take(int(min(n, int64(len(s.buf)))))))
	return 1
}

// line returns the next line without its end, which is LF, CR LF, or one of the bytes in ends. At
// the end of the stream, it returns the rest of the bytes, and io.EOF if there are none.
func (s *stream) line(L *lua.LState, ends string) (string, error) {
	for end := s.newDeadline(); ; {
		if s.skipLF && len(s.buf) > 0 {
			s.skipLF = false
			if s.buf[0] == '\n' {
				s.take(1)
			}
		}
		if i := bytes.IndexAny(s.buf[s.scanned:], ends); i >= 0 {
			i += s.scanned
			s.skipLF = s.buf[i] == '\r'
			line := s.take(i)
			s.take(1)
			if !s.skipLF && len(line) > 0 && line[len(line)-1] == '\r' {
				line = line[:len(line)-1]
			}
			return line, nil
		}
		if s.scanned = len(s.buf); s.scanned > maxLine {
			s.close()
			s.buf, s.scanned = nil, 0
			s.err = &failure{code: "too_large", text: fmt.Sprintf("a line from %s has more than %d bytes", s.body.host, maxLine)}
		}
		err := s.fill(L, end)
		if err == io.EOF && len(s.buf) > 0 {
			return s.take(len(s.buf)), nil
		}
		if err != nil {
			return "", err
		}
	}
}

// lines is the Lua function response:lines.
func (m *module) lines(L *lua.LState) int {
	s, ud := checkStream(L)
	L.Push(L.NewFunction(func(L *lua.LState) int {
		defer runtime.KeepAlive(ud) // the stream is open as long as the iterator is in use
		line, err := s.line(L, "\n")
		if err != nil {
			return endIterator(L, "lines", err)
		}
		m.rt.Checkpoint(L)
		L.Push(lua.LString(line))
		return 1
	}))
	return 1
}

// endIterator pushes nil at the end of a stream, and raises an error for a failure.
func endIterator(L *lua.LState, name string, err error) int {
	if err != io.EOF {
		f := explain(err, "the server")
		L.RaiseError("response:%s: %s", name, f.Error())
	}
	L.Push(lua.LNil)
	return 1
}
