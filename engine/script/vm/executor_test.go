package vm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	lua "github.com/yuin/gopher-lua"
)

func TestNoTaskStartsWhileThereAreTooMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{}, nil, `
			begun, open = 0, false
			function sleeper() begun = begun + 1 repeat sleep(1) until open end
			function count() return begun end
			function release() open = true end
		`)
		var ended []<-chan outcome
		startMany := func(n int) {
			for range n {
				ended = append(ended, f.start("sleeper"))
				synctest.Wait()
			}
		}
		startMany(MaxTasks - 1)
		f.want("count", "255")
		startMany(1)
		if !f.printed("256 tasks are waiting") {
			t.Error("nobody was warned that there are too many tasks")
		}
		count := f.start("count")
		time.Sleep(10 * time.Second)
		if len(count) > 0 {
			t.Fatal("a task started although there were too many")
		}
		f.RunBetween(func() { f.State().SetGlobal("open", lua.LTrue) })
		if got := f.await(count); got.text != "256" {
			t.Errorf("count returned %+v, want 256", got)
		}
		for _, e := range ended {
			f.await(e)
		}
		if n := strings.Count(strings.Join(f.lines, "\n"), "tasks are waiting"); n != 1 {
			t.Errorf("there were %d warnings, want 1", n)
		}
	})
}

func TestNoTaskStartsAfterHoldStarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{}, nil, `
			function slow() sleep(1) return "slept" end
			function quick() return "done" end`)
		slow := f.start("slow")
		synctest.Wait()
		f.HoldStarts()
		quick := f.start("quick")
		if got := f.await(slow); got.text != "slept" {
			t.Errorf("slow returned %+v, want slept: it has begun already", got)
		}
		if len(quick) > 0 || f.Queued(Request) != 1 {
			t.Errorf("quick started, or %d requests are queued instead of 1", f.Queued(Request))
		}
		f.Post(f.AllowStarts)
		if got := f.await(quick); got.text != "done" {
			t.Errorf("quick returned %+v, want done", got)
		}
	})
}

func TestCloseEndsEveryTaskAndQueuedRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{}, nil, `
			function sleeper() while true do pcall(sleep, 3600) end end
			function quick() return "done" end`)
		sleeper := f.start("sleeper")
		synctest.Wait()
		f.HoldStarts()
		quick := f.start("quick")
		f.Close()
		for _, e := range []<-chan outcome{sleeper, quick} {
			if got := f.await(e); got.err == nil || got.err.Error() != closedReason {
				t.Errorf("a task ended with %+v, want %s", got, closedReason)
			}
		}
		if err := f.Post(func() {}); err != ErrClosed {
			t.Errorf("Post returned %v after Close, want %v", err, ErrClosed)
		}
	})
}

func TestAGoPanicEndsOnlyItsTask(t *testing.T) {
	f := newFixture(t, Options{}, map[string]any{"boom": func() { panic("boom") }}, `
		function plain() boom() end
		function in_coroutine() coroutine.wrap(boom)() end
		function alive() return "yes" end`)
	for _, name := range []string{"plain", "in_coroutine"} {
		if got := f.run(name); got.err == nil || !strings.Contains(got.err.Error(), "boom") {
			t.Errorf("%s ended with %v, want an error with boom", name, got.err)
		}
		f.want("alive", "yes")
	}
}

func TestAPanicOutsideOfLuaIsReported(t *testing.T) {
	reported := make(chan *PanicError, 1)
	x := startExecutor(t, Options{OnPanic: func(p *PanicError) { reported <- p }})
	err := <-startFunc(x, &Task{Args: func(*lua.LState) (int, error) { panic("boom") }}, func(*lua.LState) int { return 0 })
	if p, ok := err.(*PanicError); !ok || p.Value != "boom" || p != <-reported {
		t.Errorf("the task ended with %v, want the panic that was reported", err)
	}
	if err := <-startFunc(x, &Task{}, func(*lua.LState) int { return 0 }); err != nil {
		t.Errorf("the next task ended with %v", err)
	}
}

