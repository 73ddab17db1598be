package std

import (
	"context"
	"io"

	lua "github.com/yuin/gopher-lua"
)

// write is the Lua function file:write. It writes the arguments from number first on. They are
// passed to the system when there are enough of them, by flush, seek, read and close, and when the
// script ends.
func (f *ioFile) write(L *lua.LState, first int) int {
	size := 0
	for n := first; n <= L.GetTop(); n++ {
		text := checkString(L, n)
		if f.lines != nil {
			f.lines.write(text)
			continue
		}
		if f.f == nil || !f.f.writes {
			return pushFileError(L, "", explainFile(errBadFile))
		}
		f.moveTo(f.next())
		size = f.f.addPending(f.position, text)
		f.position += int64(len(text))
	}
	if size > bufferSize || size > 0 && f.unbuffered {
		return f.flush(L)
	}
	L.Push(lua.LTrue)
	return 1
}

// next returns the position in the file of the byte that the script reads or writes next.
func (f *ioFile) next() int64 { return f.position - int64(len(f.rest)) }

// moveTo sets the position of the byte that the script reads or writes next.
func (f *ioFile) moveTo(position int64) { f.position, f.rest, f.ended = position, nil, false }

// flush is the Lua function file:flush.
func (f *ioFile) flush(L *lua.LState) int {
	if f.lines != nil {
		f.lines.flush()
	}
	if f.f == nil {
		L.Push(lua.LTrue)
		return 1
	}
	return pushDone(L, "", f.passPending(L))
}

// seek is the Lua function file:seek.
func (f *ioFile) seek(L *lua.LState) int {
	name, offset := "cur", int64(0)
	if L.Get(2) != lua.LNil {
		name = checkString(L, 2)
	}
	if L.Get(3) != lua.LNil {
		offset = truncate(checkNumber(L, 3))
	}
	whence, ok := map[string]int{"set": io.SeekStart, "cur": io.SeekCurrent, "end": io.SeekEnd}[name]
	if !ok {
		argError(L, 2, "invalid option '"+name+"'")
	}
	if f.f == nil {
		return pushFileError(L, "", fileError{"Illegal seek", 29})
	}
	if err := f.passPending(L); err != nil {
		return pushFileError(L, "", explainFile(err))
	}
	position, o := f.next(), f.f
	v, err := f.run(L, func(context.Context) (any, error) { return o.handle.SeekFrom(position, offset, whence) })
	if err != nil {
		return pushFileError(L, "", explainFile(err))
	}
	f.moveTo(v.(int64))
	L.Push(lua.LNumber(v.(int64)))
	return 1
}

// setBuffer is the Lua function file:setvbuf. With "no" and "line", each write is passed to the
// system at once.
func (f *ioFile) setBuffer(L *lua.LState) int {
	mode := checkString(L, 2)
	switch mode {
	case "no", "line", "full":
		f.unbuffered = mode != "full"
	default:
		argError(L, 2, "invalid option '"+mode+"'")
	}
	if f.unbuffered {
		return f.flush(L)
	}
	L.Push(lua.LTrue)
	return 1
}
