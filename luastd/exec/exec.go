// Package exec is the Lua module "exec". It runs other programs, without a shell.
//
//	exec.run(argv [, options])    -> result; or nil, reason, code [, the result at the timeout]
//	    argv                         a list: the program and its arguments, strings or numbers;
//	                                 it may also have the options as fields
//	    cwd                          the folder of the program; default: the data folder
//	    env = {}                     environment variables
//	    stdin = ""                   what the program reads from its standard input
//	    timeout = 30                 seconds after which the program is killed, at most 3600
//	    max_output = 1 MiB           bytes that are kept of each output, at most 64 MiB
//	    stderr = "capture"           "capture", "stdout" (both outputs together) or "discard"
//	    result                       { code, signal, ok, stdout, stderr, truncated, elapsed }
//	exec.start(argv [, options])  -> process; or nil, reason, code; the options without timeout, and
//	    stdin                        a text, or "pipe" for process:write
//	    on_line = fn(line, "stdout" or "stderr")  is called with each line
//	    on_exit = fn(result)         is called after the end of the program
//	exec.which(name)              -> the path of the program; or nil, reason, code
//	exec.line(argv)               -> the words as one line for people to read
//
//	process:write(s)              -> true; or nil, reason, code
//	process:close_stdin()         -> true
//	process:read_line([timeout])  -> the next line of stdout; or nil, reason, code
//	process:lines()               -> an iterator of the lines of stdout
//	process:wait([timeout])       -> result; or nil, reason, "timeout"
//	process:kill([signal])        -> true; or nil, reason, "closed"
//	process:running()             -> true until the program has exited
//	process.pid                   the process id
//
// Codes: not_found, denied, invalid, too_large, busy, timeout, closed, io, failed. Program,
// variables and folder are checked by the Broker of the script: what the script may not use raises
// an error. run and start also raise an error while the script loads.
//
// Bounds: 8 programs of a script run at the same time, and 64 in all. The programs of a script
// together have a max_output of 64 MiB. Arguments and variables together have at most 128 KiB, and
// a line has at most 64 KiB: longer ones are split. A text for stdin has at most 64 MiB. A program
// that has ended leaves nothing running: what it has started is killed, at the latest two seconds
// after its end.
//
// When max_output bytes of the stdout of a process have not been read, the program has to wait
// until the script reads them. But if the script has not read a line within ten seconds, or calls
// process:wait, what exceeds max_output is dropped.
package exec

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "exec".
var Module = luastd.Module{Name: "exec", Open: open, Doc: doc, Manual: manual, Needs: []permit.Kind{permit.Run}, Need: need}

// need returns the error of a call of function with a list whose first word is name, if b lacks the
// permission to run the program.
func need(b *permit.Broker, function, name string, known bool) error {
	switch {
	case function == "line":
		return nil
	case !known:
		return b.CheckAnyProgram()
	}
	_, err := b.Program(name)
	return err
}

type module struct {
	rt      luastd.Runtime
	limits  *limits
	process *lua.LTable // the metatable of processes
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{rt: rt, limits: &limits{}}
	m.process = m.processMetatable(L)
	t := L.CreateTable(0, 4)
	value.SetFunctions(L, t, map[string]lua.LGFunction{"run": m.run, "start": m.start, "which": m.which, "line": line})
	return t
}

// A failure is the reason why a function returns nil, with its code.
type failure struct{ code, reason string }

func failed(code, format string, args ...any) *failure {
	return &failure{code, fmt.Sprintf(format, args...)}
}

func (f *failure) Error() string { return f.code + ": " + f.reason }

// pushError pushes the results of a Lua function that has failed with err, if err is a *failure. It
// raises any other error, with the name of the function.
func pushError(L *lua.LState, function string, err error) int {
	var f *failure
	if !errors.As(err, &f) {
		value.Raise(L, fmt.Errorf("%s: %w", function, err))
	}
	return value.PushFailure(L, f.code, "%s", f.reason)
}

// which is the Lua function exec.which.
func (m *module) which(L *lua.LState) int {
	name := L.CheckString(1)
	switch v := m.rt.Await(L, func(done func(any)) func() {
		go func() {
			if path, err := m.findProgram(name); err != nil {
				done(err)
			} else {
				done(path)
			}
		}()
		return nil
	}).(type) {
	case string:
		L.Push(lua.LString(v))
	case error:
		return pushError(L, "exec.which", v)
	}
	return 1
}

// findProgram returns the path of the program name. The error is a *failure, or a *permit.Denied if
// the script may not run the program. findProgram reads folders, which can block, so call it on a
// goroutine of its own.
func (m *module) findProgram(name string) (string, error) {
	path, err := m.rt.Permit().Program(name)
	var denied *permit.Denied
	switch {
	case err == nil, errors.As(err, &denied):
		return path, err
	case errors.Is(err, fs.ErrNotExist):
		return "", failed("not_found", "%s", notFound(name))
	case errors.Is(err, fs.ErrPermission):
		return "", failed("denied", "%s is not executable", value.Quote(name))
	}
	return "", failed("invalid", "%s is not a program: %v", value.Quote(name), err)
}
