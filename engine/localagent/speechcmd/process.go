package speechcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
	"unicode/utf8"

	"moonlark/audio/pcm"
)

// format is that of the wire between us and a command, where no header says
// another.
var format = pcm.Format{Encoding: pcm.S16, Rate: 16000}

// run runs a command line in the shell, with stdin, and gives what it prints to
// read while it still prints. It returns when the command has ended, with all
// that it started; when ctx is over or read returns an error, it is killed.
func run(ctx context.Context, command string, stdin io.Reader, read func(stdout io.Reader) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	cmd := shell(ctx, command)
	cmd.Env = append(os.Environ(), fmt.Sprintf("MOONLARK_RATE=%d", format.Rate))
	cmd.Cancel = func() error { return kill(cmd.Process) }
	cmd.WaitDelay = time.Second // for what it left behind
	cmd.Stdin = stdin
	var said tail
	cmd.Stderr = &said
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { stdout.Close() })() // whoever else has it open
	readErr := read(stdout)
	if readErr != nil {
		cancel(readErr)
	}
	waitErr := cmd.Wait()
	sweep(cmd.Process)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case waitErr != nil && !errors.Is(waitErr, exec.ErrWaitDelay):
		return fmt.Errorf("%s: %w%s", name(command), waitErr, said.reason())
	}
	return nil
}

// name is the command as an error names it.
func name(command string) string {
	const most = 60
	if len(command) > most {
		return strings.ToValidUTF8(command[:most], "") + "..."
	}
	return command
}

// A tail keeps the end of what is written to it: a command that fails says
// why in its last line.
type tail struct{ text []byte }

func (t *tail) Write(p []byte) (int, error) {
	const most = 1000
	t.text = append(t.text, p...)
	if extra := len(t.text) - most; extra > 0 {
		t.text = t.text[:copy(t.text, t.text[extra:])]
	}
	return len(p), nil
}

// reason is the last line, to be added to an error.
func (t *tail) reason() string {
	lines := strings.Split(strings.TrimSpace(string(t.text)), "\n")
	line := strings.TrimSpace(lines[len(lines)-1])
	if line == "" || !utf8.ValidString(line) {
		return ""
	}
	return ": " + line
}
