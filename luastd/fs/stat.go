package fs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/files"
)

// statPath returns the description of the file at path, for the Lua function fs.name.
func (m *module) statPath(L *lua.LState, name, path string) (fs.FileInfo, error) {
	info, err := m.run(L, name, files.Timeout, func(context.Context) (any, error) {
		p, err := m.runner.Resolve(path, false)
		if err != nil {
			return nil, err
		}
		info, err := p.Root.Stat(p.Name)
		return info, p.Explain(err)
	})
	if err != nil {
		return nil, err
	}
	return info.(fs.FileInfo), nil
}

func (m *module) stat(L *lua.LState) int {
	path := files.CheckPath(L, 1)
	info, err := m.statPath(L, "stat", path)
	if err != nil {
		return files.PushFailure(L, path, err)
	}
	t := L.CreateTable(0, 4)
	describe(t, info)
	t.RawSetString("mode", lua.LString(fmt.Sprintf("%04o", info.Mode().Perm())))
	L.Push(t)
	return 1
}

func (m *module) exists(L *lua.LState) int {
	path := files.CheckPath(L, 1)
	_, err := m.statPath(L, "exists", path)
	if err != nil && files.Explain(path, err).Code != "not_found" {
		return files.PushFailure(L, path, err)
	}
	L.Push(lua.LBool(err == nil))
	return 1
}

func (m *module) free(L *lua.LState) int {
	path := files.CheckPath(L, 1)
	v, err := m.run(L, "free", files.Timeout, func(context.Context) (any, error) {
		p, err := m.runner.Resolve(path, false)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		return p.Free()
	})
	if err != nil {
		return files.PushFailure(L, path, err)
	}
	L.Push(lua.LNumber(v.(uint64)))
	return 1
}