func TestRunBetweenRunsBetweenTasksOrInstructions(t *testing.T) {
	blocking, release := make(chan struct{}), make(chan struct{})
	block := func() {
		close(blocking)
		<-release
	}
	f := newFixture(t, Options{Limits: Limits{Burst: time.Hour}, Slots: NewSlots(2)}, map[string]any{"block": block}, `
		function loop() while not stop do end return "stopped" end
		function blocked() block() end`)
	loop := f.start("loop")
	if !f.RunBetween(func() { f.State().SetGlobal("stop", lua.LTrue) }) {
		t.Error("RunBetween did not run between two instructions of a loop")
	}
	if got := f.await(loop); got.text != "stopped" {
		t.Errorf("loop returned %+v, want stopped", got)
	}
	if !testing.Short() {
		blocked := f.start("blocked")
		<-blocking
		if f.RunBetween(func() { t.Error("a function ran while a Go function blocked the executor") }) {
			t.Error("RunBetween returned true while a Go function blocked the executor")
		}
		close(release)
		f.await(blocked)
	}
	f.Close()
	if f.RunBetween(func() {}) {
		t.Error("RunBetween returned true after Close")
	}
}

func TestOnlyAnExecutorBlockedByGoDoesNotRespond(t *testing.T) {
	blocking, release := make(chan struct{}), make(chan struct{})
	block := func() {
		close(blocking)
		<-release
	}
	f := newFixture(t, Options{Limits: Limits{Burst: time.Hour}, Slots: NewSlots(2)}, map[string]any{"block": block}, `
		function loop() while not stop do end end
		function blocked() block() end`)
	respondsWithin := func(timeout time.Duration) bool {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		return f.Responds(ctx)
	}
	if !respondsWithin(10 * time.Second) {
		t.Error("an idle executor does not respond")
	}
	loop := f.start("loop")
	if !respondsWithin(10 * time.Second) {
		t.Error("an executor that runs a loop does not respond")
	}
	f.RunBetween(func() { f.State().SetGlobal("stop", lua.LTrue) })
	f.await(loop)
	blocked := f.start("blocked")
	<-blocking
	for range 3 {
		if respondsWithin(50 * time.Millisecond) {
			t.Error("a blocked executor responds")
		}
	}
	if n := f.Queued(Control); n != 1 {
		t.Errorf("%d probes are queued, want 1", n)
	}
	close(release)
	f.await(blocked)
	if !f.Responds(context.Background()) {
		t.Error("an executor does not respond after the Go function has returned")
	}
	f.Close()
	if !respondsWithin(10 * time.Second) {
		t.Error("a closed executor does not count as responding")
	}
}

func TestAtEndIsCalledWhenTheTaskHasEnded(t *testing.T) {
	var f *fixture
	var order []string
	f = newFixture(t, Options{}, map[string]any{"at_end": func(name string) {
		f.RunningTask().AtEnd(func(killed bool) { order = append(order, fmt.Sprint(name, " killed: ", killed)) })
	}}, `
		function plain() at_end("first") at_end("second") end
		function raises() at_end("raises") error("oops") end
		function waits() at_end("waits") sleep(60) end
		function loops() at_end("loops") while true do pcall(sleep, 60) end end
	`)
	f.run("plain")
	f.run("raises")
	for _, name := range []string{"waits", "loops"} {
		task := &Task{Name: name}
		ended := f.startTask(task)
		f.RunBetween(func() {})
		f.Kill(task, "no longer needed")
		f.await(ended)
	}
	f.RunBetween(func() {
		want := []string{"first killed: false", "second killed: false", "raises killed: false", "waits killed: true", "loops killed: true"}
		if !slices.Equal(order, want) {
			t.Errorf("got %q, want %q", order, want)
		}
	})
}

func TestATaskThatIsKilledBeforeItStartsDoesNotRun(t *testing.T) {
	f := newFixture(t, Options{}, nil, `function run() print("ran") end`)
	task := &Task{Name: "run"}
	f.Kill(task, "no longer needed")
	o := f.await(f.startTask(task))
	var killed *KilledError
	if !errors.As(o.err, &killed) || killed.Reason != "no longer needed" || f.printed("ran") {
		t.Errorf("the task ended with %v", o.err)
	}
}
