package vm

import (
	"context"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/clock"
	"moonlark/engine/testkit"
)

// A holder is a Watcher that holds its executor in each line with this number.
type holder struct {
	x       *Executor
	line    int
	held    chan Frame
	release chan struct{}
}

func (h *holder) Moved(f Frame, reached bool) {
	if reached && f.Line() == h.line {
		h.held <- f
		h.x.Hold(h.release)
	}
}

func (h *holder) Raised(lua.LValue, bool) {}

// newHolder returns a fixture whose tasks are held in line 2.
func newHolder(t *testing.T, slots *Slots) (*fixture, *holder) {
	h := &holder{line: 2, held: make(chan Frame, 100), release: make(chan struct{})}
	f := newFixture(t, Options{Slots: slots, Watcher: h}, nil, `function go() local a = 1
		a = a + 1
		return a end
		function wait() sleep(60) end`)
	h.x = f.Executor
	f.Watch(true)
	return f, h
}

func TestOtherExecutorsRunWhileOneIsHeld(t *testing.T) {
	t.Parallel()
	slots := NewSlots(1)
	f, h := newHolder(t, slots)
	other := newFixture(t, Options{Slots: slots}, nil, `function go() return 7 end`)
	ended := f.start("go")
	frame := <-h.held
	other.want("go", "7")
	if !f.Held() || f.RunHeld(other.done, func() {}) != true {
		t.Error("the executor is not held")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if !f.Responds(ctx) {
		t.Error("the executor does not respond")
	}
	ok := f.RunBetween(func() {
		if locals := frame.Locals(); len(locals) != 1 || locals[0].Name != "a" || locals[0].Value != lua.LNumber(1) {
			t.Errorf("the local variables are %v", locals)
		} else {
			locals[0].Set(lua.LNumber(41))
		}
	})
	if !ok {
		t.Error("RunBetween has not run")
	}
	close(h.release)
	if o := f.await(ended); o.text != "42" {
		t.Errorf("the task returned %q, %v", o.text, o.err)
	}
	if f.Held() || f.HeldTime() == 0 {
		t.Errorf("after the hold: %v, %v", f.Held(), f.HeldTime())
	}
}

func TestAKillEndsAHold(t *testing.T) {
	t.Parallel()
	for name, kill := range map[string]func(f *fixture, task *Task){
		"Kill":   func(f *fixture, task *Task) { f.Kill(task, "stop") },
		"Retire": func(f *fixture, _ *Task) { f.Retire("stop") },
		"Close":  func(f *fixture, _ *Task) { f.Close() },
	} {
		f, h := newHolder(t, nil)
		task := &Task{Name: "go"}
		ended := f.startTask(task)
		<-h.held
		kill(f, task)
		if o := f.await(ended); o.err == nil {
			t.Errorf("%s: the task returned %q", name, o.text)
		}
	}
}

func TestAKillEndsAHoldBetweenTasks(t *testing.T) {
	t.Parallel()
	for name, kill := range map[string]func(f *fixture, task *Task){
		"Kill":   func(f *fixture, task *Task) { f.Kill(task, "stop") },
		"Retire": func(f *fixture, _ *Task) { f.Retire("stop") },
		"Close":  func(f *fixture, _ *Task) { f.Close() },
	} {
		f, h := newHolder(t, nil)
		task := &Task{Name: "wait"}
		ended := f.startTask(task)
		held := make(chan struct{})
		f.Post(func() { close(held); f.Hold(h.release) })
		<-held
		kill(f, task)
		if name == "Retire" { // a waiting task is killed when it continues
			f.Kill(task, "stop")
		}
		if o := f.await(ended); o.err == nil {
			t.Errorf("%s: the task returned %q", name, o.text)
		}
	}
}

func TestAfterFuncDoesNotCountTheTimeOfAHold(t *testing.T) {
	t.Parallel()
	f, h := newHolder(t, nil)
	ended := f.start("go")
	<-h.held
	began := time.Now()
	fired := make(chan time.Duration, 1)
	f.AfterFunc(clock.Machine{}, 50*time.Millisecond, func() { fired <- time.Since(began) })
	stopped := make(chan struct{}, 1)
	f.AfterFunc(clock.Machine{}, time.Hour, func() { stopped <- struct{}{} })()
	time.Sleep(300 * time.Millisecond)
	select {
	case <-fired:
		t.Error("it was called during the hold")
	default:
	}
	close(h.release)
	f.await(ended)
	if took := <-fired; took < 300*time.Millisecond {
		t.Errorf("it was called after %v", took)
	}
}

// runInside runs Lua code with RunInside while f is held, and returns its result or the text of its
// error. begun, which may be nil, is called on the executor's goroutine before the code runs.
func runInside(f *fixture, source string, begun func(inside *Task)) (result string) {
	f.RunHeld(f.done, func() {
		fn, err := f.State().LoadString(source)
		if err != nil {
			result = err.Error()
			return
		}
		inside := &Task{Name: "inside", Fn: fn, End: func(L *lua.LState, err error) {
			if err != nil {
				result = err.Error()
			} else {
				result = L.Get(1).String()
			}
		}}
		if begun != nil {
			begun(inside)
		}
		f.RunInside(inside)
	})
	return result
}

func TestRunInsideRunsATaskWhileAnotherIsHeld(t *testing.T) {
	t.Parallel()
	f, h := newHolder(t, nil)
	ended := f.start("go")
	<-h.held
	if got := runInside(f, "return go()", nil); got != "2" { // is not watched, so it is not held
		t.Errorf("the result is %q", got)
	}
	got := runInside(f, "while true do end", func(inside *Task) {
		time.AfterFunc(100*time.Millisecond, func() { f.KillInside(inside, "too long") })
	})
	if got != "too long" {
		t.Errorf("the result is %q", got)
	}
	close(h.release)
	if o := f.await(ended); o.text != "2" {
		t.Errorf("the task returned %q, %v", o.text, o.err)
	}
}

func TestAKillDuringRunInsideEndsTheHold(t *testing.T) {
	t.Parallel()
	for name, kill := range map[string]func(f *fixture){
		"Retire": func(f *fixture) { f.Retire("stop") },
		"Close":  func(f *fixture) { f.Close() },
	} {
		f, h := newHolder(t, nil)
		ended := f.start("go")
		<-h.held
		killed := make(chan struct{})
		runInside(f, "while true do end", func(inside *Task) {
			go func() {
				defer close(killed)
				testkit.Until(t, "the inner task runs", func() bool { return f.RunningTask() == inside })
				if name == "Retire" {
					defer f.KillInside(inside, "enough")
				}
				kill(f)
			}()
		})
		if o := f.await(ended); o.err == nil {
			t.Errorf("%s: the task returned %q", name, o.text)
		}
		<-killed
	}
}
