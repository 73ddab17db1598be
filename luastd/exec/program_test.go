//go:build unix

package exec_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"moonlark/engine/permit"
	"moonlark/engine/script"
	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

func TestProgramsAreNotStartedWhileTheScriptLoads(t *testing.T) {
	for source, want := range map[string]string{
		`exec.run{"true"}`:   "test.lua:2: exec.run: the script is still loading: call it in on_start(function() ... end)",
		`exec.start{"true"}`: "test.lua:2: exec.start: the script is still loading: call it in on_start(function() ... end)",
		`assert(exec.which("true") and exec.line("a b") == "'a b'")`: "",
	} {
		_, err := luastdtest.TryOpen(t, luastdtest.Options{Source: "\n" + source, Permissions: all})
		if got := fmt.Sprint(err); err != nil != (want != "") || !strings.Contains(got, want) {
			t.Errorf("%s: got %v, want %q", source, err, want)
		}
	}
}

func TestWhatIsNotGrantedRaisesAnErrorAtItsLine(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Permissions: permit.Settings{Grants: []permit.Grant{{Kind: permit.Run, Value: "printf"}, {Kind: permit.Run, Value: "pwd"}}}})
	want(t, s, `return exec.run{"printf", "x"}.stdout`, "x")
	want(t, s, `return exec.run{"cat"}`, "a.lua:1: exec.run: test.lua may not run /usr/bin/cat. Start with --allow-run=cat")
	want(t, s, `return exec.start{"cat"}`, "a.lua:1: exec.start: test.lua may not run /usr/bin/cat. Start with --allow-run=cat")
	want(t, s, `return exec.which("cat")`, "a.lua:1: exec.which: test.lua may not run /usr/bin/cat. Start with --allow-run=cat")
	want(t, s, `return exec.run({"printf", "x"}, {env = {LD_PRELOAD = "x.so"}})`, "a.lua:1: exec.run: test.lua may not set the variable LD_PRELOAD of a program. Start with --allow-run")
	want(t, s, `return exec.run({"printf", "x"}, {env = {PATH = "."}})`, "a.lua:1: exec.run: test.lua may not set the variable PATH of a program. Start with --allow-run")
	want(t, s, `return exec.run({"pwd"}, {cwd = "/etc"})`, "a.lua:1: exec.run: test.lua may not read /etc. Start with --allow-read=/etc")
	want(t, s, `return exec.run({"pwd"}, {cwd = "../x"})`, "a.lua:1: exec.run: test.lua may not read "+filepath.Dir(s.Folder)+"/x. Start with --allow-read="+filepath.Dir(s.Folder))
	if err := os.Symlink("/etc", filepath.Join(s.Folder, "out")); err != nil {
		t.Fatal(err)
	}
	if got := s.Run(`return exec.run({"pwd"}, {cwd = "./out"})`); !strings.HasPrefix(got, "nil, denied: test.lua may not use "+s.Folder+"/out") || !strings.HasSuffix(got, ", denied") {
		t.Errorf("a link that leads out of the folder: got %s", got)
	}
}

func TestADataFolderThatCannotBeCreatedIsAFailure(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := luastdtest.Open(t, luastdtest.Options{Permissions: permit.Settings{Grants: permit.All("a test"), Data: file}})
	if got := s.Run(`return exec.run{"true"}`); !strings.HasPrefix(got, "nil, io: the data folder cannot be created: ") {
		t.Errorf("got %s", got)
	}
	want(t, s, `return exec.run({"true"}, {cwd = "."}).ok`, "true")
}

func TestAProgramGetsNoSecretsOfTheProcess(t *testing.T) {
	t.Setenv("ELEVENLABS_API_KEY", "secret")
	s := open(t)
	if got := s.Run(`return exec.run{"env"}.stdout`); strings.Contains(got, "secret") || !strings.Contains(got, "PATH=/usr/local/bin:/usr/bin:/bin") {
		t.Errorf("the program has the variables %s", got)
	}
}

