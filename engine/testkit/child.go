package testkit

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A Child is a moonlark process that runs scripts and writes its events as JSON. The test reads
// these events with the embedded Events.
type Child struct {
	*Process
	*Events
	Dir string // folder of the scripts, and working directory of the process

	t testing.TB
}

// ChildOptions describe the process of a Child.
type ChildOptions struct {
	URL       string            // WebSocket URL of the agent
	Files     map[string]string // contents of the files to create in Dir, by file name
	Scripts   []string          // file names of the scripts to run
	Flags     []string          // more flags of moonlark run
	Sound     bool              // let Flags select a speaker and a microphone: leave out --headless
	Env       []string          // more environment variables, each as "NAME=value"
	Skip      func(*Event) bool // reports whether to ignore an event; nil ignores none
	MaxMemory uint64            // maximum memory in bytes: see Command.MaxMemory
}

// StartChild starts moonlark run without a terminal and with the log level debug. If the test
// fails, the test's log contains the last events and the standard error of the process.
func StartChild(t testing.TB, opts ChildOptions) *Child {
	t.Helper()
	binary := Moonlark(t)
	c := &Child{t: t, Dir: t.TempDir(), Events: &Events{TB: t, Skip: opts.Skip}}
	for name, source := range opts.Files {
		c.Save(name, source)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("stderr:\n%.5000s\nthe last events:\n%s", c.Stderr.String(), c.Events)
		}
	})
	args := []string{"run", "--json", "--log-level", "debug", "--url", opts.URL}
	if !opts.Sound {
		args = append(args, "--headless")
	}
	args = append(append(args, opts.Flags...), opts.Scripts...)
	c.Process = Start(t, Command{
		Path: binary, Args: args, Dir: c.Dir, Input: NoInput, Line: c.Events.Line, MaxMemory: opts.MaxMemory,
		Env: append(append(os.Environ(), "HTTP_PROXY=", "HTTPS_PROXY="), opts.Env...),
	})
	return c
}

// Save writes a file to Dir in the way editors do: it writes a temporary file, and gives this file
// the name of the old one.
func (c *Child) Save(name, source string) {
	c.t.Helper()
	path := filepath.Join(c.Dir, name)
	if err := os.WriteFile(path+"~", []byte(source), 0o600); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Rename(path+"~", path); err != nil {
		c.t.Fatal(err)
	}
}

// WaitFor waits for an event of type kind whose text or hint matches pattern. The test fails if no
// such event comes: see Events.Until.
func (c *Child) WaitFor(kind, pattern string) {
	c.t.Helper()
	c.Events.Until(c.Process, kind, regexp.MustCompile(pattern))
}

// Terminate ends the process with SIGTERM. The test fails if the exit code is not 0, if the process
// takes more than 15 s to end, or if it has crashed.
func (c *Child) Terminate() {
	c.t.Helper()
	if took := c.Process.Terminate(); took > 15*time.Second { // an idle machine needs at most 2 s
		c.t.Errorf("the process took %v to end", took)
	}
	c.CheckNoCrash()
}

var crash = regexp.MustCompile("panic|fatal error|DATA RACE")

// CheckNoCrash fails the test if the output of the process shows a crash. Call it after the process
// has ended.
func (c *Child) CheckNoCrash() {
	c.t.Helper()
	if text := c.Stderr.String(); crash.MatchString(text) {
		c.t.Errorf("stderr has %.5000s", text)
	}
	for _, e := range c.All("") {
		if strings.Contains(e.Text, "panic") || strings.Contains(e.Text, "crashed") {
			c.t.Errorf("%s: %.2000s", e.Type, e.Text)
		}
	}
}
