package std_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/engine/testkit"
	"moonlark/luastd"
	"moonlark/luastd/files"
	"moonlark/luastd/luastdtest"
	"moonlark/luastd/std"
)

const fileExamples = "testdata/files/*.lua"

func TestFileExamples(t *testing.T) {
	luastdtest.ExamplesInUse(t, fileExamples, luastdtest.Options{})
}

func TestFileExamplesAgreeWithLua51(t *testing.T) { luastdtest.ExamplesAgreeWithLua51(t, fileExamples) }

// wantResult runs Lua code and compares its result.
func wantResult(t *testing.T, s *luastdtest.Script, source, result string) {
	t.Helper()
	if got := s.Run(source); got != result {
		t.Errorf("%s: got %s, want %s", source, got, result)
	}
}

func TestAFileNeedsAPermission(t *testing.T) {
	folder, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "a.txt")
	if err := os.WriteFile(path, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := luastdtest.Open(t, luastdtest.Options{})
	read := "Permission denied: test.lua may not read " + path + ". Start with --allow-read=" + folder
	change := "Permission denied: test.lua may not change " + path + ". Start with --allow-write=" + folder
	for call, want := range map[string]string{
		`io.open(%q)`:               "nil, " + path + ": " + read + ", 13",
		`io.open(%q, "w")`:          "nil, " + path + ": " + change + ", 13",
		`os.remove(%q)`:             "nil, " + path + ": " + change + ", 13",
		`os.rename(%q, "a.txt")`:    "nil, " + path + ": " + change + ", 13",
		`pcall(io.lines, %q)`:       "false, bad argument #1 to '?' (" + path + ": " + read + ")",
		`pcall(io.output, %q)`:      "false, bad argument #1 to '?' (" + path + ": " + change + ")",
		`io.open("../x", "w")`:      "",
		`os.remove("/etc/passwd0")`: "",
	} {
		if want == "" {
			if got := s.Run("return " + call); !strings.Contains(got, "Permission denied: test.lua may not change ") {
				t.Errorf("%s: got %s", call, got)
			}
			continue
		}
		wantResult(t, s, "return "+fmt.Sprintf(call, path), want)
	}
	s = luastdtest.Open(t, luastdtest.Options{Permissions: permit.Settings{Grants: []permit.Grant{{Kind: permit.Read, Value: folder}}}})
	wantResult(t, s, fmt.Sprintf(`return io.open(%q):read("*a"), select(3, io.open(%q, "a"))`, path, path), "secret, 13")
	s = luastdtest.Open(t, luastdtest.Options{Permissions: permit.Settings{Grants: []permit.Grant{{Kind: permit.Write, Value: folder}}}})
	wantResult(t, s, fmt.Sprintf(`local f = io.open(%q, "r+") f:write("S") f:close() return io.open(%q):read("*a"), os.rename(%q, %q)`, path, path, path, path+"2"), "Secret, true")
	wantResult(t, s, `return io.open("`+folder+`")`, "nil, "+folder+": Is a directory, 21")
	wantResult(t, s, `return os.remove("`+folder+`")`, "nil, "+folder+": "+folder+" cannot be removed, only what is in it, 5")
}

func TestWhileTheScriptLoadsFilesCanOnlyBeRead(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `
		own = io.open("./test.lua"):read("*a"):sub(1, 13)
		failures = {}
		for _, call in ipairs{{io.open, "a", "w"}, {os.remove, "a"}, {os.rename, "a", "b"}, {os.tmpname}, {io.tmpfile}, {io.output, "a"}} do
			table.insert(failures, (select(2, pcall(unpack(call)))))
		end`})
	wantResult(t, s, "return own", "register_tool")
	const why = ": the script is still loading: call it in on_start(function() ... end)"
	wantResult(t, s, `return table.concat(failures, "|")`,
		"io.open"+why+"|os.remove"+why+"|os.rename"+why+"|os.tmpname"+why+"|io.tmpfile"+why+"|io.open"+why)
	if _, err := os.Stat(s.DataFolder); !os.IsNotExist(err) {
		t.Errorf("the script has created its data folder (%v)", err)
	}
}