// pidFile is a Lua function that starts a program which writes its process id into the file pid in
// the folder of the script.
const pidFile = `local function pid(line) return {"sh", "-c", "echo $$ >pid.new; mv pid.new pid; " .. line, cwd = "."} end `

func readPID(t *testing.T, s *luastdtest.Script) (pid int) {
	t.Helper()
	file := filepath.Join(s.Folder, "pid")
	testkit.Until(t, "the process id of the program", func() bool {
		b, err := os.ReadFile(file)
		pid, _ = strconv.Atoi(strings.TrimSpace(string(b)))
		return err == nil
	})
	os.Remove(file)
	return pid
}

// A machine that does other work may be late once or twice.
func TestAKilledTaskKillsItsProgramWithin100Milliseconds(t *testing.T) {
	var took []time.Duration
	for range 5 {
		s := luastdtest.Open(t, luastdtest.Options{Permissions: all, Source: pidFile + `
			on_start(function() exec.run(pid("trap '' TERM; while :; do sleep 60; done")) end)`})
		pid := readPID(t, s)
		began := time.Now()
		closed := make(chan struct{})
		go func() {
			s.Scripts.Close()
			close(closed)
		}()
		testkit.Until(t, "the end of the program", func() bool { return !alive(pid) })
		took = append(took, time.Since(began))
		<-closed
		if took[len(took)-1] < 100*time.Millisecond {
			return
		}
	}
	t.Errorf("the program ended after %v", took)
}

func TestAProgramThatIsStartedTooLateIsKilled(t *testing.T) {
	for range 20 {
		s := luastdtest.Open(t, luastdtest.Options{Permissions: all, Source: `on_start(function() exec.start{"sleep", 60} end)`})
		s.Scripts.Close()
	}
	testkit.Until(t, "the end of the programs", func() bool { return len(children(t)) == 0 })
}

func TestTheEndOfTheScriptEndsItsPrograms(t *testing.T) {
	for name, row := range map[string]struct {
		line string
		want string // the content of the file end
		max  time.Duration
	}{
		"a program that ends at SIGTERM":  {`trap 'echo gently >end; exit' TERM; ready; while :; do sleep 0.01; done`, "gently\n", 450 * time.Millisecond},
		"a program that ignores SIGTERM":  {`trap '' TERM; ready; while :; do sleep 0.01; done; echo never >end`, "", 2 * time.Second},
		"a program that is stopped":       {`ready; kill -STOP $$`, "", 2 * time.Second},
		"a program with a child":          {`ready; sleep 60; echo never >end`, "", 2 * time.Second},
		"a program that writes endlessly": {`ready; exec yes`, "", 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			s := luastdtest.Open(t, luastdtest.Options{Permissions: all, Source: `
				on_start(function() exec.start{"sh", "-c", [[ready() { echo $$ >pid.new; mv pid.new pid; }; ` + row.line + `]], cwd = "."} print("started") end)`})
			pid := readPID(t, s)
			testkit.Until(t, "exec.start has returned", func() bool { return slices.Contains(s.Output(), "started") })
			began := time.Now()
			s.Scripts.Close()
			if took := time.Since(began); took > row.max+5*time.Second || alive(pid) {
				t.Errorf("Close took %v; the program is alive: %v", took, alive(pid))
			}
			if b, _ := os.ReadFile(filepath.Join(s.Folder, "end")); string(b) != row.want {
				t.Errorf("the program wrote %q, want %q", b, row.want)
			}
			testkit.Until(t, "the end of all programs", func() bool { return len(children(t)) == 0 })
		})
	}
}

