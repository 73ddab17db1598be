package files_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
	"go.uber.org/goleak"

	"moonlark/engine/permit"
	"moonlark/engine/testkit"
	"moonlark/luastd"
	"moonlark/luastd/files"
	"moonlark/luastd/luastdtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A disk is a module with functions whose work does not respond.
type disk struct {
	working atomic.Int32 // number of pieces of work that run
	closed  atomic.Int32 // number of results that have been closed
	respond chan struct{}
}

// Close counts a result that is closed.
func (d *disk) Close() error { d.closed.Add(1); return nil }

func (d *disk) module() luastd.Module {
	return luastd.Module{Name: "disk", Open: func(L *lua.LState, rt luastd.Runtime) lua.LValue {
		runner := files.NewRunner(rt)
		function := func(timeout time.Duration, work func(ctx context.Context) (any, error)) *lua.LFunction {
			return L.NewFunction(func(L *lua.LState) int {
				if _, err := runner.Run(L, "disk.f", timeout, work); err != nil {
					return files.PushFailure(L, "a.txt", err)
				}
				L.Push(lua.LString("done"))
				return 1
			})
		}
		stubborn := func(context.Context) (any, error) {
			d.working.Add(1)
			defer d.working.Add(-1)
			<-d.respond
			return d, nil
		}
		t := L.NewTable()
		t.RawSetString("fail", function(50*time.Millisecond, func(ctx context.Context) (any, error) {
			stubborn(ctx)
			return (*disk)(nil), errors.New("late")
		}))
		t.RawSetString("quick", function(50*time.Millisecond, func(context.Context) (any, error) { return nil, nil }))
		t.RawSetString("timeout", function(50*time.Millisecond, stubborn))
		t.RawSetString("hang", function(time.Minute, stubborn))
		t.RawSetString("mistake", function(time.Minute, func(context.Context) (any, error) { return nil, files.Mistake("this is %s", "wrong") }))
		t.RawSetString("named", function(time.Minute, func(context.Context) (any, error) { return runner.Resolve("/etc/passwd", false) }))
		t.RawSetString("led", function(time.Minute, func(context.Context) (any, error) {
			return nil, &permit.Denied{Script: "test.lua", What: "read /etc", Flag: "--allow-read=/etc", Led: true}
		}))
		return t
	}}
}

func open(t *testing.T, source string) (*disk, *luastdtest.Script) {
	d := &disk{respond: make(chan struct{})}
	s := luastdtest.Open(t, luastdtest.Options{Source: source}, d.module())
	t.Cleanup(func() {
		select {
		case <-d.respond:
		default:
			close(d.respond)
		}
		testkit.Until(t, "the work to end", func() bool { return d.working.Load() == 0 })
	})
	return d, s
}

func TestRun(t *testing.T) {
	d, s := open(t, "")
	for _, row := range []struct{ source, want string }{
		{"disk.quick()", "done"},
		{"disk.mistake()", "a.lua:1: disk.f: this is wrong"},
		{"disk.named()", "a.lua:1: disk.f: test.lua may not read /etc/passwd. Start with --allow-read=/etc"},
		{"disk.led()", "nil, denied: test.lua may not read /etc, denied"},
		{"disk.timeout()", "nil, timeout: a.txt: the disk did not respond in time, timeout"},
	} {
		if got := s.Run("return " + row.source); got != row.want {
			t.Errorf("%s: got %s, want %s", row.source, got, row.want)
		}
	}
	close(d.respond)
	testkit.Until(t, "the late result to be closed", func() bool { return d.closed.Load() == 1 })
}

// The result of work that has failed is not closed.
func TestALateFailureHasNoEffect(t *testing.T) {
	d, s := open(t, "")
	if got := s.Run("return disk.fail()"); got != "nil, timeout: a.txt: the disk did not respond in time, timeout" {
		t.Errorf("got %s", got)
	}
	close(d.respond)
	testkit.Until(t, "the work to end", func() bool { return d.working.Load() == 0 })
	if got := s.Run("return disk.quick()"); got != "done" {
		t.Errorf("after the failure: %s", got)
	}
}

func TestAKilledTaskDoesNotWaitForTheDisk(t *testing.T) {
	d, s := open(t, `register_tool{name = "hang", timeout = 1, handler = function() disk.hang() end} spawn(function() disk.hang() end)`)
	testkit.Until(t, "the work to begin", func() bool { return d.working.Load() == 1 })
	began := time.Now()
	s.Scripts.Close()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the script was closed after %v", took)
	}
	close(d.respond)
	testkit.Until(t, "the late result to be closed", func() bool { return d.closed.Load() == 1 })
}

// A disk that does not respond blocks a limited number of goroutines.
func TestTheNumberOfRunningPiecesOfWorkIsLimited(t *testing.T) {
	d, s := open(t, "")
	s.Run("for i = 1, 40 do spawn(function() disk.hang() end) end")
	testkit.Until(t, "16 pieces of work", func() bool { return d.working.Load() == 16 })
	if got := s.Run("return disk.quick()"); got != "nil, timeout: a.txt: the disk did not respond in time, timeout" {
		t.Errorf("got %s", got)
	}
	if n := d.working.Load(); n != 16 {
		t.Errorf("%d pieces of work run", n)
	}
	close(d.respond)
	if got := s.Run("return disk.quick()"); got != "done" {
		t.Errorf("after the disk has responded: %s", got)
	}
}

func TestExplain(t *testing.T) {
	wrap := func(err error) error { return fmt.Errorf("a: %w", &fs.PathError{Op: "open", Path: "/x", Err: err}) }
	for _, row := range []struct {
		err  error
		want string
	}{
		{wrap(syscall.ENOENT), "not_found: a.txt does not exist"},
		{wrap(syscall.ENOTDIR), "not_found: a.txt does not exist"},
		{wrap(syscall.EEXIST), "exists: a.txt exists already"},
		{wrap(syscall.EACCES), "denied: the system does not allow this use of a.txt"},
		{wrap(syscall.EROFS), "denied: the system does not allow this use of a.txt"},
		{wrap(syscall.ENOSPC), "full: the disk has no room for a.txt"},
		{wrap(syscall.EDQUOT), "full: the disk has no room for a.txt"},
		{wrap(syscall.EFBIG), "too_large: a.txt would be too large for the file system"},
		{wrap(syscall.EISDIR), "not_a_file: a.txt is not a regular file"},
		{wrap(permit.ErrSpecial), "not_a_file: a.txt is not a regular file"},
		{wrap(syscall.EIO), "io: a.txt: input/output error"},
		{errors.New("odd"), "io: a.txt: odd"},
		{fmt.Errorf("x: %w", files.Fail("busy", "a\x1b\n%s", "b")), `busy: a\x1b b`},
		{context.Canceled, "timeout: a.txt: the disk did not respond in time"},
	} {
		if got := files.Explain("a.txt", row.err).Error(); got != row.want {
			t.Errorf("%v: got %s, want %s", row.err, got, row.want)
		}
	}
	if got := files.Explain("", syscall.ENOENT).Error(); got != "not_found: the data folder does not exist" {
		t.Errorf("the data folder: %s", got)
	}
	if got := files.Explain(strings.Repeat("x", 1000), syscall.EIO).Error(); len(got) > 200 || !strings.HasSuffix(got, "...: input/output error") {
		t.Errorf("a long path: %s", got)
	}
}