func TestStdoutIsTheOutputOfTheScript(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `
		io.write("a", 1, "\nb")
		print("c", 2)
		io.stdout:write("d") io.flush()
		io.write("\n\n", "e\nf")
		io.stderr:write("wrong\n", "so")
		io.stderr:flush()`})
	want := []string{"a1", "bc\t2", "d", "", "", "e", "WARN: wrong", "WARN: so"}
	if got := s.Output(); strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, want %q", got, want)
	}
	wantResult(t, s, `return io.stdout:close()`, "nil, cannot close standard file, 0")
	wantResult(t, s, `return io.read(), io.read("*a"), io.stdout:read()`, "nil, , nil, Bad file descriptor, 9")
	wantResult(t, s, `return io.stdout:seek()`, "nil, Illegal seek, 29")
	s.Scripts.Close()
	if got := s.Output(); got[len(got)-1] != "f" {
		t.Errorf("the last line is %q, want the line whose end was missing", got[len(got)-1])
	}
}

func TestALineWithoutAnEndIsDivided(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `for i = 1, 200 do io.write(("x"):rep(1000)) end`})
	n := 0
	for _, line := range s.Output() { // the log may have a warning
		if strings.Trim(line, "x") == "" && len(line) == 64<<10 {
			n++
		}
	}
	if n != 3 {
		t.Errorf("got %d lines of 64 KiB, want 3", n)
	}
}

// A task that is killed, and the end of the script, leave nothing unwritten.
func TestWhatWasWrittenIsInTheFileWhenTheScriptEnds(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `on_start(function() f = io.open("log.txt", "a") f:write("one\n") end)`})
	testkit.Until(t, "the file", func() bool { return s.Run("return f") != "nil" })
	wantResult(t, s, `return f:write("two\n"), f:read()`, "true, nil, Bad file descriptor, 9")
	s.Scripts.Close()
	if text, err := os.ReadFile(filepath.Join(s.DataFolder, "log.txt")); string(text) != "one\ntwo\n" {
		t.Errorf("got %q, %v", text, err)
	}
}

// A script may leave it to the garbage collector to close a file.
func TestFilesThatAreNotUsedAreClosed(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	wantResult(t, s, `
		for i = 1, 100 do assert(io.open("a.txt", "w")):write(i) end
		for i = 1, 100 do assert(io.open("a.txt")):read("*a") end
		return #assert(io.open("a.txt")):read("*a") <= 3`, "true")
	wantResult(t, s, `
		kept = {}
		for i = 1, 32 do kept[i] = assert(io.open("a.txt")) end
		return io.open("a.txt")`, "nil, a.txt: too many open files (the maximum is 32): close those that are not needed, 24")
	wantResult(t, s, `
		for i = 1, 10 do
			local t = task.spawn(function() io.open("a.txt") end)
			sleep(0)
			t:cancel()
			t:wait()
		end`, "")
	wantResult(t, s, `kept[1]:close() return io.type(io.open("a.txt"))`, "file")
}

func TestReloadsLeaveNoFilesOpen(t *testing.T) {
	reloads := 200
	if testing.Short() {
		reloads = 10
	}
	descriptors := func() int { entries, _ := os.ReadDir("/proc/self/fd"); return len(entries) }
	goroutines, before := runtime.NumGoroutine(), descriptors()
	s := luastdtest.Open(t, luastdtest.Options{Source: `
		io.open("./test.lua")
		on_start(function() f = io.open("a.txt", "a") f:write("x") g = io.tmpfile() os.tmpname() end)`})
	for range reloads {
		if _, err := s.Scripts.Reload(filepath.Join(s.Folder, "test.lua")); err != nil {
			t.Fatal(err)
		}
	}
	s.Scripts.Close()
	testkit.Until(t, fmt.Sprintf("at most %d goroutines and %d descriptors", goroutines, before), func() bool {
		return runtime.NumGoroutine() <= goroutines && descriptors() <= before
	})
	testkit.Until(t, "the temporary files to be removed", func() bool {
		entries, err := os.ReadDir(filepath.Join(s.DataFolder, "tmp"))
		return err != nil || len(entries) == 0
	})
}

func TestATemporaryFileHasNoName(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows cannot remove an open file")
	}
	s := luastdtest.Open(t, luastdtest.Options{})
	wantResult(t, s, `f = io.tmpfile() return f:write("x"), f:flush(), #fs.list("tmp"), f:seek("set"), f:read()`, "true, true, 0, 0, x")
}

func TestAFileOfTheDataFolderHasALimit(t *testing.T) {
	testkit.SkipIfEmulated(t)
	s := luastdtest.Open(t, luastdtest.Options{})
	wantResult(t, s, `
		local f, block = io.open("large.bin", "w"), ("x"):rep(2^20)
		for i = 1, 300 do
			local ok, why, number = f:write(block)
			if not ok then f:close() os.remove("large.bin") return why, number end
		end`, "the data folder of the script is full (the maximum is 256 MiB), 28")
}

