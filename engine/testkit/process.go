package testkit

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A Command describes a program to start.
type Command struct {
	Path string   // path of the program
	Args []string // arguments, without the name of the program
	Dir  string   // working directory; empty means the working directory of the test

	// Env is the environment, each element as "NAME=value". Nil means the environment of the test.
	Env []string

	// Input says what the standard input of the program is. The zero value is a pipe.
	Input Input

	// Line is called with each line of the standard output, without the newline. It must not keep
	// the slice. Nil collects the output in Process.Stdout.
	Line func(line []byte)

	// MaxMemory is the maximum memory of the process in bytes. If the process uses more, it is
	// killed and the test fails. The race detector itself needs memory, so the limit is four times
	// as high with it. Zero means no limit. MaxMemory works only on Linux.
	MaxMemory uint64
}

// An Input says what the standard input of a Process is.
type Input int

const (
	Pipe    Input = iota // a pipe, to which Process.Type writes
	NoInput              // the null device
	Socket               // a Unix socket, as Node.js gives to the programs that it starts
	// a terminal, which is also standard output and standard error; requires HasTerminals
	Terminal
)

// A Process is a program that runs during a test.
type Process struct {
	Stdout, Stderr Transcript    // output so far; the output to a terminal is in Stdout
	Done           chan struct{} // closed when the process has ended and all its output was read

	t        TB
	cmd      *exec.Cmd
	input    io.WriteCloser // nil for NoInput
	terminal *terminal      // nil unless Input is Terminal
	memory   atomic.Uint64  // maximum memory that limitMemory has measured, in bytes
	err      error          // error of exec.Cmd.Wait; set before Done is closed
	limiter  sync.WaitGroup // waits for the goroutine that runs limitMemory
}

// Start starts a program. At the end of the test, the process is killed if it is still running.
func Start(t TB, c Command) *Process {
	t.Helper()
	p := &Process{t: t, Done: make(chan struct{}), cmd: exec.Command(c.Path, c.Args...)}
	p.cmd.Dir, p.cmd.Env = c.Dir, c.Env
	if p.cmd.Env == nil {
		p.cmd.Env = os.Environ()
	}
	// a program with the race detector would otherwise sleep for 1 s before it ends
	p.cmd.Env = append(p.cmd.Env, "GORACE=atexit_sleep_ms=10")
	// the program's own children can keep its output open after its end
	p.cmd.WaitDelay = time.Second
	p.cmd.Stdout, p.cmd.Stderr = &p.Stdout, &p.Stderr
	var stdout io.Reader // standard output, if c.Line reads it
	var err error
	if c.Line != nil {
		p.cmd.Stdout = nil
		stdout, err = p.cmd.StdoutPipe()
	}
	switch {
	case err != nil:
	case c.Input == Pipe:
		p.input, err = p.cmd.StdinPipe()
	case c.Input == Socket:
		var stdin *os.File
		if stdin, p.input, err = openSocket(); err == nil {
			defer stdin.Close()
			p.cmd.Stdin = stdin
		}
	case c.Input == Terminal:
		if p.terminal, err = openTerminal(p.cmd, &p.Stdout); err == nil {
			p.input = p.terminal
		}
	}
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatalf("start %s: %v", c.Path, err)
	}
	go func() {
		defer close(p.Done)
		if stdout != nil {
			readLines(stdout, c.Line)
		}
		p.err = p.cmd.Wait()
		if p.terminal != nil {
			p.err = errors.Join(p.err, p.terminal.end())
		}
	}()
	if limit := c.MaxMemory; limit > 0 {
		if Race {
			limit *= 4
		}
		p.limiter.Go(func() { p.limitMemory(limit) })
	}
	t.Cleanup(p.Kill)
	return p
}

func readLines(r io.Reader, line func([]byte)) {
	for lines := bufio.NewReader(r); ; {
		text, err := lines.ReadBytes('\n')
		if err != nil {
			return // the last line is lost if the process ends before its newline
		}
		line(bytes.TrimSuffix(text, []byte("\n")))
	}
}

