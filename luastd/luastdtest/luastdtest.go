// Package luastdtest runs tests of the modules of luastd. It loads a script that can use the
// modules, and runs Lua code in the script:
//
//	s := luastdtest.Open(t, luastdtest.Options{}, json.Module)
//	if got := s.Run(`return json.encode({1, 2})`); got != "[1,2]" {
//		t.Error(got)
//	}
package luastdtest

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/clock"
	"moonlark/engine/mcpclient"
	"moonlark/engine/permit"
	"moonlark/engine/pins"
	"moonlark/engine/screen"
	"moonlark/engine/script"
	"moonlark/engine/tool"
	"moonlark/luastd"
)

// Options are the settings of a test script. All fields may be empty.
type Options struct {
	// Source is the Lua code of the script. It runs when the script loads.
	Source string
	// Conversation is the conversation with the agent. If it is nil, there is no agent.
	Conversation luastd.Conversation
	// Sounds are the speaker and the microphone. If it is nil, there is no sound.
	Sounds luastd.Sounds
	// Permissions are what the script may reach. If Permissions.Data is "", a temporary folder
	// takes its place.
	Permissions permit.Settings
	// Pins is a simulated GPIO chip. If it is nil, the script uses the chips of the machine.
	Pins pins.Board
	// Screen is what the pages of a kiosk show. If it is nil, there are no pages.
	Screen *screen.Screen
	// Fleet is what the module fleet uses. If it is nil, the program belongs to no fleet.
	Fleet luastd.Fleet
	// Clock is the clock of timers, waits and timeouts. If it is nil, that is the clock of the machine.
	Clock clock.Clock
	// Fakes take the place of what is outside of the process. If it is nil, nothing is faked.
	Fakes luastd.Fakes
	// MCPServers are the MCP servers of other people. If it is nil, there are none.
	MCPServers *mcpclient.Servers
	// Approvals are the questions whether tools of such servers may be called. If it is nil, nobody
	// answers.
	Approvals *script.Approvals
	// Now returns the time of day that the script sees. If it is nil, that is time.Now.
	Now func() time.Time
}

// A Script is a script that has been loaded. It is closed when the test ends.
type Script struct {
	Scripts *script.Scripts
	Folder  string // the folder of the script file
	// DataFolder is the path of the script's data folder, which the first write creates.
	DataFolder string

	t      testing.TB
	mu     sync.Mutex // guards the fields below
	output []string
	result string
}

// Open loads a script that can use the modules of luastd and the given modules. It fails the test
// if the script cannot be loaded.
func Open(t testing.TB, opts Options, modules ...luastd.Module) *Script {
	t.Helper()
	s, err := TryOpen(t, opts, modules...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TryOpen is like Open, but it returns an error if the script cannot be loaded.
func TryOpen(t testing.TB, opts Options, modules ...luastd.Module) (*Script, error) {
	t.Helper()
	s := &Script{t: t, Folder: t.TempDir()}
	if opts.Permissions.Data == "" {
		opts.Permissions.Data = t.TempDir()
	}
	s.DataFolder = opts.Permissions.DataFolder(filepath.Join(s.Folder, "test.lua"))
	s.Scripts = script.New(script.Options{
		Modules:      append([]luastd.Module{s.module()}, modules...),
		Conversation: opts.Conversation,
		Sounds:       opts.Sounds,
		Permissions:  opts.Permissions,
		Pins:         opts.Pins,
		Screen:       opts.Screen,
		Fleet:        opts.Fleet,
		Clock:        opts.Clock,
		Fakes:        opts.Fakes,
		MCPServers:   opts.MCPServers,
		Approvals:    opts.Approvals,
		Now:          opts.Now,
		Print:        func(_, text string) { s.write(text) },
		Log:          func(_ string, level slog.Level, text string) { s.write(level.String() + ": " + text) },
		Limits:       script.Limits{Burst: time.Minute}, // long, because the machine may be busy
		LoadTimeout:  time.Minute,
	})
	t.Cleanup(s.Scripts.Close)
	path := filepath.Join(s.Folder, "test.lua")
	if err := os.WriteFile(path, []byte(prelude+opts.Source), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := s.Scripts.Load(path)
	return s, err
}

// prelude is the beginning of each script. It is one line, so that it does not change the numbers
// of the lines after the first one.
const prelude = `register_tool("luastdtest_run", function(args) ` +
	`luastdtest_result(pcall(assert(loadstring(args.source, "=a.lua")))) end) `

// module returns a module with a Lua function that passes the results of Run to s.
func (s *Script) module() luastd.Module {
	return luastd.Module{
		Name:    "luastdtest",
		Globals: []string{"luastdtest_result"},
		Open: func(L *lua.LState, rt luastd.Runtime) lua.LValue {
			t := L.CreateTable(0, 1)
			t.RawSetString("luastdtest_result", L.NewFunction(func(L *lua.LState) int {
				result := show(L, rt, 2) // argument 1 is the first result of pcall
				s.mu.Lock()
				defer s.mu.Unlock()
				s.result = result
				return 0
			}))
			return t
		},
	}
}

// show returns the arguments of the running function, from argument number first on. They are
// converted with tostring and joined with ", ".
func show(L *lua.LState, rt luastd.Runtime, first int) string {
	var words []string
	for n := first; n <= L.GetTop(); n++ {
		results, err := rt.Try([]lua.LValue{L.GetGlobal("tostring"), L.Get(n)})
		if err != nil {
			words = append(words, err.Error())
			continue
		}
		words = append(words, results[0].String())
	}
	return strings.Join(words, ", ")
}

// Run runs the Lua code source as a task of the script. It returns the results of the code,
// converted with tostring and joined with ", ". If the code raises an error, Run returns the error.
// Error messages call the code a.lua. Global variables that the code sets can be used in the next
// Run.
func (s *Script) Run(source string) string {
	s.t.Helper()
	return s.RunWithin(0, source)
}

// RunWithin is like Run, but the code runs in a tool call with this timeout. If timeout is 0, the
// call has the timeout of a tool that sets none.
func (s *Script) RunWithin(timeout time.Duration, source string) string {
	s.t.Helper()
	args, err := json.Marshal(map[string]string{"source": source})
	if err != nil {
		s.t.Fatal(err)
	}
	done := make(chan tool.Result, 1)
	s.Scripts.Call(&script.Call{
		Name:    "luastdtest_run",
		Args:    args,
		Timeout: timeout,
		Reply:   func(_ *script.Call, r tool.Result) { done <- r },
	})
	select {
	case r := <-done:
		if r.IsError {
			return r.Text
		}
	case <-time.After(time.Minute):
		s.t.Fatal("no result within a minute")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.result
}

func (s *Script) write(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.output = append(s.output, line)
}

// Output returns the lines that the script has printed and logged since it was loaded.
func (s *Script) Output() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.output...)
}
