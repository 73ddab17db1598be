package fs

import (
	"context"
	"errors"
	"io/fs"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/files"
	"moonlark/luastd/value"
)

func (m *module) mkdir(L *lua.LState) int {
	path := files.CheckPath(L, 1)
	luastd.CheckLoaded(L, m.rt, "fs.mkdir")
	_, err := m.run(L, "mkdir", files.Timeout, func(context.Context) (any, error) {
		p, err := m.runner.Resolve(path, true)
		if err != nil {
			return nil, err
		}
		info, err := p.Root.Stat(p.Name)
		switch {
		case err == nil && info.IsDir():
			return nil, nil
		case err == nil:
			return nil, fs.ErrExist
		}
		if err := p.Reserve(-1, 0); err != nil {
			return nil, err
		}
		return nil, p.Explain(p.Root.MkdirAll(p.Name, 0o755))
	})
	return pushDone(L, path, err)
}

func (m *module) remove(L *lua.LState) int {
	path := files.CheckPath(L, 1)
	recursive := value.CheckOptions(L, 2, "recursive").Bool("recursive", false)
	luastd.CheckLoaded(L, m.rt, "fs.remove")
	v, err := m.run(L, "remove", files.LongTimeout, func(context.Context) (any, error) {
		p, err := m.runner.Resolve(path, true)
		if err != nil {
			return nil, err
		}
		info, err := p.Root.Lstat(p.Name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, nil
		case err != nil:
			return nil, p.Explain(err)
		}
		return p, files.Remove(p, info, recursive)
	})
	if err != nil {
		return files.PushFailure(L, path, err)
	}
	p, removed := v.(permit.Place)
	m.temps.Forget(p.Path)
	L.Push(lua.LBool(removed))
	return 1
}

func (m *module) rename(L *lua.LState) int {
	from, to := files.CheckPath(L, 1), files.CheckPath(L, 2)
	luastd.CheckLoaded(L, m.rt, "fs.rename")
	v, err := m.run(L, "rename", files.LongTimeout, func(ctx context.Context) (any, error) {
		source, target, err := m.resolveBoth(from, to, true)
		if err != nil {
			return nil, err
		}
		return source, files.Rename(ctx, source, target, from, to)
	})
	if err != nil {
		return files.PushFailure(L, from, err)
	}
	m.temps.Forget(v.(permit.Place).Path)
	L.Push(lua.LTrue)
	return 1
}

// resolveBoth returns the places for the paths from and to, which the script has passed. change
// says whether the file at from is changed too.
func (m *module) resolveBoth(from, to string, change bool) (source, target permit.Place, err error) {
	if source, err = m.runner.Resolve(from, change); err != nil {
		return source, target, err
	}
	target, err = m.runner.Resolve(to, true)
	return source, target, files.About(to, err)
}

func (m *module) copy(L *lua.LState) int {
	from, to := files.CheckPath(L, 1), files.CheckPath(L, 2)
	luastd.CheckLoaded(L, m.rt, "fs.copy")
	_, err := m.run(L, "copy", files.LongTimeout, func(ctx context.Context) (any, error) {
		source, target, err := m.resolveBoth(from, to, false)
		if err != nil {
			return nil, err
		}
		return nil, files.Copy(ctx, source, target, to)
	})
	return pushDone(L, from, err)
}