// Kill kills the process and waits for its end. It may be called more than once.
func (p *Process) Kill() {
	p.cmd.Process.Kill()
	<-p.Done
	p.limiter.Wait()
}

// Signal sends the signal sig to the process.
func (p *Process) Signal(sig os.Signal) error { return p.cmd.Process.Signal(sig) }

// PID returns the number of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Type writes text to the standard input. The Enter key is "\n" for a pipe and "\r" for a terminal.
func (p *Process) Type(text string) error {
	if p.input == nil {
		return errors.New("the process has no input")
	}
	_, err := io.WriteString(p.input, text)
	return err
}

// Enter writes a line to the standard input, followed by the Enter key.
func (p *Process) Enter(line string) error {
	if p.terminal != nil {
		return p.Type(line + "\r")
	}
	return p.Type(line + "\n")
}

// CloseInput closes the standard input of the process.
func (p *Process) CloseInput() error { return p.input.Close() }

// OnTerminal reports whether the process has a terminal.
func (p *Process) OnTerminal() bool { return p.terminal != nil }

// Err waits for the end of the process. It returns the error of [exec.Cmd.Wait], or an error that
// says how the process has changed the settings of its terminal.
func (p *Process) Err() error {
	<-p.Done
	return p.err
}

// Wait waits for the end of the process and returns the exit code. If the process does not end
// within timeout, the test fails, and Wait calls EndWithStacks and returns -1.
func (p *Process) Wait(timeout time.Duration) int {
	p.t.Helper()
	select {
	case <-p.Done:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(timeout):
	}
	p.t.Errorf("the process has not ended within %v", timeout)
	p.EndWithStacks()
	return -1
}

// EndWithStacks ends the process with SIGQUIT, which makes Go print all stacks on the standard
// error. It does nothing if the process has ended.
func (p *Process) EndWithStacks() {
	select {
	case <-p.Done:
		return
	default:
	}
	p.Signal(syscall.SIGQUIT)
	select {
	case <-p.Done:
	case <-time.After(Timeout):
		p.Kill()
	}
}

// Terminate ends the process with SIGTERM, as a service manager does. It returns how long the
// process took to end. The test fails if the exit code is not 0.
func (p *Process) Terminate() time.Duration {
	p.t.Helper()
	began := time.Now()
	if err := p.Signal(syscall.SIGTERM); err != nil {
		p.t.Errorf("terminate: %v", err)
	}
	if code := p.Wait(Timeout); code != 0 {
		p.t.Errorf("exit code %d after SIGTERM, want 0", code)
	}
	return time.Since(began)
}

// MaxMemory returns the maximum memory that the process has used, in bytes. The result is 0 unless
// Command.MaxMemory was set.
func (p *Process) MaxMemory() uint64 { return p.memory.Load() }

// CPU returns how much processor time the process has used, in steps of 10 ms. It returns 0 on
// systems without /proc.
func (p *Process) CPU() time.Duration {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	_, fields, _ := strings.Cut(string(text), ") ") // the name of the program ends with ")"
	var state string
	var skipped, user, system int64
	fmt.Sscan(fields, &state, &skipped, &skipped, &skipped, &skipped, &skipped, &skipped, &skipped,
		&skipped, &skipped, &skipped, &user, &system)
	return time.Duration(user+system) * 10 * time.Millisecond
}

// OpenFiles returns how many files the process has open. It returns 0 on systems without /proc.
func (p *Process) OpenFiles() int {
	files, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
	return len(files)
}

// limitMemory kills the process when it uses more than limit bytes, so that a failing test does not
// use all memory of the machine. It runs on its own goroutine until the process has ended.
func (p *Process) limitMemory(limit uint64) {
	for {
		select {
		case <-p.Done:
			return
		case <-time.After(10 * time.Millisecond):
		}
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
		if err != nil {
			return
		}
		var size, resident uint64 // numbers of memory pages
		fmt.Sscan(string(text), &size, &resident)
		resident *= uint64(os.Getpagesize())
		p.memory.Store(max(p.memory.Load(), resident))
		if resident > limit {
			p.t.Errorf("the process uses %d MiB of memory", resident>>20)
			p.cmd.Process.Kill()
			return
		}
	}
}
