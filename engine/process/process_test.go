//go:build unix

package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonlark/engine/testkit"
)

// The tests in this file run real programs: sh, sleep, yes, cat.

func TestMain(m *testing.M) {
	runHelper()            // see program_test.go
	testkit.SetParallel(8) // the tests mostly wait, so more of them run at a time
	goleak.VerifyTestMain(m)
}

// start starts a command, and closes it when the test ends.
func start(t *testing.T, ctx context.Context, c Command) *Process {
	t.Helper()
	p, err := Start(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// alive reports whether the process is running. A zombie, which has ended but was not reaped, is
// not running.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !strings.Contains(string(b), ") Z ")
}

// readPID waits until a command has written a process id to the file, and returns the process id.
func readPID(t *testing.T, file string) (pid int) {
	t.Helper()
	testkit.Until(t, "the process id of the command", func() bool {
		b, _ := os.ReadFile(file)
		line, complete := strings.CutSuffix(string(b), "\n")
		pid, _ = strconv.Atoi(line)
		return complete && pid > 0
	})
	return pid
}

func TestTheWholeProcessGroupEnds(t *testing.T) {
	for _, row := range []struct {
		name, line string
		killed     bool // the program ignores SIGTERM, so it must be killed
	}{
		{"a shell", `echo $$ >"$F"; while :; do sleep 60; done`, false},
		{"a child that the shell waits for", `sh -c 'echo $$ >"$F"; sleep 60; true'; true`, false},
		{"a child that the shell does not wait for", `sleep 60 & echo $! >"$F"; wait`, false},
		{"a child of a shell that has exited", `sleep 60 </dev/null >/dev/null 2>&1 & echo $! >"$F"`, false},
		{"a child that holds the pipes of a shell that has exited", `sleep 60 & echo $! >"$F"`, false},
		{"a program that writes all the time", `echo $$ >"$F"; exec cat /dev/zero`, false},
		{"a shell that ignores SIGTERM", `trap '' TERM; echo $$ >"$F"; while :; do sleep 60; done`, true},
		{"a child that ignores SIGTERM", `sh -c 'trap "" TERM; echo $$ >"$F"; exec sleep 60' & wait`, true},
	} {
		ways := []string{"Stop", "Close", "context"}
		if row.killed {
			ways = ways[:1] // test only Stop, because each way takes one second until SIGKILL
		}
		for _, how := range ways {
			t.Run(row.name+", "+how, func(t *testing.T) {
				t.Parallel()
				file := filepath.Join(t.TempDir(), "pid")
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				p := start(t, ctx, Command{Line: row.line, Env: []string{"F=" + file}, Stdin: true, Stdout: true})
				pid := readPID(t, file)
				began := time.Now()
				switch how {
				case "Stop":
					p.Stop()
				case "Close":
					p.Close()
				case "context":
					cancel()
					<-p.stopped
				}
				took := time.Since(began)
				if alive(pid) {
					t.Errorf("process %d still runs", pid)
				}
				if row.killed && took < stopTimeout {
					t.Errorf("killed after %v, want %v for SIGTERM first", took, stopTimeout)
				}
				if max := 10 * time.Second; took > max {
					t.Errorf("took %v", took)
				}
			})
		}
	}
}

// Stop does not end a program that has left the process group, as daemons do. But such a program
// holds all three pipes open. Reads, writes and Stop must return nevertheless.
func TestAProgramThatLeavesTheGroupDelaysNoCall(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("setsid is not part of every system")
	}
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pid")
	ctx, cancel := context.WithCancel(t.Context())
	p := start(t, ctx, Command{Line: `exec 3<&0; setsid sh -c 'echo $$ >"$F"; exec sleep 60' <&3 & sleep 60`, Env: []string{"F=" + file}, Stdin: true, Stdout: true})
	pid := readPID(t, file)
	defer syscall.Kill(pid, syscall.SIGKILL)

	errs := make(chan error, 2)
	go func() {
		_, err := p.Stdout.Read(make([]byte, 1))
		errs <- err
	}()
	go func() {
		var err error
		for err == nil {
			// nothing reads from the pipe, so the pipe is soon full and the write waits
			_, err = p.Stdin.Write(make([]byte, 4096))
		}
		errs <- err
	}()
	cancel()
	for range 2 {
		select {
		case err := <-errs:
			if !errors.Is(err, os.ErrClosed) {
				t.Errorf("got %v, want that the pipe is closed", err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("a pipe still waits")
		}
	}
	p.Close()
	if !alive(pid) {
		t.Error("the program that left the group was ended")
	}
}

func TestErrorsNameTheCommandAndItsLastLine(t *testing.T) {
	for _, row := range []struct{ line, wait, lost string }{
		{"true", "<nil>", "exec:true: the command has ended"},
		{"exit 3", "exec:exit 3: exit status 3", "exec:exit 3: exit status 3"},
		{"kill -9 $$", "exec:kill -9 $$: signal: killed", "exec:kill -9 $$: signal: killed"},
		{"echo one >&2; echo two >&2; exit 1",
			"exec:echo one >&2; echo two >&2; exit 1: exit status 1: two",
			"exec:echo one >&2; echo two >&2; exit 1: exit status 1: two"},
		{"printf '\\033[2J\\377' >&2; exit 1",
			`exec:printf '\033[2J\377' >&2; exit 1: exit status 1: \x1b[2J\xff`,
			`exec:printf '\033[2J\377' >&2; exit 1: exit status 1: \x1b[2J\xff`},
		{": " + strings.Repeat("x", 100) + "; exit 1",
			"exec:: " + strings.Repeat("x", 35) + "...: exit status 1",
			"exec:: " + strings.Repeat("x", 35) + "...: exit status 1"},
	} {
		t.Run(row.line[:min(len(row.line), 20)], func(t *testing.T) {
			t.Parallel()
			p := start(t, t.Context(), Command{Line: row.line})
			if got := fmt.Sprint(p.Wait()); got != row.wait {
				t.Errorf("Wait: got %s, want %s", got, row.wait)
			}
			if got := fmt.Sprint(p.Lost("a reason")); got != row.lost {
				t.Errorf("Lost: got %s, want %s", got, row.lost)
			}
		})
	}
}

func TestLostReportsTheReasonIfTheProgramStillRuns(t *testing.T) {
	t.Parallel()
	p := start(t, t.Context(), Command{Line: "echo ready >&2; exec >&-; sleep 60", Stdout: true})
	if _, err := p.Stdout.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("got %v, want the end of the output", err)
	}
	got := fmt.Sprint(p.Lost("the command has closed its output"))
	if want := "exec:echo ready >&2; exec >&-; sleep 60: the command has closed its output: ready"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(p.Fail(errors.New("no sound"))), "exec:echo ready >&2; exec >&-; sleep 60: no sound: ready"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestWaitReturnsTheCauseOfTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	p := start(t, ctx, Command{Line: "sleep 60"})
	why := errors.New("nobody needs the program any more")
	cancel(why)
	if err := p.Wait(); err != why {
		t.Errorf("got %v, want %v", err, why)
	}
}

func TestAProgramGetsTheEnvironmentAndItsOwnVariables(t *testing.T) {
	t.Setenv("MOONLARK_TEST_OURS", "ours")
	t.Setenv("MOONLARK_TEST_BOTH", "ours")
	err := Run(t.Context(), Command{
		Line: `echo "$MOONLARK_TEST_OURS $MOONLARK_TEST_BOTH $MOONLARK_TEST_ITS"`,
		Env:  []string{"MOONLARK_TEST_ITS=its", "MOONLARK_TEST_BOTH=its"},
	}, nil, func(stdout io.Reader) error {
		b, err := io.ReadAll(stdout)
		if got, want := string(b), "ours its its\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestStandardErrorIsLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	p := start(t, t.Context(), Command{
		Line: `echo hello >&2; echo >&2; printf 'and \377 more' >&2`,
		Log:  slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"msg=hello\n", `msg="and \\xff more"` + "\n"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("got %s, want %s in it", &log, want)
		}
	}
	if n := strings.Count(log.String(), "\n"); n != 2 {
		t.Errorf("got %d lines, want 2: %s", n, &log)
	}
}

func TestLongLinesAreSplit(t *testing.T) {
	var lines []string
	ReadLines(strings.NewReader("one\r\n\n \t\n\ttwo\n"+strings.Repeat("x", maxLine+1)), func(line string) { lines = append(lines, line) })
	if got, want := fmt.Sprintf("%.8q", lines), `["one" "\ttwo" "xxxxxxxx" "x"]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// This test shows the effect of SIGPIPE on a shell loop. The shell reports the error of each echo
// and continues, so the loop would never end if SIGPIPE were ignored.
func TestProgramsGetTheDefaultSIGPIPE(t *testing.T) {
	signal.Ignore(syscall.SIGPIPE) // the program that started Moonlark may have ignored SIGPIPE
	defer signal.Reset(syscall.SIGPIPE)
	CatchSIGPIPE()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	if _, err := w.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("a write to a closed pipe: got %v, want EPIPE", err)
	}
	w.Close()

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, line := range []string{"yes | head -1", "(while :; do echo y; done) | head -1"} {
		err = Run(ctx, Command{Line: line}, nil, func(stdout io.Reader) error {
			b, err := io.ReadAll(stdout)
			if string(b) != "y\n" {
				t.Errorf("%s: got %q", line, b)
			}
			return err
		})
		if err != nil {
			t.Errorf("%s: got %v, want that it ends", line, err)
		}
	}
}
