package exec

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/engine/process"
	"moonlark/luastd"
	"moonlark/luastd/value"
)

const (
	defaultTimeout = 30 * time.Second
	maxTimeout     = time.Hour

	defaultOutput = 1 << 20  // default of max_output
	maxOutput     = 64 << 20 // maximum of max_output
	maxArguments  = 128 << 10
)

// settings are the arguments of exec.run or exec.start.
type settings struct {
	function   string          // "exec.run" or "exec.start"
	background bool            // the function is exec.start
	command    process.Command // without the path and the folder, which locate sets
	cwd        string          // the option cwd; "" if it is not set
	stdin      string          // a text for the standard input
	pipe       bool            // the script writes to the standard input
	timeout    time.Duration
	maxOutput  int

	onLine, onExit *lua.LFunction // nil if they are not set
}

// The options that exec.run and exec.start share.
var commonOptions = []string{"cwd", "env", "stdin", "max_output", "stderr"}

// checkSettings returns the arguments of the running Lua function exec.NAME, whose options are
// commonOptions and those in more. It raises an error if they are wrong. The error that it returns
// is a *failure.
func (m *module) checkSettings(L *lua.LState, name string, more ...string) (*settings, error) {
	s := &settings{function: "exec." + name, background: name == "start"}
	luastd.CheckLoaded(L, m.rt, s.function)
	s.command.Args = checkWords(L, s.function, 1)
	o := checkOptions(L, append(slices.Clone(commonOptions), more...))
	s.stdin = o.String("stdin", "")
	if s.pipe = s.background && s.stdin == "pipe"; s.pipe {
		s.stdin = ""
	}
	s.command.Stdin = s.pipe || s.stdin != ""
	s.command.Stdout = true
	s.maxOutput = o.Int("max_output", defaultOutput, 1, maxOutput)
	s.command.Stderr = map[string]process.Stderr{
		"capture": process.PipeStderr, "stdout": process.MergeStderr, "discard": process.DropStderr,
	}[o.Choice("stderr", "capture", "stdout", "discard")]
	s.timeout = o.Timeout("timeout", defaultTimeout, maxTimeout)
	s.onLine, s.onExit = functionOption(o, "on_line"), functionOption(o, "on_exit")
	if o.Get("cwd") != lua.LNil {
		if s.cwd = o.String("cwd", ""); s.cwd == "" {
			o.RaiseString("cwd", "the path of a folder")
		}
	}
	m.checkVariables(L, s, o)
	return s, s.checkSizes()
}

// locate finds the program and the folder in which it runs. The error is a *failure, or a
// *permit.Denied if the script may not use one of them. locate reads folders, which can block, so
// call it on a goroutine of its own.
func (m *module) locate(s *settings) (err error) {
	if s.command.Path, err = m.findProgram(s.command.Args[0]); err == nil {
		s.command.Dir, err = m.findFolder(s.cwd)
	}
	return err
}

// checkWords returns the list of words that is argument n. The list may have fields besides.
func checkWords(L *lua.LState, function string, n int) []string {
	if L.Get(n).Type() == lua.LTString {
		L.RaiseError(`%s: a list of words is wanted, not a line for a shell: {"ls", "-l"}`, function)
	}
	list := L.CheckTable(n)
	count := 0
	list.ForEach(func(key, _ lua.LValue) {
		if key.Type() == lua.LTNumber {
			count++
		}
	})
	if count == 0 {
		L.ArgError(n, "the list of words is empty")
	}
	words := make([]string, count)
	for i := range words {
		switch v := list.RawGetInt(i + 1).(type) {
		case lua.LString:
			words[i] = string(v)
		case lua.LNumber:
			words[i] = v.String()
		default:
			L.ArgError(n, fmt.Sprintf("word %d must be a string or a number, not %s", i+1, value.TypeName(v)))
		}
		if strings.ContainsRune(words[i], 0) || i == 0 && words[i] == "" {
			L.ArgError(n, fmt.Sprintf("word %d is empty or has a zero byte", i+1))
		}
	}
	return words
}

