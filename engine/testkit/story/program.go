package story

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"moonlark/engine/testkit"
)

// A program is a process that a story has started.
type program struct {
	*testkit.Process
	asked time.Time // when the story last asked the process to end
}

func (s *story) exits(ts *testscript.TestScript, args []string) {
	s.ran = append(s.ran, args[1:])
	checkExit(ts, ts.Exec(args[1], args[2:]...), args[0])
}

func checkExit(ts *testscript.TestScript, err error, want string) {
	code := "0"
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = strconv.Itoa(exit.ExitCode())
	} else if err != nil {
		code = err.Error()
	}
	if code != want {
		ts.Fatalf("exit code %s, want %s", code, want)
	}
}

func (s *story) save(ts *testscript.TestScript, args []string) {
	to := ts.MkAbs(args[1])
	ts.Check(os.WriteFile(to+"~", []byte(ts.ReadFile(args[0])), 0o666))
	ts.Check(os.Rename(to+"~", to))
}

func (s *story) start(ts *testscript.TestScript, args []string) {
	name, args := args[0], args[1:]
	input := testkit.Pipe
	if strings.HasPrefix(args[0], "-") {
		inputs := map[string]testkit.Input{"-null": testkit.NoInput, "-socket": testkit.Socket, "-terminal": testkit.Terminal}
		var ok bool
		if input, ok = inputs[args[0]]; !ok {
			ts.Fatalf("%s is none of -null, -socket and -terminal", args[0])
		}
		args = args[1:]
	}
	vars := append(slices.Clone(s.vars), "PWD="+ts.MkAbs("."))
	for len(args) > 0 && strings.Contains(args[0], "=") {
		vars, args = append(vars, args[0]), args[1:]
	}
	if len(args) == 0 {
		ts.Fatalf("no program")
	}
	s.ran = append(s.ran, args)
	s.programs[name] = &program{Process: testkit.Start(s, testkit.Command{
		Path: args[0], Args: args[1:], Dir: ts.MkAbs("."), Env: vars, Input: input,
	})}
}

// program returns the program that the story has started under this name.
func (s *story) program(ts *testscript.TestScript, name string) *program {
	p := s.programs[name]
	if p == nil {
		ts.Fatalf("no program %s was started", name)
	}
	return p
}

func (s *story) typeLine(ts *testscript.TestScript, args []string) {
	ts.Check(s.program(ts, args[0]).Enter(args[1]))
}

func (s *story) press(ts *testscript.TestScript, args []string) {
	p := s.program(ts, args[0])
	key := map[string]string{"ctrl-c": "\x03", "ctrl-d": "\x04", "space": " "}[args[1]]
	if key == "" || !p.OnTerminal() {
		ts.Fatalf("unknown key %s, or the program has no terminal", args[1])
	}
	p.asked = time.Now()
	ts.Check(p.Type(key))
}

func (s *story) closeInput(ts *testscript.TestScript, args []string) {
	p := s.program(ts, args[0])
	p.asked = time.Now()
	ts.Check(p.CloseInput())
}

func (s *story) signal(ts *testscript.TestScript, args []string) {
	sig, ok := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP}[args[1]]
	if !ok {
		ts.Fatalf("unknown signal %s", args[1])
	}
	p := s.program(ts, args[0])
	p.asked = time.Now()
	ts.Check(p.Signal(sig))
}

func (s *story) see(ts *testscript.TestScript, args []string) {
	var text *testkit.Transcript
	var ended chan struct{}
	if args[1] == "heard" {
		text = &s.findAgent(ts, args[0]).received
	} else {
		p := s.program(ts, args[0])
		text, ended = map[string]*testkit.Transcript{"stdout": &p.Stdout, "stderr": &p.Stderr}[args[1]], p.Done
	}
	if text == nil {
		ts.Fatalf("unknown output %s", args[1])
	}
	re, err := regexp.Compile("(?m)" + args[2])
	ts.Check(err)
	groups, err := text.Match(re, ended)
	if err != nil {
		s.show(ts)
		ts.Fatalf("%s of %s: %v", args[1], args[0], err)
	}
	for i, name := range re.SubexpNames() {
		if name != "" {
			ts.Setenv(name, groups[i])
		}
	}
}

func (s *story) ends(ts *testscript.TestScript, args []string) {
	p := s.program(ts, args[0])
	select {
	case <-p.Done:
	case <-time.After(testkit.Timeout):
		s.show(ts)
		ts.Fatalf("%s has not ended within %v", args[0], testkit.Timeout)
	}
	fmt.Fprint(ts.Stdout(), p.Stdout.String())
	fmt.Fprint(ts.Stderr(), p.Stderr.String())
	checkExit(ts, p.Err(), args[1])
	if len(args) == 3 {
		limit, err := time.ParseDuration(args[2])
		ts.Check(err)
		if took := time.Since(p.asked); took > limit {
			ts.Fatalf("%s took %v to end, want at most %v", args[0], took, limit)
		}
	}
}
