package std

import (
	"context"
	"strings"
	"syscall"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/files"
)

// A fileLib has what the libraries io and os have in common. It belongs to the executor's
// goroutine.
type fileLib struct {
	rt     luastd.Runtime
	runner *files.Runner
	temps  *files.Temps
}

func newFileLib(L *lua.LState, rt luastd.Runtime) fileLib {
	return fileLib{rt: rt, runner: files.NewRunner(rt), temps: files.TempsOf(L, rt)}
}

// An outcome is what the work of run has returned.
type outcome struct {
	value any
	err   error
}

// Close closes the value if the task that waited for it has been killed.
func (o outcome) Close() error {
	if c, ok := o.value.(interface{ Close() error }); ok && o.err == nil {
		return c.Close()
	}
	return nil
}

// run calls work on another goroutine while the task waits: see files.Runner.Run. Unlike Run, it
// also returns the errors that are mistakes in the script, because a script for Lua 5.1 expects
// that.
func (lib fileLib) run(L *lua.LState, timeout time.Duration, work func(ctx context.Context) (any, error)) (any, error) {
	v, err := lib.runner.Run(L, "io", timeout, func(ctx context.Context) (any, error) {
		v, err := work(ctx)
		return outcome{v, err}, nil
	})
	if err != nil {
		return nil, err
	}
	o := v.(outcome)
	return o.value, o.err
}

// maxPath is the maximal length of a path in bytes.
const maxPath = 4096

// resolve returns the place for a path that the script has passed: see files.Runner.Resolve.
func (lib fileLib) resolve(path string, write bool) (permit.Place, error) {
	switch {
	case path == "":
		return permit.Place{}, syscall.ENOENT
	case len(path) > maxPath:
		return permit.Place{}, syscall.ENAMETOOLONG
	case strings.ContainsRune(path, 0):
		return permit.Place{}, syscall.EINVAL
	}
	return lib.runner.Resolve(path, write)
}
