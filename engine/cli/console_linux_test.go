package cli

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/term"

	"moonlark/engine/testkit"
)

// writeScript writes a script into a temporary folder and returns its path.
func writeScript(t *testing.T, source string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.lua")
	if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Every command says that it cannot write its output, here to a disk that is full. The exit code is
// not 0.
func TestOutputThatCannotBeWrittenIsAnError(t *testing.T) {
	path := writeScript(t, `register_tool("what", function() return "this" end)`)
	for _, args := range [][]string{
		{"--help"}, {"version"}, {"check", path}, {"call", path, "what"}, {"serve", "--listen", "127.0.0.1:0"},
		{"doctor", path}, {"doctor", "--json", path}, {"audio", "devices"},
		{"run", "--say", "hello", path}, {"run", "--json", "--headless", path},
	} {
		t.Run(strings.Join(args[:min(2, len(args)-1)], " "), func(t *testing.T) {
			t.Parallel()
			full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer full.Close()
			var stderr bytes.Buffer
			cmd := exec.Command(testkit.Moonlark(t), args...)
			cmd.Stdout, cmd.Stderr = full, &stderr
			late := time.AfterFunc(testkit.Timeout, func() { cmd.Process.Kill() })
			defer late.Stop()
			cmd.Run()
			if code := cmd.ProcessState.ExitCode(); code != exitFailed {
				t.Errorf("exit code %d, want %d", code, exitFailed)
			}
			if want := "moonlark: stdout: no space left on device\n"; strings.Count(stderr.String(), want) != 1 {
				t.Errorf("stderr is %q, want once %q", stderr.String(), want)
			}
		})
	}
}

func TestAChatEndsWhenTheReaderOfItsOutputHasLeft(t *testing.T) {
	for _, flags := range [][]string{{"--text"}, {"--json"}} {
		t.Run(flags[0], func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(testkit.Moonlark(t), append(append([]string{"run"}, flags...), writeScript(t, "--"))...)
			stdin, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			late := time.AfterFunc(testkit.Timeout, func() { cmd.Process.Kill() })
			defer late.Stop()
			stdout.Read(make([]byte, 1))
			stdout.Close()
			io.WriteString(stdin, "hello\n") // and stdin stays open
			cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != exitFailed {
				t.Errorf("exit code %d, want %d", code, exitFailed)
			}
			if want := "moonlark: stdout: its reader has left"; !strings.Contains(stderr.String(), want) {
				t.Errorf("stderr is %q, want %q", stderr.String(), want)
			}
		})
	}
}

// A program that has stopped reading the output must not keep the process from ending.
func TestASignalEndsTheProcessAlthoughNobodyReadsItsOutput(t *testing.T) {
	if testing.Short() {
		t.Skip("waits until pipes are full, and then 2 s")
	}
	const flood = `every(0.001, function() print(("x"):rep(4000)) end)`
	for _, row := range []struct {
		name   string
		flags  []string
		output func(cmd *exec.Cmd, blocked *os.File) // sets where the process writes to
	}{
		{"stdout", []string{"--json", "--headless"}, func(cmd *exec.Cmd, blocked *os.File) { cmd.Stdout = blocked }},
		{"stderr", []string{"--headless"}, func(cmd *exec.Cmd, blocked *os.File) { cmd.Stderr = blocked }},
		{"both", []string{"--json", "--headless"}, func(cmd *exec.Cmd, blocked *os.File) { cmd.Stdout, cmd.Stderr = blocked, blocked }},
		{"terminal", nil, func(cmd *exec.Cmd, _ *os.File) {
			outer, inner, err := testkit.OpenTerminal()
			if err != nil {
				t.Fatal(err)
			}
			cmd.Stdin, cmd.Stdout, cmd.Stderr = inner, inner, inner
			before, _ := term.GetState(int(inner.Fd()))
			t.Cleanup(func() {
				if after, _ := term.GetState(int(inner.Fd())); !reflect.DeepEqual(before, after) {
					t.Errorf("the terminal's mode is %+v, want %+v as before", after, before)
				}
				outer.Close()
				inner.Close()
			})
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			reader, blocked, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer reader.Close()
			defer blocked.Close()
			cmd := exec.Command(testkit.Moonlark(t), append(append([]string{"run"}, row.flags...), writeScript(t, flood))...)
			row.output(cmd, blocked)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			late := time.AfterFunc(testkit.Timeout, func() { cmd.Process.Kill() })
			defer late.Stop()
			time.Sleep(1500 * time.Millisecond) // until the process has filled the pipe
			began := time.Now()
			cmd.Process.Signal(syscall.SIGTERM)
			cmd.Wait()
			if took := time.Since(began); took > 4*time.Second { // 2 s on a machine that does nothing else
				t.Errorf("the process took %v to end", took)
			}
			if code := cmd.ProcessState.ExitCode(); code != exitFailed {
				t.Errorf("exit code %d, want %d", code, exitFailed)
			}
		})
	}
}

