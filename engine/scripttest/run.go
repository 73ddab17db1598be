package scripttest

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"moonlark/engine/clock"
	"moonlark/engine/pins/sim"
	"moonlark/engine/screen"
	"moonlark/engine/script"
	"moonlark/luastd/store"
)

const (
	maxOutput   = 1000 // the maximal number of lines of output that a test keeps
	maxFailures = 20   // the maximal number of errors that a test keeps
)

// A testRun is a test that runs. The mutex of its file guards the fields output, failures and files.
type testRun struct {
	file   *testFile
	name   string
	began  time.Time
	data   string // the folder for the data of the script
	clock  *clock.Fake
	pins   *sim.Chip      // the pins of the script
	screen *screen.Screen // what the script shows
	fakes  *fakes

	ctx    context.Context // done when the test has ended
	cancel func()          // ends ctx
	ended  bool            // the test has ended; only the executor of the test file uses it
	users  sync.WaitGroup  // counts the goroutines that use the script under test

	mu      sync.Mutex // guards the two fields below; locked while the script is loaded or closed
	script  string     // path of the script under test
	subject *subject   // nil until the script is loaded

	output   []string
	failures []string // errors that nobody else gets
	files    []script.File
}

// startTime is the time at which every test begins: noon, in the time zone of the machine.
func startTime() time.Time { return time.Date(2026, time.January, 1, 12, 0, 0, 0, time.Local) }

// newTestRun returns the run of the next test of the file. The caller must call end.
func newTestRun(f *testFile, name string) *testRun {
	t := &testRun{
		file: f, name: name, began: time.Now(), script: f.script,
		data:  filepath.Join(f.data, strconv.FormatInt(f.runs.Add(1), 10)),
		clock: clock.NewFake(startTime()), fakes: new(fakes),
	}
	t.pins, t.screen = sim.New(t.clock), screen.New(t.clock)
	t.ctx, t.cancel = context.WithCancel(f.ctx)
	return t
}

// write adds a line to the output. The caller holds the mutex of the file.
func (t *testRun) write(text string) {
	t.output = appendUpTo(maxOutput, t.output, text)
}

// print adds a line to the output. Any goroutine may call it.
func (t *testRun) print(text string) {
	t.file.mu.Lock()
	defer t.file.mu.Unlock()
	t.write(text)
}

// addFailure appends an error to failures: see fail. The caller holds the mutex of the file.
func (t *testRun) addFailure(text string) {
	t.failures = appendUpTo(maxFailures, t.failures, text)
}

// appendUpTo appends text to list, which gets at most max texts and then "...".
func appendUpTo(max int, list []string, text string) []string {
	switch {
	case len(list) < max:
		return append(list, text)
	case len(list) == max:
		return append(list, "...")
	}
	return list
}

// fail records an error of an event handler, a timer or a spawned function of the script, which has
// no caller that could receive the error. The test fails unless it calls t.script_errors. Any
// goroutine may call fail.
func (t *testRun) fail(text string) {
	t.file.mu.Lock()
	defer t.file.mu.Unlock()
	t.addFailure(text)
}

// takeFailures returns the errors that fail has recorded, and removes them, so that they do not
// fail the test.
func (t *testRun) takeFailures() []string {
	t.file.mu.Lock()
	defer t.file.mu.Unlock()
	failures := t.failures
	t.failures = nil
	return failures
}

// depend records that the test depends on these files.
func (t *testRun) depend(files []script.File) {
	t.file.mu.Lock()
	defer t.file.mu.Unlock()
	t.files = append(t.files, files...)
}

// load returns the script under test, and loads it if that has not been done. Any goroutine may call
// it.
func (t *testRun) load(ctx context.Context) (*subject, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.subject == nil {
		s, err := newSubject(ctx, t)
		if err != nil {
			return nil, err
		}
		t.subject = s
	}
	return t.subject, nil
}

// unload closes the script under test. The next call of load loads the script at path or, if path
// is "", the same script again. Do not call unload on the executor of a script.
func (t *testRun) unload(path string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.script = cmp.Or(path, t.script)
	if s := t.subject; s != nil {
		t.depend(s.scripts.Files(s.path))
		s.scripts.Close()
		t.subject = nil
	}
}

// end interrupts the goroutines that use the script under test, waits for them, closes the script and
// deletes its data. No goroutine may begin to use the script any more.
func (t *testRun) end() {
	t.cancel()
	t.users.Wait()
	t.unload("")
	store.CloseUnused(t.data)
	os.RemoveAll(t.data)
}
