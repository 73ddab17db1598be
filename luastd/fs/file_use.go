package fs

import (
	"context"
	"errors"
	"io"
	"strings"
	"syscall"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/files"
	"moonlark/luastd/value"
)

// nextBlock returns the next block of the file for f.reader.
func (f *file) nextBlock(L *lua.LState) ([]byte, error) {
	position := f.position
	v, err := f.run(L, "read", func(context.Context) (any, error) { return f.handle.ReadBlock(position, blockSize) })
	if err != nil {
		return nil, err
	}
	block := v.([]byte)
	f.position += int64(len(block))
	return block, nil
}

func (m *module) fileRead(L *lua.LState) int {
	f := checkFile(L, "read")
	f.checkMode(L, "read", "r", "r+")
	if err := f.reader.begin(); err != nil {
		return files.PushFailure(L, f.path, err)
	}
	defer f.reader.end()
	f.reader.ended = false // the file may have become longer since its end was seen
	var text lua.LString
	ok, err := true, error(nil)
	switch what := L.Get(2).(type) {
	case lua.LNumber:
		text, ok, err = f.readBytes(L, int(value.CheckWhole(L, 2, 0, files.MaxRead)))
	default:
		if what == lua.LNil {
			what = lua.LString("*l")
		}
		switch strings.TrimPrefix(what.String(), "*") {
		case "l":
			text, ok, err = f.reader.line(L)
		case "a":
			text, err = f.readRest(L)
		default:
			L.ArgError(2, `"*l", "*a" or a number of bytes expected`)
		}
	}
	switch {
	case err != nil:
		return files.PushFailure(L, f.path, err)
	case !ok:
		L.Push(lua.LNil)
	default:
		L.Push(text)
	}
	return 1
}

func (f *file) readBytes(L *lua.LState, n int) (text lua.LString, ok bool, err error) {
	if n <= blockSize {
		return f.reader.bytes(L, n)
	}
	position, missing := f.position, int64(n-len(f.reader.rest))
	rest, err := f.run(L, "read", func(ctx context.Context) (any, error) {
		return f.handle.ReadUpTo(ctx, position, missing)
	})
	if err != nil {
		return "", false, err
	}
	text = f.takeWith(rest.(string))
	return text, len(text) > 0, nil
}

func (f *file) readRest(L *lua.LState) (lua.LString, error) {
	position := f.position
	rest, err := f.run(L, "read", func(ctx context.Context) (any, error) {
		return f.handle.ReadAll(ctx, position, files.MaxRead)
	})
	if err != nil {
		return "", err
	}
	return f.takeWith(rest.(string)), nil
}

// takeWith returns the rest of the reader and text, which follows it in the file.
func (f *file) takeWith(text string) lua.LString {
	text, position := string(f.reader.rest)+text, f.position+int64(len(text))
	f.moveTo(position)
	return lua.LString(text)
}

func (m *module) fileLines(L *lua.LState) int {
	f := checkFile(L, "lines")
	f.checkMode(L, "lines", "r", "r+")
	L.Push(L.NewFunction(func(L *lua.LState) int {
		if f.closed {
			L.RaiseError("file:lines: %s is closed", f.path)
		}
		return f.reader.next(L)
	}))
	return 1
}

func (m *module) fileWrite(L *lua.LState) int {
	f, data := checkFile(L, "write"), checkData(L, 2)
	f.checkMode(L, "write", "w", "a", "r+")
	if err := f.reader.begin(); err != nil {
		return files.PushFailure(L, f.path, err)
	}
	defer f.reader.end()
	position := f.next()
	end, err := f.run(L, "write", func(ctx context.Context) (any, error) {
		if len(data) > maxWrite {
			return nil, tooLong(data)
		}
		return f.handle.Write(ctx, position, data)
	})
	if end, ok := end.(int64); ok { // also after an error, when a part has been written
		f.moveTo(end)
	}
	return pushDone(L, f.path, err)
}

var whences = map[string]int{"set": io.SeekStart, "cur": io.SeekCurrent, "end": io.SeekEnd}

func (m *module) fileSeek(L *lua.LState) int {
	f := checkFile(L, "seek")
	whence, offset := "cur", int64(0)
	if L.Get(2) != lua.LNil {
		whence = value.CheckChoice(L, 2, "set", "cur", "end")
	}
	if L.Get(3) != lua.LNil {
		offset = value.CheckInteger(L, 3)
	}
	if err := f.reader.begin(); err != nil {
		return files.PushFailure(L, f.path, err)
	}
	defer f.reader.end()
	position := f.next()
	v, err := f.run(L, "seek", func(context.Context) (any, error) { return f.handle.SeekFrom(position, offset, whences[whence]) })
	if err != nil {
		if errors.Is(err, syscall.EINVAL) {
			L.RaiseError("file:seek: the position would be before the beginning of %s", f.path)
		}
		return files.PushFailure(L, f.path, err)
	}
	f.moveTo(v.(int64))
	L.Push(lua.LNumber(v.(int64)))
	return 1
}