func TestCloseEndsAProgramThatIsBeingStarted(t *testing.T) {
	for range 10 {
		s := luastdtest.Open(t, luastdtest.Options{Permissions: all, Source: `
			on_start(function() exec.start{"sh", "-c", "echo $$ >pid.new; mv pid.new pid; exec sleep 60", cwd = "."} end)`})
		pid := readPID(t, s)
		s.Scripts.Close()
		if alive(pid) {
			t.Error("the program is alive after Close")
		}
	}
}

// A child in another session is not ended, but exec.run does not wait for it.
func TestAChildInAnotherSessionDoesNotDelayTheResult(t *testing.T) {
	if testing.Short() {
		t.Skip("takes two seconds of real time")
	}
	helper, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	pid := number(t, open(t).Run(`return exec.run({"`+helper+`"}, {env = {HELPER = 1}, stderr = "discard"}).stdout`))
	defer syscall.Kill(pid, syscall.SIGKILL)
	if took := time.Since(began); took > 10*time.Second || !alive(pid) {
		t.Errorf("took %v; the child is alive: %v", took, alive(pid))
	}
}

func TestTheNumberOfProgramsIsLimited(t *testing.T) {
	s := open(t)
	want(t, s, `
		processes = {}
		for i = 1, 8 do processes[i] = assert(exec.start({"cat"}, {stdin = "pipe"})) end
		return exec.start{"cat"}`, "nil, busy: 8 programs are running already, busy")
	want(t, s, `return exec.run{"cat"}`, "nil, busy: 8 programs are running already, busy")
	want(t, s, `processes[1]:close_stdin() processes[1]:wait() sleep(0.05) return exec.run{"true"}.ok`, "true")
	want(t, s, `
		for i = 2, 8 do processes[i]:kill() processes[i]:wait() end sleep(0.05)
		local big = exec.start({"cat"}, {stdin = "pipe", max_output = 2^26 - 9})
		assert(exec.run({"true"}, {max_output = 9}).ok)
		local reason = select(2, exec.run({"true"}, {max_output = 10}))
		big:kill() big:wait() sleep(0.05)
		return reason, exec.run({"true"}, {max_output = 2^26}).ok`,
		"busy: the programs that are running have a max_output of 67108855 bytes together; the maximum is 67108864, true")
	// what cannot be started does not count
	want(t, s, `for i = 1, 20 do exec.run{"./none"} exec.run({"true"}, {cwd = "none"}) end return exec.run{"true"}.ok`, "true")
}

func TestTheNumberOfProgramsOfAllScriptsIsLimited(t *testing.T) {
	if testing.Short() {
		t.Skip("starts 64 processes")
	}
	const eight = `for i = 1, 8 do local p, reason = exec.start{"sleep", 60} if not p then return reason end end return "eight"`
	for range 8 {
		want(t, open(t), eight, "eight")
	}
	want(t, open(t), eight, "busy: 64 programs are running already")
}

func TestARunThatCannotWaitDoesNotCount(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Permissions: all, Source: `
		on_unload(function() for i = 1, 100 do pcall(exec.run, {"true"}) end print(pcall(exec.run, {"true"})) end)`})
	s.Scripts.Close()
	if got := strings.Join(s.Output(), "\n"); !strings.Contains(got, "on_unload cannot wait") {
		t.Errorf("got %s", got)
	}
	s = open(t)
	want(t, s, `for i = 1, 8 do assert(exec.start{"sleep", 60}) end return "eight"`, "eight")
}

// A slow reader stops the program, loses nothing, and does not stop other tasks.
func TestAProgramWaitsForASlowReader(t *testing.T) {
	s := open(t)
	want(t, s, `
		local ticks = 0
		local timer = every(0.001, function() ticks = ticks + 1 end)
		local process = exec.start({"seq", 20000}, {max_output = 1000})
		for expected = 1, 20000 do
			local line, reason = process:read_line(10)
			if line ~= tostring(expected) then return expected, line, reason end
			if expected == 1 then sleep(0.2) assert(process:running()) end
		end
		timer:cancel()
		return select(3, process:read_line()), process:wait().ok, process:wait().truncated, ticks > 20`, "closed, true, false, true")
}

