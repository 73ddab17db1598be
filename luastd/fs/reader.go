package fs

import (
	"bytes"
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/files"
	"moonlark/luastd/value"
)

// maxLine is the maximal length of a line, in bytes.
const maxLine = 1 << 20

// A reader reads lines and bytes of a file that is read in blocks. It belongs to the executor's
// goroutine. begin must be called before its methods, because they wait for the blocks, and other
// tasks run meanwhile.
type reader struct {
	name string // name of the Lua function, for errors
	path string // of the file, as the script has passed it
	// more returns the next block of the file, which is shorter than blockSize at the end of the
	// file.
	more func(L *lua.LState) ([]byte, error)

	rest  []byte // what has been read from the file and not returned
	ended bool   // rest has the end of the file
	busy  bool   // a task uses the reader, or its file
}

// begin records that the running task uses the reader, until it calls end. It returns a Failure if
// another task uses it.
func (r *reader) begin() error {
	if r.busy {
		return files.Fail("busy", "another task uses %s now", r.path)
	}
	r.busy = true
	return nil
}

func (r *reader) end() { r.busy = false }

// fill adds the next block to the rest.
func (r *reader) fill(L *lua.LState) error {
	if r.ended {
		return nil
	}
	block, err := r.more(L)
	if err != nil {
		return err
	}
	if len(r.rest) == 0 {
		r.rest = block
	} else {
		r.rest = append(r.rest, block...)
	}
	r.ended = len(block) < blockSize
	return nil
}

// line returns the next line without its end, which is LF or CR LF. ok is false at the end of the
// file.
func (r *reader) line(L *lua.LState) (line lua.LString, ok bool, err error) {
	searched := 0
	for {
		end := bytes.IndexByte(r.rest[searched:], '\n')
		if end >= 0 {
			end += searched
			line := bytes.TrimSuffix(r.rest[:end], []byte("\r"))
			r.rest = r.rest[end+1:]
			return lua.LString(line), true, checkLine(len(line))
		}
		if err := checkLine(len(r.rest)); err != nil {
			return "", false, err
		}
		if r.ended {
			line, r.rest = lua.LString(r.rest), nil
			return line, len(line) > 0, nil
		}
		searched = len(r.rest)
		if err := r.fill(L); err != nil {
			return "", false, err
		}
	}
}

func checkLine(length int) error {
	if length > maxLine {
		return files.Fail("too_large", "a line has more than %d bytes", maxLine)
	}
	return nil
}

// bytes returns the next n bytes, or fewer before the end of the file. n is at most blockSize. ok
// is false at the end of the file.
func (r *reader) bytes(L *lua.LState, n int) (text lua.LString, ok bool, err error) {
	for len(r.rest) < n && !r.ended {
		if err := r.fill(L); err != nil {
			return "", false, err
		}
	}
	if n == 0 && len(r.rest) == 0 && !r.ended {
		err = r.fill(L)
	}
	if len(r.rest) == 0 {
		return "", false, err
	}
	n = min(n, len(r.rest))
	text, r.rest = lua.LString(r.rest[:n]), r.rest[n:]
	return text, true, err
}

// next is an iterator of the lines. It raises an error when it fails.
func (r *reader) next(L *lua.LState) int {
	if err := r.begin(); err != nil {
		r.raise(L, err)
	}
	defer r.end()
	line, ok, err := r.line(L)
	switch {
	case err != nil:
		r.raise(L, err)
	case ok:
		L.Push(line)
	default:
		L.Push(lua.LNil)
	}
	return 1
}

func (r *reader) raise(L *lua.LState, err error) {
	value.Raise(L, fmt.Errorf("%s: %w", r.name, files.Explain(r.path, err)))
}
