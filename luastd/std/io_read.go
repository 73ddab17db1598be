package std

import (
	"bytes"
	"context"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/files"
)

// maxNumeral is the maximal length of a number that file:read("*n") reads.
const maxNumeral = 200

// read is the Lua function file:read. Its formats are the arguments from number first on.
func (f *ioFile) read(L *lua.LState, first int) int {
	last := L.GetTop()
	if last < first {
		last = first
		L.SetTop(first - 1)
		L.Push(lua.LString("*l"))
	}
	if !f.reads {
		return pushFileError(L, "", explainFile(errBadFile))
	}
	if f.f != nil {
		f.ended = f.ended && len(f.rest) > 0 // the file may have become longer since its end was seen
	}
	results := 0
	for n := first; n <= last; n++ {
		v, err := f.readFormat(L, n)
		if err != nil {
			return pushFileError(L, "", explainFile(err))
		}
		L.Push(v)
		if results++; v == lua.LNil {
			break
		}
	}
	return results
}

// readFormat reads what argument n asks for. It returns lua.LNil if that is not there.
func (f *ioFile) readFormat(L *lua.LState, n int) (lua.LValue, error) {
	if _, ok := L.Get(n).(lua.LNumber); ok {
		count := checkInt(L, n)
		if count < 0 {
			argError(L, n, "invalid format")
		}
		return f.readBytes(L, count)
	}
	format, ok := asString(L.Get(n))
	if !ok || !strings.HasPrefix(format, "*") {
		argError(L, n, "invalid option")
	}
	switch format = format[1:]; {
	case strings.HasPrefix(format, "l"):
		return f.readLine(L)
	case strings.HasPrefix(format, "a"):
		return f.readAll(L)
	case strings.HasPrefix(format, "n"):
		return f.readNumber(L)
	}
	argError(L, n, "invalid format")
	return nil, nil
}

// fill reads the next block of the file.
func (f *ioFile) fill(L *lua.LState) error {
	if f.ended {
		return nil
	}
	if err := f.passPending(L); err != nil {
		return err
	}
	position, o := f.position, f.f
	v, err := f.run(L, func(context.Context) (any, error) { return o.handle.ReadBlock(position, bufferSize) })
	if err != nil {
		return err
	}
	block := v.([]byte)
	f.position += int64(len(block))
	f.rest = append(f.rest, block...)
	f.ended = len(block) < bufferSize
	if len(f.rest) > files.MaxRead {
		return files.Fail("too_large", "there are more than %d bytes", files.MaxRead)
	}
	return nil
}

// take removes the first n bytes from the rest.
func (f *ioFile) take(n int) lua.LString {
	text := lua.LString(f.rest[:n])
	if f.rest = f.rest[n:]; len(f.rest) == 0 {
		f.rest = nil
	}
	return text
}

// readLine returns the next line without its line feed.
func (f *ioFile) readLine(L *lua.LState) (lua.LValue, error) {
	searched := 0
	for {
		if end := bytes.IndexByte(f.rest[searched:], '\n'); end >= 0 {
			line := f.take(searched + end + 1)
			return line[:len(line)-1], nil
		}
		if f.ended && len(f.rest) == 0 {
			return lua.LNil, nil
		}
		if f.ended {
			return f.take(len(f.rest)), nil
		}
		searched = len(f.rest)
		if err := f.fill(L); err != nil {
			return nil, err
		}
	}
}

// readBytes returns the next n bytes, or fewer at the end of the file.
func (f *ioFile) readBytes(L *lua.LState, n int) (lua.LValue, error) {
	if n > bufferSize && n > len(f.rest) && !f.ended {
		return f.readMany(L, n)
	}
	for len(f.rest) < max(n, 1) && !f.ended {
		if err := f.fill(L); err != nil {
			return nil, err
		}
	}
	if len(f.rest) == 0 {
		return lua.LNil, nil
	}
	return f.take(min(n, len(f.rest))), nil
}

// readAll returns the rest of the file.
func (f *ioFile) readAll(L *lua.LState) (lua.LValue, error) {
	if f.ended {
		return f.take(len(f.rest)), nil
	}
	v, err := f.readMany(L, files.MaxRead+1)
	if v == lua.LNil {
		v = lua.LString("")
	}
	return v, err
}

// readMany returns the next n bytes, or fewer at the end of the file. It reads them in one go.
func (f *ioFile) readMany(L *lua.LState, n int) (lua.LValue, error) {
	if err := f.passPending(L); err != nil {
		return nil, err
	}
	position, had, o := f.position, len(f.rest), f.f
	more, err := f.run(L, func(ctx context.Context) (any, error) {
		text, err := o.handle.ReadUpTo(ctx, position, min(int64(n), files.MaxRead+1)-int64(had))
		if err == nil && int64(had+len(text)) > files.MaxRead {
			err = files.Fail("too_large", "there are more than %d bytes", files.MaxRead)
		}
		return text, err
	})
	if err != nil {
		return nil, err
	}
	text := string(f.rest) + more.(string)
	f.moveTo(position + int64(len(more.(string))))
	if text == "" {
		return lua.LNil, nil
	}
	return lua.LString(text), nil
}

// readNumber returns the next number. It skips white space before the number. If there is none, the
// characters that could begin a number are skipped, as in C.
func (f *ioFile) readNumber(L *lua.LState) (lua.LValue, error) {
	for {
		f.rest = bytes.TrimLeft(f.rest, " \t\n\v\f\r")
		if len(f.rest) >= maxNumeral || f.ended {
			break
		}
		if err := f.fill(L); err != nil {
			return nil, err
		}
	}
	end := numeralLength(f.rest[:min(len(f.rest), maxNumeral)])
	if n, ok := parseNumber(string(f.take(end))); ok {
		return lua.LNumber(n), nil
	}
	return lua.LNil, nil
}

// numeralLength returns the length of the number at the beginning of s, or of what could be the
// beginning of one.
func numeralLength(s []byte) int {
	i := 0
	accept := func(set string) bool {
		if i < len(s) && strings.IndexByte(set, s[i]) >= 0 {
			i++
			return true
		}
		return false
	}
	digits, exponent := "0123456789", "eE"
	accept("+-")
	if accept("0") && accept("xX") {
		digits, exponent = digits+"abcdefABCDEF", "pP"
	}
	for accept(digits) {
	}
	if accept(".") {
		for accept(digits) {
		}
	}
	if i > 0 && accept(exponent) {
		accept("+-")
		for accept("0123456789") {
		}
	}
	return i
}

// iterate pushes an iterator of the lines. If own is true, the iterator closes the file at its end.
func (f *ioFile) iterate(L *lua.LState, own bool) int {
	next := func(f *ioFile, L *lua.LState) int {
		if !f.reads {
			L.RaiseError("%s", explainFile(errBadFile).text)
		}
		line, err := f.readLine(L)
		if err != nil {
			L.RaiseError("%s", explainFile(err).text)
		}
		if line == lua.LNil && own {
			f.close(L)
		}
		L.Push(line)
		return 1
	}
	L.Push(L.NewFunction(func(L *lua.LState) int {
		if f.closed {
			L.RaiseError("file is already closed")
		}
		return f.use(L, next)
	}))
	return 1
}