func TestAnEndlessProgramNeedsNoProcessorWhileNobodyReads(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	s := open(t)
	pid := number(t, s.Run(`process = exec.start{"yes"} assert(process:read_line() == "y") return process.pid`))
	ticks := func() string {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return strings.Join(strings.Fields(string(b))[13:15], " ")
	}
	testkit.Until(t, "the program to wait", func() bool {
		before := ticks()
		time.Sleep(100 * time.Millisecond)
		return ticks() == before
	})
	want(t, s, `for i = 1, 1000 do assert(process:read_line(10) == "y") end process:kill() return process:wait().signal`, "TERM")
}

func TestAProgramDoesNotWaitForAReaderWhileTheScriptWaits(t *testing.T) {
	s := open(t)
	want(t, s, `
		local process = exec.start({"sh", "-c", "seq 100000; echo done >&2"}, {max_output = 4})
		local result = process:wait(5)
		return result.stdout, result.stderr, result.truncated`, "1\n2\n, done, true")
	want(t, s, `
		local process = exec.start({"seq", 100000}, {max_output = 4})
		return process:read_line(), process:wait(10).truncated`, "1, true")
}

func TestWritesDoNotMixAndCanBeInterrupted(t *testing.T) {
	s := open(t)
	want(t, s, `
		local process = exec.start({"cat"}, {stdin = "pipe", max_output = 2^21})
		local written = 0
		for _, c in ipairs{"a", "b", "c"} do
			spawn(function() assert(process:write(c:rep(200000))) written = written + 1 if written == 3 then process:close_stdin() end end)
		end
		local text = process:wait(30).stdout
		local first, second, third = text:sub(1, 1), text:sub(200001, 200001), text:sub(400001, 400001)
		return text == first:rep(200000) .. second:rep(200000) .. third:rep(200000), #text`, "true, 600000")
	// the killed task waits in write, because sleep does not read
	want(t, s, `
		local process = exec.start({"sleep", 60}, {stdin = "pipe"})
		spawn(function() print(process:write(("x"):rep(2^20))) end)
		sleep(0.1)
		process:kill("KILL")
		process:wait()
		sleep(0.1)`, "")
	if got := strings.Join(s.Output(), "\n"); !strings.Contains(got, `nil	closed: the standard input of "sleep" is closed	closed`) {
		t.Errorf("got %q", got)
	}
}

func TestAWriteThatNobodyReadsTimesOut(t *testing.T) {
	t.Parallel()
	s := open(t)
	got := s.RunWithin(time.Second, `return exec.start({"sleep", 60}, {stdin = "pipe"}):write(("x"):rep(2^20))`)
	if !regexp.MustCompile(`^nil, timeout: "sleep" has not read its input for 0.\d+ s, timeout$`).MatchString(got) {
		t.Errorf("got %s", got)
	}
}

func TestASlowOnLineGetsEveryLineInOrder(t *testing.T) {
	s := open(t)
	want(t, s, `
		local got, running, most = {}, 0, 0
		local process = exec.start({"seq", 300}, {max_output = 50, on_line = function(line)
			running = running + 1
			most = math.max(most, running)
			if #got % 20 == 0 then sleep(0.005) end
			got[#got + 1] = line
			running = running - 1
		end, on_exit = function(result) got[#got + 1] = "exit " .. tostring(result.ok) .. " " .. tostring(result.truncated) end})
		for i = 1, 1000 do if #got == 301 then break end sleep(0.01) end
		for i = 1, 300 do if got[i] ~= tostring(i) then return i, got[i] end end
		return got[301], most`, "exit true false, 1")
}

