package std

import (
	"context"
	"errors"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/files"
)

// osFiles returns the functions of the os library that use files. They are as in Lua 5.1: a failure
// is nil, the reason and a number. Paths, and what may be changed, are as in the module fs.
//
//	os.remove(path)      -> true; path may be an empty folder
//	os.rename(from, to)  -> true
//	os.tmpname()         -> the path of a new empty file, which is removed with the script
func osFiles(L *lua.LState, rt luastd.Runtime) map[string]lua.LGFunction {
	lib := newFileLib(L, rt)
	return map[string]lua.LGFunction{"remove": lib.remove, "rename": lib.rename, "tmpname": lib.tmpname}
}

func (lib fileLib) remove(L *lua.LState) int {
	path := checkString(L, 1)
	luastd.CheckLoaded(L, lib.rt, "os.remove")
	v, err := lib.run(L, files.Timeout, func(context.Context) (any, error) {
		p, err := lib.resolve(path, true)
		if err != nil {
			return "", err
		}
		info, err := p.Root.Lstat(p.Name)
		if err != nil {
			return "", p.Explain(err)
		}
		return p.Path, files.Remove(p, info, false)
	})
	if err == nil {
		lib.temps.Forget(v.(string))
	}
	return pushDone(L, path, err)
}

func (lib fileLib) rename(L *lua.LState) int {
	from, to := checkString(L, 1), checkString(L, 2)
	luastd.CheckLoaded(L, lib.rt, "os.rename")
	v, err := lib.run(L, files.LongTimeout, func(ctx context.Context) (any, error) {
		source, err := lib.resolve(from, true)
		if err != nil {
			return "", err
		}
		target, err := lib.resolve(to, true)
		if err != nil {
			return "", err
		}
		return source.Path, files.Rename(ctx, source, target, from, to)
	})
	if err == nil {
		lib.temps.Forget(v.(string))
	}
	return pushDone(L, from, err)
}

// tmpname is the Lua function os.tmpname. It raises an error if it fails, as in Lua 5.1.
func (lib fileLib) tmpname(L *lua.LState) int {
	luastd.CheckLoaded(L, lib.rt, "os.tmpname")
	p, err := lib.temps.Create(L, "os.tmpname", "")
	switch {
	case errors.Is(err, files.ErrManyTemps):
		L.RaiseError("os.tmpname: %s", err)
	case err != nil:
		L.RaiseError("unable to generate a unique filename: %s", explainFile(err).text)
	}
	L.Push(lua.LString(p.Path))
	return 1
}

// needIO returns the error of a call of a function of the io library for the file path, if b lacks
// a permission for it: see luastd.Module.Need. The mode of io.open is not known, so it counts as
// reading.
func needIO(b *permit.Broker, function, path string, known bool) error {
	if !known {
		return nil // most are files in the data folder, which need no permission
	}
	return b.CheckFile(path, function == "output")
}

// needOS is the same for the functions of the os library: os.getenv for an environment variable,
// and os.remove and os.rename for a file.
func needOS(b *permit.Broker, function, argument string, known bool) error {
	switch {
	case !known:
		return nil
	case function == "getenv":
		return b.CheckVariable(argument)
	}
	return b.CheckFile(argument, true)
}

// needTarget is the same for the second argument of os.rename.
func needTarget(b *permit.Broker, path string, known bool) error {
	if !known {
		return nil
	}
	return b.CheckFile(path, true)
}
