package fs

import (
	"errors"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/files"
)

func (m *module) temp(L *lua.LState) int {
	suffix := L.OptString(1, "")
	if !files.IsSuffix(suffix) {
		L.ArgError(1, "the suffix must be the end of a file name, such as .wav")
	}
	luastd.CheckLoaded(L, m.rt, "fs.temp")
	p, err := m.temps.Create(L, "fs.temp", suffix)
	switch {
	case errors.Is(err, files.ErrManyTemps):
		L.RaiseError("fs.temp: %s", err)
	case err != nil:
		return files.PushFailure(L, "the temporary file", err)
	}
	L.Push(lua.LString(p.Path))
	return 1
}
