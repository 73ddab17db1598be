//go:build unix

package process

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// outputOf runs a command line and returns its output.
func outputOf(ctx context.Context, line string, input []byte, env ...string) (string, error) {
	var out []byte
	err := Run(ctx, Command{Line: line, Env: env}, input, func(stdout io.Reader) (err error) {
		out, err = io.ReadAll(stdout)
		return err
	})
	return string(out), err
}

func TestRunPassesInputAndOutput(t *testing.T) {
	t.Parallel()
	input := bytes.Repeat([]byte("0123456789abcdef"), 64<<10) // 1 MiB, more than a pipe holds
	got, err := outputOf(t.Context(), "cat", input)
	if err != nil || got != string(input) {
		t.Errorf("got %d bytes, %v, want the %d of the input", len(got), err, len(input))
	}
	for _, line := range []string{"true", "exec <&-; sleep 0.05"} {
		if got, err := outputOf(t.Context(), line, input); err != nil || got != "" {
			t.Errorf("%s, which reads no input: got %q, %v", line, got, err)
		}
	}
}

func TestOutputIsReadWhileTheProgramRuns(t *testing.T) {
	t.Parallel()
	gate := filepath.Join(t.TempDir(), "gate")
	if err := syscall.Mkfifo(gate, 0o600); err != nil {
		t.Fatal(err)
	}
	err := Run(t.Context(), Command{Line: `echo one; read go <"$GATE"; echo two`, Env: []string{"GATE=" + gate}}, nil, func(stdout io.Reader) error {
		one := make([]byte, 4)
		if _, err := io.ReadFull(stdout, one); err != nil {
			return err
		}
		if err := os.WriteFile(gate, []byte("go\n"), 0o600); err != nil {
			return err
		}
		two, err := io.ReadAll(stdout)
		if string(two) != "two\n" {
			t.Errorf("got %q", two)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestRunReturnsTheErrorOfTheReader(t *testing.T) {
	t.Parallel()
	want := errors.New("enough")
	if err := Run(t.Context(), Command{Line: "yes"}, nil, func(io.Reader) error { return want }); err != want {
		t.Errorf("got %v, want %v", err, want)
	}
}

func TestRunReturnsTheCauseOfTheContext(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"sleep 60", "yes", "sleep 60 & yes"} {
		want := errors.New("nobody needs the program any more")
		ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, want)
		if _, err := outputOf(ctx, line, nil); err != want {
			t.Errorf("%s: got %v, want %v", line, err, want)
		}
		cancel()
	}
}

// In this test the shell exits, but its child still holds the output pipe open.
func TestOutputOfAChildIsReadAfterTheShellHasExited(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, line, want string }{
		{"a child that goes on writing is read to its end", "(for i in 1 2 3 4; do sleep 0.3; echo $i; done) & echo 0", "0\n1\n2\n3\n4\n"},
		{"a child that writes nothing is ended", `sleep 60 & echo $! >"$F"; echo done`, "done\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if testing.Short() {
				t.Skip("takes over a second of real time")
			}
			t.Parallel()
			file := filepath.Join(t.TempDir(), "pid")
			got, err := outputOf(t.Context(), row.line, nil, "F="+file)
			if err != nil || got != row.want {
				t.Errorf("got %q, %v, want %q", got, err, row.want)
			}
			if _, err := os.Stat(file); err == nil && alive(readPID(t, file)) {
				t.Error("the child still runs")
			}
		})
	}
}
