//go:build unix

package process

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"moonlark/engine/testkit"
)

// runHelper makes the test binary a helper program if HELPER is set: a program that starts a child
// in another session, which keeps standard output open for a minute, prints the child's process id,
// and exits.
func runHelper() {
	if os.Getenv("HELPER") == "" {
		return
	}
	child := exec.Command("/bin/sleep", "60")
	child.Stdout, child.SysProcAttr = os.Stdout, &syscall.SysProcAttr{Setsid: true}
	if err := child.Start(); err != nil {
		panic(err)
	}
	fmt.Println(child.Process.Pid)
	os.Exit(0)
}

// program returns a Command that runs a line in sh, with pipes for the output.
func program(line string, env ...string) Command {
	return Command{Path: "/bin/sh", Args: []string{"sh", "-c", line}, Env: append(env, "PATH=/usr/bin:/bin"), Stdout: true, Stderr: PipeStderr}
}

// finish starts a program and waits for it. It returns the output and the status.
func finish(t *testing.T, ctx context.Context, c Command) (stdout, stderr string, status Status) {
	t.Helper()
	p := start(t, context.Background(), c)
	outputRead := make(chan struct{})
	go func() {
		defer close(outputRead)
		b, _ := io.ReadAll(p.Stdout)
		stdout = string(b)
		if p.Stderr != nil {
			b, _ = io.ReadAll(p.Stderr)
			stderr = string(b)
		}
	}()
	status = p.Finish(ctx, outputRead)
	select {
	case <-outputRead:
	case <-time.After(10 * time.Second):
		t.Fatal("a read from a pipe still waits")
	}
	return stdout, stderr, status
}

func TestAProgramGetsItsArgumentsAsTheyAre(t *testing.T) {
	t.Parallel()
	args := []string{"printf", "<%s>", "a b", "$HOME", "", "'", "\n*", "-n"}
	got, _, _ := finish(t, t.Context(), Command{Path: "/usr/bin/printf", Args: args, Stdout: true, Stderr: DropStderr})
	if want := "<a b><$HOME><><'><\n*><-n>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAProgramGetsFewVariables(t *testing.T) {
	for _, name := range []string{"LD_PRELOAD", "ELEVENLABS_API_KEY", "MOONLARK_LAMP", "USER", "PULSE_SERVER"} {
		t.Setenv(name, "")
	}
	t.Setenv("LANG", "de_DE.UTF-8")
	t.Setenv("HOME", "/home/ann")
	t.Setenv("TZ", "UTC")
	t.Setenv("TMPDIR", "/var/tmp")
	t.Setenv("XDG_RUNTIME_DIR", "/run/user/7")
	got, _, _ := finish(t, t.Context(), Command{Path: "/usr/bin/env", Args: []string{"env"}, Env: []string{"X=1", "HOME=/tmp"}, Stdout: true})
	lines := strings.Fields(got)
	slices.Sort(lines)
	if want := "[HOME=/tmp LANG=de_DE.UTF-8 TMPDIR=/var/tmp TZ=UTC X=1 XDG_RUNTIME_DIR=/run/user/7]"; fmt.Sprint(lines) != want {
		t.Errorf("got %s, want %s", lines, want)
	}
}

func TestAProgramGetsNoDescriptorsOfThisProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	other := start(t, t.Context(), Command{Line: "cat", Stdin: true, Stdout: true}) // its pipes are open here
	defer other.Close()
	inherited, err := syscall.Dup(0) // as this process gets them from a shell
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(inherited)
	HideDescriptors()
	got, _, _ := finish(t, t.Context(), Command{Path: "/bin/ls", Args: []string{"ls", "-l", "/proc/self/fd"}, Stdout: true})
	var names []string
	for line := range strings.Lines(got) {
		words := strings.Fields(line)
		if len(words) < 3 || strings.Contains(words[len(words)-1], "/fd") {
			continue // the heading, or the folder that ls itself reads
		}
		names = append(names, words[len(words)-3])
		if names[0] == "0" && len(names) == 1 && words[len(words)-1] != "/dev/null" {
			t.Errorf("standard input is %s", line)
		}
	}
	if fmt.Sprint(names) != "[0 1 2]" {
		t.Errorf("the program has the descriptors %v:\n%s", names, got)
	}
}

func TestTheFolderAndTheOutputsOfAProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, row := range []struct {
		stderr         Stderr
		stdout, errors string
	}{
		{PipeStderr, "1\n" + dir + "\n", "2\n"},
		{MergeStderr, "1\n2\n" + dir + "\n", ""},
		{DropStderr, "1\n" + dir + "\n", ""},
	} {
		c := program("echo 1; echo 2 >&2; pwd")
		c.Dir, c.Stderr = dir, row.stderr
		if stdout, errors, _ := finish(t, t.Context(), c); stdout != row.stdout || errors != row.errors {
			t.Errorf("%d: got %q and %q, want %q and %q", row.stderr, stdout, errors, row.stdout, row.errors)
		}
	}
}

func TestTheStatusOfAProgram(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]Status{
		"true":          {},
		"exit 3":        {Code: 3},
		"kill -TERM $$": {Signal: "TERM"},
		"kill -KILL $$": {Signal: "KILL"},
		"kill -USR1 $$": {Signal: "USR1"},
		"sleep 0.3":     {Elapsed: 300 * time.Millisecond},
	} {
		_, _, got := finish(t, t.Context(), program(line))
		if got.Code != want.Code || got.Signal != want.Signal || got.Elapsed < want.Elapsed || got.Elapsed > 10*time.Second {
			t.Errorf("%s: got %+v, want %+v", line, got, want)
		}
	}
}

func TestEverySignalCanBeSent(t *testing.T) {
	t.Parallel()
	for _, name := range Signals() {
		p := start(t, t.Context(), program("sleep 60"))
		switch {
		case name == "STOP" || name == "CONT":
			if !p.Signal(name) || !p.Signal("TERM") || !p.Signal("CONT") {
				t.Errorf("%s was not sent", name)
			}
			name = "TERM"
		case !p.Signal(name):
			t.Errorf("%s was not sent", name)
		}
		status := p.Finish(t.Context(), p.Exited())
		if status.Signal != name {
			t.Errorf("got %+v after SIG%s", status, name)
		}
		if p.Signal(name) || p.signal(func() { t.Error("a signal was sent") }) {
			t.Errorf("SIG%s was sent to a program that has ended", name)
		}
	}
}

func TestTheWholeGroupIsKilledAtTheDeadline(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		`echo $$ >"$F"; sleep 60; true`,
		`trap '' TERM; echo $$ >"$F"; while :; do sleep 60; done`,
		`sleep 60 & echo $! >"$F"; wait`,
		`sleep 60 & echo $! >"$F"`,
		`(trap '' TERM; exec yes) & echo $! >"$F"`,
	} {
		file := filepath.Join(t.TempDir(), "pid")
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			readPID(t, file)
			cancel()
		}()
		began := time.Now()
		_, _, status := finish(t, ctx, program(line, "F="+file))
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: Finish took %v", line, took)
		}
		if exits := strings.HasSuffix(line, `& echo $! >"$F"`); !exits && (!status.Killed || status.Signal != "KILL") {
			t.Errorf("%s: got %+v", line, status)
		}
		testkit.Until(t, "the end of: "+line, func() bool { return !alive(readPID(t, file)) })
	}
}

func TestWhatAProgramLeavesRunningIsKilled(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, line string
		min        time.Duration
	}{
		{"a child without the pipes, at once", `sleep 60 >/dev/null 2>&1 & echo $! >"$F"; echo done`, 0},
		{"a child that holds the pipes, after the delay", `sleep 60 & echo $! >"$F"; echo done`, outputDelay},
		{"a child that goes on writing, after the delay", `echo done; (sleep 1; exec sleep 60) & echo $! >"$F"`, outputDelay},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && row.min > 0 {
				t.Skip("takes two seconds of real time")
			}
			file := filepath.Join(t.TempDir(), "pid")
			began := time.Now()
			got, _, status := finish(t, t.Context(), program(row.line, "F="+file))
			took := time.Since(began)
			if got != "done\n" || status.Code != 0 || status.Signal != "" || status.Killed || status.Elapsed > outputDelay {
				t.Errorf("got %q, %+v", got, status)
			}
			if took < row.min || took > row.min+10*time.Second {
				t.Errorf("took %v, want %v", took, row.min)
			}
			testkit.Until(t, "the end of the child", func() bool { return !alive(readPID(t, file)) })
		})
	}
}

