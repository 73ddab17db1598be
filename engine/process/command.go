package process

import (
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"path/filepath"
)

// A Command describes a program to run. Either Line or Path is required.
type Command struct {
	// Line is the command line, for sh on Unix and for cmd.exe on Windows.
	Line string

	// Path is the absolute path of a program to run without a shell. Args are the words of its
	// command line: the name by which it is called, and the arguments.
	Path string
	Args []string
	// Dir is the folder in which the program runs. Empty means the folder of this process.
	Dir string

	// Env holds environment variables for the program, in the form "NAME=value". The program also
	// gets some variables of this process: environment.go says which. A program that Path names
	// gets fewer of them than the shell of a Line.
	Env []string

	// Stdin says that the program reads its standard input from a pipe, Process.Stdin. If Stdin is
	// false, the program reads from the null device. StdinSize is the size of the pipe's buffer in
	// bytes. It only has an effect on Linux. Zero means the default of the system.
	Stdin     bool
	StdinSize int

	// Stdout says that the program writes its standard output to a pipe, Process.Stdout. If Stdout
	// is false, the output is dropped.
	Stdout bool

	// Stderr says what becomes of the program's standard error.
	Stderr Stderr
	// Log gets each line that the program writes to its standard error, if Stderr is LogStderr. Nil
	// means that the lines are dropped. Errors contain the last line in any case.
	Log *slog.Logger
	// Restarts keeps the lines from being logged in each run, if the command is started again and
	// again. Nil means that all lines are logged.
	Restarts *Restarts
}

// A Stderr says what becomes of the standard error of a program.
type Stderr int

const (
	LogStderr   Stderr = iota // its lines go to Command.Log
	PipeStderr                // the program writes it to a pipe, Process.Stderr
	MergeStderr               // the program writes it to its standard output
	DropStderr                // it is dropped
)

// build returns the command for package exec, without the pipes.
func (c Command) build() *exec.Cmd {
	var cmd *exec.Cmd
	if c.Path == "" {
		cmd = shell(c.Line)
		cmd.Env = environment(c.Env)
	} else {
		cmd = &exec.Cmd{Path: c.Path, Args: c.Args, Env: programEnvironment(c.Env)}
	}
	cmd.Dir = c.Dir
	leadGroup(cmd)
	return cmd
}

// Find returns the absolute path of a program. name is its path, or its name in one of the folders of
// the variable PATH of this process. The error says that there is no such program.
func Find(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		var lookup *exec.Error
		if errors.As(err, &lookup) && errors.Is(err, exec.ErrNotFound) {
			return "", fmt.Errorf("there is no program %q in the folders of PATH", name)
		}
		return "", err
	}
	return filepath.Abs(path)
}

// name returns a name for the command, for errors.
func (c Command) name() string {
	if c.Path != "" {
		return c.Path
	}
	return Name(c.Line)
}

// Name returns a name for a command line, for errors and lists of devices. The name is "exec:" and
// the command line, cut to 40 characters.
func Name(line string) string {
	const max = 40
	if r := []rune(line); len(r) > max {
		line = string(r[:max-3]) + "..."
	}
	return "exec:" + line
}
