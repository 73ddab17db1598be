// Package scripttest runs tests of Lua scripts. The tests are Lua files too: NAME_test.lua has the
// tests of NAME.lua beside it.
//
// A test file and the script under test do not share a Lua state. The state of the test file has
// two more globals than that of a script: test and t. Each test loads the script under test anew,
// when the test first uses the script. Package script loads it, as in the command run, so the
// script has the same globals, executor and limits as in that command. The differences are that its
// clock is a clock.Fake, that its data folder is empty, and that the test may have set fakes.
//
// Test files run at the same time, and the tests of a file one after the other. Each test file has an
// executor, and so has the script that the running test has loaded. A function of t that lets the
// script do something waits, on a goroutine of its own, until the script is at rest; meanwhile the
// goroutine moves the clock forward: see subject.
package scripttest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"moonlark/engine/mcpclient"
	"moonlark/engine/permit"
	"moonlark/engine/script"
	"moonlark/engine/script/vm"
	"moonlark/luastd/store"
)

// suffix is the end of the name of every test file.
const suffix = "_test.lua"

// Options say which tests run, and how. The zero value runs all tests in the current folder.
type Options struct {
	// Paths are test files, scripts whose test files are beside them, and folders, in which test
	// files are looked for at every depth. Empty means the current folder.
	Paths []string
	// Run selects the tests whose names match. Nil means all tests.
	Run *regexp.Regexp
	// Permissions are what the scripts may reach outside of the process. Data is not used: each test
	// has a data folder of its own.
	Permissions permit.Settings
	// MCPServers are the MCP servers of other people that scripts can use, unless a test fakes them. The
	// caller closes them. Nil means that there are none.
	MCPServers *mcpclient.Servers
	// UpdateGolden writes the files with the wanted texts instead of comparing.
	UpdateGolden bool
	// Coverage counts the lines of the scripts under test that run. It may be nil.
	Coverage *script.Coverage
	// Timeout is how long one test may take, in real time. Zero means 10 s.
	Timeout time.Duration
	// Parallel is the maximal number of files that run at the same time. Zero means GOMAXPROCS.
	Parallel int
	// Done is called with the result of each file, in the order of the files, on one goroutine at a
	// time. Nil means that nobody wants to know before Run returns.
	Done func(File)
}

// A File is the result of one test file.
type File struct {
	Path  string
	Tests []Test
	// Err says why the file could not be loaded, and Hint is a suggestion; then there are no Tests.
	Err, Hint string
	// Files are the files that the tests depend on: the test file, the scripts under test, and what
	// they require.
	Files []script.File
	Took  time.Duration // in real time
}

// A Test is the result of one test.
type Test struct {
	Name string
	// Failure says what was wrong; "" if the test has passed.
	Failure string
	// Output is what the script and the test have printed and logged.
	Output []string
	Took   time.Duration // in real time
}

// Failed reports whether the file could not be loaded, or one of its tests has failed.
func (f File) Failed() bool {
	return f.Err != "" || slices.ContainsFunc(f.Tests, func(t Test) bool { return t.Failure != "" })
}

// Run runs the tests and returns the results, in the order of the files. The error says that there are
// no test files, or it is the cause of ctx.
func Run(ctx context.Context, opts Options) ([]File, error) {
	paths, err := Find(opts.Paths)
	if err != nil {
		return nil, err
	}
	data, err := os.MkdirTemp("", "moonlark-test-")
	if err != nil {
		return nil, err
	}
	defer func() {
		store.CloseUnused(data)
		os.RemoveAll(data)
	}()
	if opts.Timeout == 0 {
		opts.Timeout = 10 * time.Second
	}
	if opts.Parallel == 0 {
		opts.Parallel = runtime.GOMAXPROCS(0)
	}
	heap := vm.NewHeap(0)
	defer heap.Close()
	r := &runner{opts: opts, data: data, slots: vm.NewSlots(0), heap: heap}
	files := make([]File, len(paths))
	done := make([]chan struct{}, len(paths))
	for i := range done {
		done[i] = make(chan struct{})
	}
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(opts.Parallel, len(paths)) {
		workers.Go(func() {
			for i := range next {
				files[i] = r.runFile(ctx, paths[i])
				close(done[i])
			}
		})
	}
	workers.Go(func() {
		defer close(next)
		for i := range paths {
			select {
			case next <- i:
			case <-ctx.Done():
				return
			}
		}
	})
	defer workers.Wait()
	for i := range files {
		select {
		case <-done[i]:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if opts.Done != nil && ctx.Err() == nil {
			opts.Done(files[i])
		}
	}
	return files, context.Cause(ctx)
}

// Find returns the paths of the test files that Options.Paths name, each once.
func Find(paths []string) ([]string, error) {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	var found []string
	for _, path := range paths {
		more, err := find(filepath.Clean(path))
		if err != nil {
			return nil, err
		}
		for _, p := range more {
			if !slices.Contains(found, p) {
				found = append(found, p)
			}
		}
	}
	return found, nil
}

func find(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, errors.Unwrap(err))
	}
	if !info.IsDir() {
		if strings.HasSuffix(path, suffix) {
			return []string{path}, nil
		}
		test := strings.TrimSuffix(path, ".lua") + suffix
		if _, err := os.Stat(test); err != nil {
			return nil, fmt.Errorf("%s has no tests: there is no file %s", path, test)
		}
		return []string{test}, nil
	}
	var found []string
	err = filepath.WalkDir(path, func(p string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && p != path && strings.HasPrefix(entry.Name(), "."):
			return filepath.SkipDir
		case !entry.IsDir() && strings.HasSuffix(p, suffix) && filepath.Base(p) != suffix:
			found = append(found, p)
		}
		return nil
	})
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%s: there is no test file: the names of test files end with %s", path, suffix)
	}
	return found, err
}

// scriptOf returns the path of the script that the test file tests.
func scriptOf(testFile string) string { return strings.TrimSuffix(testFile, suffix) + ".lua" }

// A runner has what all test files share. Any goroutine may use it.
type runner struct {
	opts  Options
	data  string // the folder that contains the data folders of all tests
	slots *vm.Slots
	heap  *vm.Heap
	runs  atomic.Int64 // number of tests that have begun
}
