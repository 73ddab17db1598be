package script

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonlark/engine/tool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A fixture is a set of scripts in a temporary folder. It records what the scripts print and log.
type fixture struct {
	*Scripts
	t   testing.TB
	dir string

	mu    sync.Mutex // guards the fields below
	lines []string   // printed lines as "print: text", logged lines as "LEVEL: text"
	ids   int        // number of tool calls so far, from which call IDs are made
}

// newFixture makes a fixture without scripts. It registers Close as a cleanup of the test.
func newFixture(t testing.TB, opts Options) *fixture {
	f := &fixture{t: t, dir: t.TempDir()}
	opts.Print = func(script, text string) { f.record("print: " + text) }
	opts.Log = func(script string, level slog.Level, text string) { f.record(level.String() + ": " + text) }
	f.Scripts = New(opts)
	t.Cleanup(f.Close)
	return f
}

// load makes a fixture and loads the script a.lua with this source.
func load(t testing.TB, source string) *fixture {
	t.Helper()
	f := newFixture(t, Options{})
	f.write("a.lua", source)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	return f
}

// record appends a line to f.lines, without the path of the temporary folder.
func (f *fixture) record(line string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lines = append(f.lines, strings.ReplaceAll(line, f.dir+string(filepath.Separator), ""))
}

// path returns the path of the file called name in the temporary folder.
func (f *fixture) path(name string) string { return filepath.Join(f.dir, name) }

// write writes a file called name, with this source, into the temporary folder.
func (f *fixture) write(name, source string) {
	f.t.Helper()
	if err := os.WriteFile(f.path(name), []byte(source), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

// start calls the tool called name with the JSON arguments args. The returned channel receives the
// tool result.
func (f *fixture) start(name, args string) <-chan tool.Result {
	// has room for a second result, which would be an error
	answer := make(chan tool.Result, 2)
	f.mu.Lock()
	f.ids++
	id := fmt.Sprint("call-", f.ids)
	f.mu.Unlock()
	f.Call(&Call{ID: id, Name: name, Args: json.RawMessage(args), Reply: func(_ *Call, r tool.Result) { answer <- r }})
	return answer
}

// await waits for a tool result from the channel and returns it.
func (f *fixture) await(answer <-chan tool.Result) tool.Result {
	f.t.Helper()
	select {
	case r := <-answer:
		r.Text = strings.ReplaceAll(r.Text, f.dir+string(filepath.Separator), "")
		return r
	case <-time.After(60 * time.Second):
		f.t.Fatal("no answer in a minute")
		return tool.Result{}
	}
}

// call calls the tool called name with the JSON arguments args and returns the tool result.
func (f *fixture) call(name, args string) tool.Result {
	f.t.Helper()
	return f.await(f.start(name, args))
}

// want calls the tool called name with the JSON arguments args. It fails the test if the text of
// the result is not want. For an error result, want is "! " and the text.
func (f *fixture) want(name, args, want string) {
	f.t.Helper()
	r := f.call(name, args)
	got := r.Text
	if r.IsError {
		got = "! " + got
	}
	if got != want {
		f.t.Errorf("%s(%s) returned %q, want %q", name, args, got, want)
	}
}

// until waits until a printed or logged line contains text.
func (f *fixture) until(text string) {
	f.t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		if f.hasLine(text) {
			return
		}
		if time.Now().After(end) {
			f.t.Fatalf("no line contains %q; the lines are:\n%s", text, f.all())
		}
	}
}

// hasLine reports whether a printed or logged line contains text.
func (f *fixture) hasLine(text string) bool { return strings.Contains(f.all(), text) }

// all returns all printed and logged lines as one text.
func (f *fixture) all() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.lines, "\n")
}

// reload reloads a.lua. It fails the test if the reload fails.
func (f *fixture) reload() {
	f.t.Helper()
	if _, err := f.Reload(f.path("a.lua")); err != nil {
		f.t.Fatal(err)
	}
}

// printed returns the lines that the scripts printed, joined with ", ".
func (f *fixture) printed() string {
	var lines []string
	for line := range strings.Lines(f.all() + "\n") {
		if text, ok := strings.CutPrefix(strings.TrimSpace(line), "print: "); ok {
			lines = append(lines, text)
		}
	}
	return strings.Join(lines, ", ")
}
