package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"

	"golang.org/x/term"

	"moonlark/engine"
	"moonlark/engine/face/record"
	"moonlark/engine/safetext"
	"moonlark/engine/tool"
)

type replayCommand struct {
	File    string   `arg:"" help:"Recording that run --record has written, or a folder, whose newest recording is used."`
	Scripts []string `arg:"" optional:"" name:"script" help:"With --check: Lua files whose tools are called."`

	HTTP            string `name:"http" default:"127.0.0.1:0" placeholder:"HOST:PORT" help:"Address of this machine on which the page is served (a free port)."`
	Check           bool   `help:"Do not serve a page: call the recorded tool calls again with the scripts, and compare the results."`
	Yes             bool   `help:"With --check: also call tools that may change something, without asking."`
	permissionFlags `embed:""`
	pinFlags        `embed:""`
	limitFlags      `embed:""`
	logFlags        `embed:""`
}

// Run shows a recording in a browser. With --check, it compares the tool calls of the recording with
// what the scripts return now.
func (c *replayCommand) Run(ctx context.Context, con *console) error {
	switch {
	case !c.Check && len(c.Scripts) > 0:
		return &usageError{errors.New("scripts need --check")}
	case !c.Check:
		return c.show(ctx, con)
	case len(c.Scripts) == 0:
		return &usageError{errors.New("--check needs scripts whose tools are called")}
	}
	return c.check(ctx, con)
}

var errStopped = errors.New("stopped before all calls were compared")

// recordedCalls reads the tool calls of the recording.
func (c *replayCommand) recordedCalls() ([]record.ToolCall, error) {
	path, err := record.Find(c.File)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	calls, err := record.ToolCalls(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return calls, nil
}

// check repeats each recorded tool call and prints one line about each.
func (c *replayCommand) check(ctx context.Context, con *console) error {
	calls, err := c.recordedCalls()
	if err != nil {
		return &usageError{err}
	}
	opts := engine.Options{Scripts: c.Scripts}
	if opts.Permissions, err = c.permissionFlags.settings(); err != nil {
		return &usageError{err}
	}
	if opts.Pins, err = c.pinFlags.chip(); err != nil {
		return &usageError{err}
	}
	defer c.limitFlags.apply(&opts)()
	events, end := c.logFlags.showOnStderr(con)
	defer end()
	opts.Bus = events
	endServers, err := c.mcpServersFlag.addTo(&opts)
	if err != nil {
		return err
	}
	defer endServers()
	session, err := engine.OpenSession(ctx, opts)
	if err != nil {
		return err
	}
	defer session.Close()

	consent := &consent{yes: c.Yes, in: bufio.NewReader(os.Stdin), out: con.stderr, canAsk: term.IsTerminal(int(os.Stdin.Fd())), answers: map[string]bool{}}
	different, skipped := 0, 0
	for i, call := range calls {
		name := safetext.Text(call.Tool)
		allowed, err := consent.allows(ctx, specOf(session.Tools(), call.Tool), call.Tool)
		if ctx.Err() != nil {
			return errStopped
		}
		if err != nil {
			return err
		}
		if !allowed {
			skipped++
			fmt.Fprintf(con.stdout, "%d %s: not called\n", i+1, name)
			continue
		}
		result, err := session.Call(ctx, call.Tool, call.Args)
		if ctx.Err() != nil {
			return errStopped
		}
		if err != nil {
			return err
		}
		if sameResult(call, result) {
			fmt.Fprintf(con.stdout, "%d %s: the same\n", i+1, name)
			continue
		}
		different++
		fmt.Fprintf(con.stdout, "%d %s(%s): different\n  recorded: %s\n  now:      %s\n", i+1, name, safetext.Text(string(call.Args)),
			resultLine(call.Result, call.IsError), resultLine(result.Text, result.IsError))
	}
	fmt.Fprintf(con.stdout, "%d calls: %d the same, %d different, %d not called\n", len(calls), len(calls)-different-skipped, different, skipped)
	if different > 0 {
		return errors.New("results differ from the recording")
	}
	return nil
}

// resultLine returns the result of a tool for a person, on one line.
func resultLine(text string, isError bool) string {
	text = strings.ReplaceAll(safetext.Cut(safetext.Text(text), 500, "..."), "\n", "\\n")
	if isError {
		return "error: " + text
	}
	return text
}

// sameResult reports whether a tool has returned what it returned in the recording. Two JSON texts are
// the same if their values are equal.
func sameResult(recorded record.ToolCall, now tool.Result) bool {
	if recorded.IsError != now.IsError {
		return false
	}
	if recorded.Result == now.Text {
		return true
	}
	a, errA := decode(recorded.Result)
	b, errB := decode(now.Text)
	return errA == nil && errB == nil && reflect.DeepEqual(a, b)
}

// decode returns the value of a JSON text. Numbers keep their digits.
func decode(text string) (value any, err error) {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	if err = d.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("there is more text")
	}
	return value, nil
}

// specOf returns the tool with a name, or nil.
func specOf(specs []*tool.Spec, name string) *tool.Spec {
	for _, spec := range specs {
		if spec.Name == name {
			return spec
		}
	}
	return nil
}

// A consent decides whether a tool may be called again. It asks a person about each tool that may
// change something, once for all its calls.
type consent struct {
	yes     bool // all tools may be called
	canAsk  bool // there is a person at a terminal
	in      *bufio.Reader
	out     io.Writer
	answers map[string]bool
}

// allows reports whether the tool may be called. spec is nil if there is no such tool; the result of
// the call then says so. The error says that a person would have to be asked, and that there is none, or
// that ctx is done.
func (c *consent) allows(ctx context.Context, spec *tool.Spec, name string) (bool, error) {
	if c.yes || spec == nil || spec.Hints != nil && spec.Hints.ReadOnly {
		return true, nil
	}
	if answer, known := c.answers[name]; known {
		return answer, nil
	}
	if !c.canAsk {
		return false, &usageError{fmt.Errorf("%s may change something: it is not read_only. Add --yes to call it anyway", name)}
	}
	fmt.Fprintf(c.out, "%s may change something. Call it again? [y/N] ", name)
	var line string
	read := make(chan error, 1)
	go func() { // reading ends only with the process if the user types nothing
		text, err := c.in.ReadString('\n')
		line = text
		read <- err
	}()
	select {
	case err := <-read:
		if err != nil && err != io.EOF {
			return false, err
		}
	case <-ctx.Done():
		return false, ctx.Err()
	}
	answer := strings.HasPrefix(strings.ToLower(strings.TrimSpace(line)), "y")
	c.answers[name] = answer
	return answer, nil
}
