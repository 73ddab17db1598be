package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/filewatch"
	"moonlark/engine/script"
	"moonlark/engine/scripttest"
)

type testCommand struct {
	Paths    []string      `arg:"" optional:"" name:"path" help:"Test files, scripts with a test file, or folders. The default is the current folder."`
	Match    string        `name:"run" placeholder:"REGEXP" help:"Run only the tests whose names match REGEXP."`
	Watch    bool          `help:"Run the tests again each time that a file that they depend on is saved."`
	Update   bool          `help:"Write the files of t.golden instead of comparing."`
	Timeout  time.Duration `default:"10s" help:"End a test that takes this long (${default})."`
	Parallel int           `placeholder:"N" help:"Run at most N test files at the same time. The default is the number of processors."`
	Cover    bool          `help:"Print how many lines of the scripts have run, and which have not."`
	LCOV     string        `name:"lcov" placeholder:"FILE" help:"Write the coverage to FILE, in the format of lcov."`
	JUnit    string        `name:"junit" placeholder:"FILE" help:"Write the results to FILE, in the format of JUnit."`
	TAP      bool          `name:"tap" help:"Print the results in the Test Anything Protocol."`

	grantFlags     `embed:""`
	mcpServersFlag `embed:""`
}

// errTestsFailed is the error of the command if a test has failed. The tests have been printed.
var errTestsFailed = &shownError{errors.New("a test has failed")}

// Run runs the tests of Lua scripts.
func (c *testCommand) Run(ctx context.Context, con *console) error {
	opts := scripttest.Options{Paths: c.Paths, UpdateGolden: c.Update, Timeout: c.Timeout, Parallel: c.Parallel}
	var err error
	if c.Match != "" {
		if opts.Run, err = regexp.Compile(c.Match); err != nil {
			return &usageError{fmt.Errorf("--run: %w", err)}
		}
	}
	if c.Timeout <= 0 || c.Parallel < 0 {
		return &usageError{errors.New("--timeout and --parallel must be positive")}
	}
	if opts.Permissions, err = c.grantFlags.grants(); err != nil {
		return &usageError{err}
	}
	if _, err := scripttest.Find(c.Paths); err != nil {
		return &usageError{err}
	}
	if opts.MCPServers, err = c.mcpServersFlag.open(new(bus.Bus)); err != nil {
		return err
	}
	defer opts.MCPServers.Close()
	if c.Watch {
		return c.watch(ctx, con, opts)
	}
	_, err = c.runOnce(ctx, con, opts)
	return err
}

// runOnce runs the tests and prints the results. It returns the files that the tests depend on.
func (c *testCommand) runOnce(ctx context.Context, con *console, opts scripttest.Options) ([]script.File, error) {
	began := time.Now()
	if c.Cover || c.LCOV != "" {
		opts.Coverage = script.NewCoverage()
	}
	if !c.TAP {
		opts.Done = func(f scripttest.File) {
			if c.Match == "" || f.Err != "" || len(f.Tests) > 0 {
				scripttest.WriteText(con.stdout, f)
			}
		}
	}
	results, err := scripttest.Run(ctx, opts)
	if err != nil {
		return nil, err
	}
	var files []script.File
	for _, f := range results {
		files = append(files, f.Files...)
	}
	summary := scripttest.Summarize(results)
	if c.TAP {
		scripttest.WriteTAP(con.stdout, results) // the console keeps the error
	} else {
		fmt.Fprintf(con.stdout, "%s, %s\n", summary, time.Since(began).Round(time.Millisecond))
	}
	if err := c.writeFiles(con, opts, results); err != nil {
		return files, err
	}
	switch {
	case summary.Failed():
		return files, errTestsFailed
	case summary.Tests == 0 && opts.Run != nil:
		return files, fmt.Errorf("no test has a name that matches %s", c.Match)
	}
	return files, nil
}

// writeFiles prints the coverage and writes the files that the flags name.
func (c *testCommand) writeFiles(con *console, opts scripttest.Options, results []scripttest.File) error {
	var b bytes.Buffer
	if c.JUnit != "" {
		if err := scripttest.WriteJUnit(&b, results); err != nil {
			return err
		}
		if err := os.WriteFile(c.JUnit, b.Bytes(), 0o666); err != nil {
			return err
		}
	}
	if opts.Coverage == nil {
		return nil
	}
	lines := opts.Coverage.Files()
	if c.Cover {
		out := con.stdout
		if c.TAP {
			out = con.stderr
		}
		scripttest.WriteCoverage(out, lines) // the console keeps the error
	}
	if c.LCOV != "" {
		b.Reset()
		scripttest.WriteLCOV(&b, lines) // cannot fail
		return os.WriteFile(c.LCOV, b.Bytes(), 0o666)
	}
	return nil
}

// watch runs the tests now and after each save, until ctx is done or nobody reads stdout. New test
// files in a folder are found at the next save of another file.
func (c *testCommand) watch(ctx context.Context, con *console, opts scripttest.Options) error {
	ctx, cancel := con.stdout.untilFailed(ctx)
	defer cancel()
	con.onExit(exitOK, func() {})
	var files []script.File
	run := func() {
		latest, err := c.runOnce(ctx, con, opts)
		if ctx.Err() != nil {
			return
		}
		if len(latest) > 0 {
			files = latest
		}
		report(con.stderr, err)
	}
	run()
	const all = "tests" // one name for all files, so that a save of any of them runs the tests
	w := filewatch.New([]string{all}, func(string) []script.File { return files }, func(string) { run() }, func(text string) {
		fmt.Fprintf(con.stderr, "moonlark: %s\n", text)
	})
	defer w.Close()
	<-ctx.Done()
	return nil
}