// checkOptions returns the options: argument 2, or the fields of argument 1 besides the words.
func checkOptions(L *lua.LState, known []string) value.Options {
	list := L.CheckTable(1)
	fields := L.CreateTable(0, len(known))
	list.ForEach(func(key, v lua.LValue) {
		if key.Type() != lua.LTNumber {
			fields.RawSet(key, v)
		}
	})
	if L.Get(2) == lua.LNil {
		L.Replace(1, fields)
		return value.CheckOptions(L, 1, known...)
	}
	if key, _ := fields.Next(lua.LNil); key != lua.LNil {
		L.ArgError(1, "the option "+value.Quote(key.String())+" belongs into argument 2, beside the other options")
	}
	return value.CheckOptions(L, 2, known...)
}

// functionOption returns the value of an option that must be a function, or nil if it is not set.
func functionOption(o value.Options, name string) *lua.LFunction {
	v := o.Get(name)
	fn, ok := v.(*lua.LFunction)
	if !ok && v != lua.LNil {
		o.Raise(name, "a function", v)
	}
	return fn
}

// checkVariables sets the environment variables of the program.
func (m *module) checkVariables(L *lua.LState, s *settings, o value.Options) {
	if len(permit.ProgramFolders) > 0 {
		s.command.Env = []string{"PATH=" + strings.Join(permit.ProgramFolders, ":")}
	}
	v := o.Get("env")
	if v == lua.LNil {
		return
	}
	variables, ok := v.(*lua.LTable)
	if !ok {
		o.Raise("env", "a table of variables", v)
	}
	variables.ForEach(func(key, v lua.LValue) {
		name, ok := key.(lua.LString)
		if !ok {
			o.Raise("env", "a table with the names of variables as keys", v)
		}
		if value.IsNull(v) {
			return
		}
		if t := v.Type(); t != lua.LTString && t != lua.LTNumber || strings.ContainsRune(v.String(), 0) {
			o.Raise("env["+value.Quote(string(name))+"]", "a string without a zero byte, or a number", v)
		}
		if err := m.rt.Permit().CheckProgramVariable(string(name)); err != nil {
			value.Raise(L, fmt.Errorf("%s: %w", s.function, err))
		}
		s.command.Env = append(s.command.Env, string(name)+"="+v.String())
	})
}

// findFolder returns the path of the folder that the option cwd names, or of the default if cwd is
// "". The errors are those of locate.
func (m *module) findFolder(cwd string) (string, error) {
	if cwd == "" {
		path, err := m.rt.Permit().WorkingFolder()
		if err != nil {
			err = failed("io", "%v", err)
		}
		return path, err
	}
	place, err := m.rt.Permit().Resolve(cwd, false)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", failed("not_found", "there is no folder %s", value.Quote(cwd))
	case err != nil:
		return "", err
	}
	info, err := place.Root.Stat(place.Name)
	var denied *permit.Denied
	switch {
	case errors.As(place.Explain(err), &denied):
		return "", failed("denied", "%s", denied.Short())
	case errors.Is(err, fs.ErrNotExist):
		return "", failed("not_found", "there is no folder %s", value.Quote(cwd))
	case err != nil:
		return "", failed("io", "%v", err)
	case !info.IsDir():
		return "", failed("invalid", "%s is not a folder", value.Quote(cwd))
	}
	return place.Path, nil
}

// checkSizes returns a failure if the words, the variables or the text for stdin are too long.
func (s *settings) checkSizes() error {
	size := 0
	for _, word := range append(slices.Clone(s.command.Args), s.command.Env...) {
		size += len(word) + 1
	}
	switch {
	case size > maxArguments:
		return failed("too_large", "the arguments and variables of %s have %d bytes; the maximum is %d", s.name(), size, maxArguments)
	case len(s.stdin) > value.MaxText:
		return failed("too_large", "the text for stdin has %d bytes; the maximum is %d", len(s.stdin), value.MaxText)
	}
	return nil
}

// name returns the name of the program for messages.
func (s *settings) name() string { return value.Quote(s.command.Args[0]) }

// notFound says that there is no program with this name. Some systems have no ProgramFolders.
func notFound(name string) string {
	text := "there is no program " + value.Quote(name)
	if strings.ContainsAny(name, `/\`) {
		return text
	}
	if len(permit.ProgramFolders) > 0 {
		text += " in " + strings.Join(permit.ProgramFolders, ", ")
	}
	return text + ": its full path is needed"
}