// A child in another session is not killed, but it does not delay Finish either.
func TestAChildInAnotherSessionThatHoldsThePipe(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes two seconds of real time")
	}
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	got, _, status := finish(t, t.Context(), Command{Path: path, Args: []string{"helper"}, Env: []string{"HELPER=1"}, Stdout: true, Stderr: DropStderr})
	if took := time.Since(began); took < outputDelay || took > outputDelay+10*time.Second || status.Code != 0 {
		t.Errorf("took %v, %+v", took, status)
	}
	var pid int
	if _, err := fmt.Sscan(got, &pid); err != nil {
		t.Fatal(got, err)
	}
	defer syscall.Kill(pid, syscall.SIGKILL)
	if !alive(pid) {
		t.Error("the child in another session was killed")
	}
}

// The id of the group can belong to another program as soon as the leader has been reaped.
func TestTheLeaderIsReapedAfterItsGroupIsKilled(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only on Linux")
	}
	t.Parallel()
	state := func(pid int) string {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		_, after, _ := strings.Cut(string(b), ") ")
		return after[:min(1, len(after))]
	}
	for name, end := range map[string]func(*Process){
		"Finish": func(p *Process) { p.Finish(t.Context(), p.Exited()) },
		"Stop":   func(p *Process) { p.Stop() },
	} {
		p := start(t, t.Context(), program("true"))
		<-p.Exited()
		if got := state(p.PID()); got != "Z" {
			t.Errorf("before %s, the program has the state %q, want Z", name, got)
		}
		end(p)
		if got := state(p.PID()); got != "" {
			t.Errorf("after %s, the program has the state %q", name, got)
		}
	}
}

func TestTheContextOfStartEndsAProgramGently(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pid")
	ctx, cancel := context.WithCancel(t.Context())
	p := start(t, ctx, program(`trap 'exit 7' TERM; echo $$ >"$F"; while :; do sleep 0.01; done`, "F="+file))
	readPID(t, file)
	cancel()
	if status := p.Finish(context.Background(), p.Exited()); status.Code != 7 {
		t.Errorf("got %+v, want the exit code of the trap", status)
	}
}

// A program that waits for a broken device ignores even SIGKILL.
func TestFinishReturnsIfTheProgramCannotBeKilled(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes two seconds of real time")
	}
	p := start(t, t.Context(), program("sleep 60"))
	stuck := &Process{
		cmd: p.cmd, group: p.group, started: p.started, ctx: t.Context(),
		exited: make(chan struct{}), stopped: make(chan struct{}), closed: make(chan struct{}),
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	began := time.Now()
	status := stuck.Finish(ctx, nil)
	if took := time.Since(began); took < outputDelay || took > outputDelay+10*time.Second || status.Signal != "KILL" {
		t.Errorf("took %v, %+v", took, status)
	}
	p.Finish(t.Context(), p.Exited())
	close(stuck.exited)
	<-stuck.closed
}

func TestProgramsThatCannotBeStarted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	script := filepath.Join(dir, "script")
	if err := os.WriteFile(script, []byte("#!/no/interpreter\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []Command{
		{Path: filepath.Join(dir, "none")}, {Path: script}, {Path: dir}, {Path: "/bin/true", Dir: script},
		{Path: "/bin/true", Args: []string{"true", strings.Repeat("x", 1<<20)}},
	} {
		c.Stdin, c.Stdout, c.Stderr = true, true, PipeStderr
		if p, err := Start(t.Context(), c); err == nil {
			t.Errorf("%s was started", c.Path)
			p.Close()
		}
	}
}
