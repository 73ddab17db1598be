package script

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"moonlark/engine/script/vm"
)

// FuzzLoad checks that loading any file ends, and that no Go panic escapes. An error must be a
// *LoadError. If the file cannot be compiled, the error must name the file and the line.
func FuzzLoad(f *testing.F) {
	for _, source := range []string{
		"", "\xEF\xBB\xBFreturn", "#!/usr/bin/env moonlark\nx = 1", "x = = 1", "return 1,", "local t = {1, 2; a = 3, [4] = 5} return #t",
		"for i = 1, 3 do for k, v in pairs{i} do print(k, v) end end", "for w in (\"a b\"):gmatch('%a') do end", "a, b = b, a",
		"local f = 1 local f = function() return f end f()", "goto done do local x end ::done::", "repeat local x = 1 until x", "while true do end",
		"local s = 'x' while true do s = s .. s end", "local function f() return f() end f()", "local function f() f() end f()", "return ('x'):rep(1e10)",
		"--[==[ long ]] ]==] return [[\nlong]]", "return 'a\\065\\n\\\"', 0x1p4, 1e400, .5, 3.", "x = function(...) local a, b = ... return select('#', ...) end x(1, nil)",
		"t = setmetatable({}, {__index = function(t, k) return k end, __call = print, __lt = 1}) t(t.x) return t < t", "error{message = 'x'}", "error()", "error('x', 0)",
		"co = coroutine.wrap(function() coroutine.yield(pcall(coroutine.yield, 1)) end) co() co() co()",
		"local a a = coroutine.create(function() return coroutine.resume(a) end) print(coroutine.resume(a))",
		"register_tool('x', function(a) return a end) on('ping', print) every(1, print) after(1, print) spawn(print, 1) on_start(print) on_unload(print)",
		"register_tool{name = 'x', parameters = {a = {type = 'string', enum = {'b'}}}, phrases = {'say {a}'}, handler = print}",
		"require 'a'", "require 'fuzz'", "sleep(0)", "state.x = {1, {2}} state[1] = print", "json.decode('[1,null]')", "json.encode{json.array{}, json.null}",
		"load('return 1')() loadstring('x =')", "string.format('%5.1f %q %s', 1, 'x', {})", "getfenv().x = 1 setfenv(1, {})", "unpack({}, 1, 1e7)",
		"table.sort({3, 1, 2}, function() return true end)", "xpcall(error, debug.traceback) pcall(pcall, error)", "local x <const> = 1", "x = 1 // 2", "x:y", "x.y.z()", "x()",
		"return " + strings.Repeat("(", 300), "return " + strings.Repeat("-", 300) + "1", "x = " + strings.Repeat("{", 250) + strings.Repeat("}", 250), "return 1" + strings.Repeat(" .. 1", 300),
		"local a" + strings.Repeat(", a", 250), "f(" + strings.Repeat("1,", 300) + "1)", "return function() " + strings.Repeat("do ", 100) + strings.Repeat("end ", 100) + "end",
	} {
		f.Add([]byte(source))
	}
	examples, _ := filepath.Glob("../../scripts/*.lua")
	for _, path := range examples {
		source, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(source)
	}
	path := filepath.Join(f.TempDir(), "fuzz.lua")
	at := regexp.MustCompile(`^` + regexp.QuoteMeta(path) + `:\d+: `)
	heap := vm.NewHeap(1 << 30)
	f.Cleanup(heap.Close)
	f.Fuzz(func(t *testing.T, source []byte) {
		if err := os.WriteFile(path, source, 0o600); err != nil {
			t.Fatal(err)
		}
		s := New(Options{
			Heap: heap, LoadTimeout: 100 * time.Millisecond, Limits: Limits{Burst: 50 * time.Millisecond, BurstWarning: 20 * time.Millisecond},
			Log: func(_ string, _ slog.Level, text string) {
				if strings.HasPrefix(text, "panic: ") {
					t.Errorf("a Go panic came out of Lua: %s\n%q", text, source)
				}
			},
		})
		ended := make(chan error, 1)
		go func() {
			_, err := s.Check(path)
			s.Close()
			ended <- err
		}()
		var err error
		select {
		case err = <-ended:
		case <-time.After(time.Minute):
			// A panic prints the stacks of all goroutines, unlike f.Fatal.
			panic("the load hangs: " + string(source))
		}
		_, _, wrong := compile(path, source)
		var load *LoadError
		switch {
		case err == nil && wrong != nil, err != nil && (!errors.As(err, &load) || load.Text == ""), wrong != nil && err.Error() != wrong.Error():
			t.Fatalf("the compiler returned %v and the load returned %v: %q", wrong, err, source)
		case wrong != nil && !at.MatchString(wrong.Error()):
			t.Fatalf("the error %v names no line of the file: %q", wrong, source)
		}
	})
}
