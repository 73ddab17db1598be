package vm

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// interrupt interrupts a task while no other runs.
func (f *fixture) interrupt(t *Task) { f.Post(func() { f.Interrupt(t, "stop it") }) }

func TestAnInterruptedTaskWakesOnceAndGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{}, nil, `
			function plain() sleep(3600) return "slept" end
			function guarded()
				local ok, why = pcall(sleep, 3600)
				sleep(1)
				return ok, why
			end
			function in_coroutines()
				local inner = coroutine.wrap(function() coroutine.wrap(function() sleep(3600) end)() end)
				local ok, why = pcall(inner)
				sleep(1)
				return ok, why
			end
			function in_sort() return pcall(table.sort, {2, 1}, function(a, b) sleep(3600) return a < b end) end
		`)
		for _, name := range []string{"plain", "guarded", "in_coroutines", "in_sort"} {
			began, task := time.Now(), &Task{Name: name}
			ended := f.startTask(task)
			synctest.Wait()
			f.interrupt(task)
			got := f.await(ended)
			if took := time.Since(began); took > time.Second {
				t.Errorf("%s took %v", name, took)
			}
			if got.err != nil {
				got.text = "false," + ErrorValue(got.err).String()
			}
			if (name == "plain") != (got.err != nil) || !strings.HasPrefix(got.text, "false,") || !strings.HasSuffix(got.text, "stop it") {
				t.Errorf("%s ended with %q, %v", name, got.text, got.err)
			}
		}
	})
}

func TestAnInterruptionCancelsTheWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := startExecutor(t, Options{})
		var late func(any)
		cancelled, task := false, &Task{}
		ended := startFunc(x, task, func(L *lua.LState) int {
			_, err := x.PCall([]lua.LValue{L.NewFunction(func(L *lua.LState) int {
				x.Await(L, func(done func(any)) func() { late = done; return func() { cancelled = true } })
				return 0
			})})
			if err == nil || !cancelled {
				t.Errorf("the wait ended with %v, cancelled: %v", err, cancelled)
			}
			got := x.Await(L, func(done func(any)) func() {
				late("of the work before")
				time.AfterFunc(time.Second, func() { done("of this work") })
				return nil
			})
			if got != "of this work" {
				t.Errorf("the next wait returned %v", got)
			}
			return 0
		})
		synctest.Wait()
		x.Post(func() { x.Interrupt(task, "stop it") })
		if err := <-ended; err != nil {
			t.Error(err)
		}
		x.Post(func() { x.Interrupt(task, "stop it") }) // has no effect any more
	})
}

func TestTheNextWaitOfARunningTaskIsInterrupted(t *testing.T) {
	for name, drop := range map[string]bool{"interrupted": false, "dropped": true} {
		x := startExecutor(t, Options{})
		task := &Task{}
		ended := startFunc(x, task, func(L *lua.LState) int {
			x.Interrupt(task, "stop it")
			if drop {
				task.DropInterruption()
			}
			x.Await(L, func(done func(any)) func() {
				if !drop {
					t.Error("the work began")
				}
				done(nil)
				return nil
			})
			return 0
		})
		if err := <-ended; (err == nil) != drop {
			t.Errorf("%s: the task ended with %v", name, err)
		}
	}
}

// An interrupted task that is killed as well ends.
func TestAKillEndsAnInterruptedTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{}, nil, `function stubborn() while true do pcall(sleep, 3600) end end`)
		task := &Task{Name: "stubborn"}
		ended := f.startTask(task)
		for range 3 {
			synctest.Wait()
			f.interrupt(task)
		}
		f.Kill(task, "killed")
		if got := f.await(ended); got.err == nil || got.err.Error() != "killed" {
			t.Errorf("the task ended with %v", got.err)
		}
	})
}