func TestASignalEndsACommandWhileItLoadsAScript(t *testing.T) {
	const busy = `print("loads") local t = os.clock() while os.clock() - t < 4 do end`
	for _, row := range []struct {
		source string
		args   []string // arguments of moonlark, where SCRIPT is the path of the script
		code   int
	}{
		{busy, []string{"run", "SCRIPT"}, exitOK},
		{busy, []string{"serve", "--listen", "127.0.0.1:0", "SCRIPT"}, exitOK},
		{busy, []string{"check", "SCRIPT"}, exitFailed},
		{busy, []string{"call", "SCRIPT", "what"}, exitFailed},
		{busy, []string{"doctor", "SCRIPT"}, exitFailed},
		{`print("loads") sleep(4)`, []string{"run", "SCRIPT"}, exitOK},
	} {
		t.Run(row.args[0], func(t *testing.T) {
			t.Parallel()
			path := writeScript(t, row.source)
			for i := range row.args {
				row.args[i] = strings.Replace(row.args[i], "SCRIPT", path, 1)
			}
			p := testkit.Start(t, testkit.Command{Path: testkit.Moonlark(t), Args: row.args})
			testkit.Until(t, "the script to load", func() bool { return strings.Contains(p.Stderr.String(), "loads") })
			began := time.Now()
			p.Signal(syscall.SIGTERM)
			if code := p.Wait(testkit.Timeout); code != row.code {
				t.Errorf("exit code %d, want %d", code, row.code)
			}
			if took := time.Since(began); took > time.Second {
				t.Errorf("the process took %v to end", took)
			}
		})
	}
}

// A reload that does not end must not keep the process from ending.
func TestASignalEndsRunDuringAReload(t *testing.T) {
	path := writeScript(t, `print("loaded")`)
	p := testkit.Start(t, testkit.Command{Path: testkit.Moonlark(t), Args: []string{"run", path}})
	testkit.Until(t, "the script to load", func() bool { return strings.Contains(p.Stderr.String(), "connected") })
	if err := os.WriteFile(path, []byte(`print("loads again") while true do end`), 0o600); err != nil {
		t.Fatal(err)
	}
	testkit.Until(t, "the reload", func() bool { return strings.Contains(p.Stderr.String(), "loads again") })
	began := time.Now()
	p.Signal(syscall.SIGTERM)
	if code := p.Wait(testkit.Timeout); code != exitOK {
		t.Errorf("exit code %d, want %d", code, exitOK)
	}
	if took := time.Since(began); took > 1500*time.Millisecond {
		t.Errorf("the process took %v to end", took)
	}
}

func TestAScriptWhoseNameIsNotUTF8IsOpened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "caf\xe9.lua")
	if err := os.WriteFile(path, []byte(`register_tool("what", function() return "this" end) error("of the \27 script")`), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _ := exec.Command(testkit.Moonlark(t), "check", path).CombinedOutput()
	if want := `.lua:1: of the \x1b script`; !strings.Contains(string(out), want) {
		t.Errorf("the output is %q, want %s", out, want)
	}
}

func TestOutputWaitsForANonBlockingPipe(t *testing.T) {
	var fds [2]int
	if err := syscall.Pipe(fds[:]); err != nil {
		t.Fatal(err)
	}
	reader, writer := os.NewFile(uintptr(fds[0]), "reader"), os.NewFile(uintptr(fds[1]), "writer")
	if err := syscall.SetNonblock(fds[1], true); err != nil { // after NewFile, which does not know of it
		t.Fatal(err)
	}
	const size = 1 << 20 // larger than the pipe's buffer
	go func() {
		time.Sleep(20 * time.Millisecond)
		io.Copy(io.Discard, reader)
		reader.Close()
	}()
	out := newOutput(writer)
	if n, err := out.Write(make([]byte, size)); n != size || err != nil {
		t.Errorf("Write returned %d, %v, want %d", n, err, size)
	}
	writer.Close()
}