func TestErrorsOfCallbacksAreLoggedAndStopNothing(t *testing.T) {
	s := open(t)
	want(t, s, `
		local lines = 0
		local process = exec.start({"seq", 3}, {on_line = function(line) lines = lines + 1 error("no " .. line) end, on_exit = function() error("nor exit") end})
		process:wait()
		sleep(0.1)
		return lines`, "3")
	got := strings.Join(s.Output(), "\n")
	for _, text := range []string{"exec.start: on_line: a.lua:3: no 1", "exec.start: on_line: a.lua:3: no 3", "exec.start: on_exit: a.lua:3: nor exit"} {
		if !strings.Contains(got, "ERROR: "+text) {
			t.Errorf("the log is %q, want %q in it", got, text)
		}
	}
}

// A callback that runs too long is killed, and the next line goes to another call.
func TestACallbackThatIsKilledDoesNotStopTheOthers(t *testing.T) {
	var mu sync.Mutex
	var lines []string
	record := func(text string) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, text)
	}
	all := func() string {
		mu.Lock()
		defer mu.Unlock()
		return strings.Join(lines, "\n")
	}
	scripts := script.New(script.Options{
		Permissions: permit.Settings{Grants: permit.All("a test"), Data: t.TempDir()}, Limits: script.Limits{Burst: 100 * time.Millisecond},
		Print: func(_, text string) { record(text) }, Log: func(_ string, _ slog.Level, text string) { record(text) },
	})
	defer scripts.Close()
	path := filepath.Join(t.TempDir(), "a.lua")
	source := `on_start(function()
		exec.start({"seq", 3}, {on_line = function(line) while line == "2" do end print("line " .. line) end,
			on_exit = function(result) print("exit " .. tostring(result.ok)) while true do end end})
	end)`
	if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := scripts.Load(path); err != nil {
		t.Fatal(err)
	}
	testkit.Until(t, "the end of on_exit", func() bool { return strings.Count(all(), "stopped: ") == 2 })
	time.Sleep(200 * time.Millisecond)
	for text, want := range map[string]int{"line 1": 1, "line 2": 0, "line 3": 1, "exit true": 1, "exec.start: stopped: ": 2, "exec.start: on_": 0} {
		if got := strings.Count(all(), text); got != want {
			t.Errorf("%q was printed or logged %d times, want %d:\n%s", text, got, want, all())
		}
	}
}

// children returns the process ids of the children of this process.
func children(t *testing.T) (pids []string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	tasks, _ := filepath.Glob("/proc/self/task/*/children")
	for _, file := range tasks {
		b, _ := os.ReadFile(file)
		pids = append(pids, strings.Fields(string(b))...)
	}
	return pids
}

func TestReloadsLeaveNothingBehind(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a thousand processes")
	}
	s := luastdtest.Open(t, luastdtest.Options{Permissions: all})
	path := filepath.Join(s.Folder, "test.lua")
	const source = `on_start(function()
		exec.start({"cat"}, {stdin = "pipe"})
		exec.start({"yes"}, {on_line = function() sleep(1) end, on_exit = function() end})
		spawn(function() exec.run{"sh", "-c", "sleep 60 & wait"} end)
		spawn(function() exec.start({"sleep", 60}, {stdin = "pipe"}):write(("x"):rep(2^20)) end)
		spawn(function() for line in exec.start{"yes"}:lines() do end end)
		state.n = (state.n or 0) + 1
	end)`
	count := func() (descriptors, goroutines int) {
		return luastdtest.Descriptors(t), runtime.NumGoroutine()
	}
	want(t, s, `return exec.run{"true"}.ok`, "true") // opens the data folder, which stays open
	testkit.Until(t, "a process without children", func() bool { return len(children(t)) == 0 })
	descriptors, goroutines := count()
	for n := range 200 {
		text := source
		if n == 199 {
			text = "-- nothing"
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Scripts.Reload(path); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(n%20) * time.Millisecond)
	}
	testkit.Until(t, "the end of all programs", func() bool {
		d, g := count()
		return len(children(t)) == 0 && d <= descriptors && g <= goroutines
	})
}