func TestAFileThatIsTooLargeIsNotReadAtOnce(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	large := filepath.Join(s.Folder, "large.bin")
	if err := os.WriteFile(large, []byte("begin\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, 65<<20); err != nil {
		t.Fatal(err)
	}
	const failure = "nil, there are more than 67108864 bytes, 27"
	began := time.Now()
	wantResult(t, s, `return io.open("./large.bin"):read("*a")`, failure)
	wantResult(t, s, `local f = io.open("./large.bin") return f:read(), f:read(10) == ("\0"):rep(10), f:read(2^40)`, "begin, true, "+failure)
	t.Logf("took %v", time.Since(began))
}

func TestOddArgumentsOfFileFunctions(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	wantResult(t, s, `return io.open(""), select(2, io.open("a\0b", "w")), select(3, io.open(("x/"):rep(3000)))`, "nil, a\x00b: Invalid argument, 36")
	wantResult(t, s, `
		local f = assert(io.open("a.txt", "w+"))
		for _, n in ipairs { -1, 2^31, 2^53, 1/0, -1/0, 0/0 } do
			for _, whence in ipairs { "set", "cur", "end" } do pcall(f.seek, f, whence, n) end
			pcall(f.read, f, n)
		end
		f:seek("set", 2^33)
		for _, call in ipairs { {f.write, f, {}}, {f.read, f, {}}, {f.read, io}, {io.close, "x"}, {f.setvbuf, f}, {io.type}, {io.lines, {}}, {io.input, {}}, {os.remove}, {os.rename, "a"} } do
			if pcall(unpack(call)) then return _ end
		end
		f:write("x")
		return select(3, f:flush()), f:close(), io.type(f)`, "28, true, closed file")
	wantResult(t, s, `
		local f = assert(io.open("b.txt", "w"))
		spawn(function() f:write("x") f:close() end)
		sleep(0.01)
		return pcall(f.write, f, "y")`, "false, attempt to use a closed file")
}

// A file that the garbage collector closes, and whose disk does not respond, keeps no other from
// being closed.
func TestAFileThatIsNotUsedWaitsForTheDiskAlone(t *testing.T) {
	var locked []*files.Handle
	lock := luastd.Module{Name: "lock", Globals: []string{"lock"}, Open: func(L *lua.LState, rt luastd.Runtime) lua.LValue {
		table := L.NewTable()
		table.RawSetString("lock", L.NewFunction(func(L *lua.LState) int {
			h := std.HandleOf(L.CheckUserData(1))
			h.Lock()
			locked = append(locked, h)
			return 0
		}))
		return table
	}}
	s := luastdtest.Open(t, luastdtest.Options{}, lock)
	wantResult(t, s, `
		for i = 1, 16 do
			local f = assert(io.open("a.txt", "w"))
			f:write("x")
			lock(f)
		end
		for i = 1, 100 do assert(io.open("b.txt", "w")):write(i) end
		return true`, "true")
	for _, h := range locked {
		h.Unlock()
	}
}

// on_unload cannot wait. What is written there to a file that is open already is written at the
// end.
func TestFilesInOnUnload(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `
		on_start(function() f = io.open("log.txt", "w") end)
		on_unload(function() print(pcall(io.open, "log.txt")) end)
		on_unload(function() print(f:write("bye\n")) end)
		on_unload(function() print(pcall(f.flush, f)) end)
		on_unload(function() print(pcall(f.close, f)) end)`})
	testkit.Until(t, "the file", func() bool { return s.Run("return f") != "nil" })
	s.Scripts.Close()
	want := []string{"false\ton_unload cannot wait", "true", "false\ton_unload cannot wait", "false\ton_unload cannot wait"}
	if got := s.Output(); strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, want %q", got, want)
	}
	if text, err := os.ReadFile(filepath.Join(s.DataFolder, "log.txt")); string(text) != "bye\n" {
		t.Errorf("got %q, %v", text, err)
	}
}

// The search for missing permissions in the source of a script creates no data folder.
func TestNeedsOfFilesInTheDataFolder(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	b, err := permit.New(permit.Options{Script: "a.lua", Folder: t.TempDir(), Data: data})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	path := filepath.Join(data, "a.txt")
	for _, m := range std.Modules() {
		for _, function := range m.NeedFunctions {
			if err := m.Need(b, function, path, true); err != nil && function != "getenv" {
				t.Errorf("%s.%s: %v", m.Name, function, err)
			}
		}
		for function, need := range m.NeedSecond {
			if err := need(b, path, true); err != nil {
				t.Errorf("%s.%s: %v", m.Name, function, err)
			}
		}
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("the data folder: %v", err)
	}
}
