package vm

import (
	"testing"
	"testing/synctest"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// startExecutor starts an executor and registers its Close as a cleanup of the test.
func startExecutor(t *testing.T, opts Options) *Executor {
	x := New(opts)
	x.Start()
	t.Cleanup(x.Close)
	return x
}

// startFunc starts a task that runs the Go function fn as a Lua function. It returns a channel that
// receives the error with which the task ended, or nil.
func startFunc(x *Executor, task *Task, fn lua.LGFunction) <-chan error {
	ended := make(chan error, 1)
	x.Post(func() {
		task.Fn = x.State().NewFunction(fn)
		task.End = func(_ *lua.LState, err error) { ended <- err }
		x.StartTask(task)
	})
	return ended
}

func TestASecondDoneOfAnEarlierAwaitIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := startExecutor(t, Options{})
		got := make(chan any, 2)
		var first func(any)
		ended := startFunc(x, &Task{}, func(L *lua.LState) int {
			got <- x.Await(L, func(done func(any)) func() { first = done; done("one"); done("again"); return nil })
			got <- x.Await(L, func(done func(any)) func() {
				first("stale")
				time.AfterFunc(time.Second, func() { done("two") })
				return nil
			})
			return 0
		})
		if one, two := <-got, <-got; one != "one" || two != "two" {
			t.Errorf("Await returned %v and %v, want one and two", one, two)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestAKilledTaskCancelsItsAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := startExecutor(t, Options{})
		cancelled := false
		began := time.Now()
		err := <-startFunc(x, &Task{Timeout: time.Minute}, func(L *lua.LState) int {
			x.Await(L, func(func(any)) func() { return func() { cancelled = true } })
			t.Error("Await returned although the task was killed")
			return 0
		})
		killed, ok := err.(*KilledError)
		if !ok || killed.Reason != "took longer than 1m0s" || killed.Raised == nil || !killed.TimedOut {
			t.Errorf("the task ended with %#v, want a KilledError about its timeout", err)
		}
		if took := time.Since(began); !cancelled || took != time.Minute {
			t.Errorf("after %v cancelled is %v, want true after a minute", took, cancelled)
		}
	})
}

func TestATaskWithNoWaitCannotAwait(t *testing.T) {
	x := startExecutor(t, Options{})
	err := <-startFunc(x, &Task{Name: "on_unload", NoWait: true}, func(L *lua.LState) int {
		x.Await(L, func(func(any)) func() { t.Error("the work began"); return nil })
		return 0
	})
	if err == nil || ErrorValue(err).String() != " on_unload cannot wait" {
		t.Errorf("the task ended with %v, want an error that on_unload cannot wait", err)
	}
}

func TestRetireSparesTasksThatOutliveIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := startExecutor(t, Options{})
		sleep := func(L *lua.LState) int {
			x.Await(L, func(done func(any)) func() { time.AfterFunc(time.Second, func() { done(nil) }); return nil })
			return 0
		}
		short, long := startFunc(x, &Task{}, sleep), startFunc(x, &Task{OutlivesRetire: true}, sleep)
		synctest.Wait()
		x.Retire("replaced")
		if err := <-short; err == nil || err.Error() != "replaced" {
			t.Errorf("the ordinary task ended with %v, want replaced", err)
		}
		if err := <-long; err != nil {
			t.Errorf("the task with OutlivesRetire ended with %v", err)
		}
		if !x.Stopping() {
			t.Error("Stopping is false after Retire")
		}
	})
}

// A task can wait in every kind of function call: in pcall, in metamethods, in iterators, in the
// comparison function of table.sort, and in coroutines.
func TestATaskWaitsAtAnyDepth(t *testing.T) {
	f := newFixture(t, Options{}, nil, `
		local function s(x) sleep(0.001) return x end
		local meta = setmetatable({}, {
			__index = function(_, k) return s(k) end,
			__add = function() return s("sum") end,
			__tostring = function() return s("text") end,
			__call = function(_, x) return s(x) end,
			__lt = function() return s(true) end,
			__concat = function() return s("joined") end,
		})
		function plain() return s(1) end
		function tail() return sleep(0.001) end
		function in_pcall() local ok, v = pcall(s, 2) return v end
		function pcall_error() local ok, v = pcall(function() s() error("after", 0) end) return v end
		function in_xpcall() local ok, v = xpcall(function() s() error("x", 0) end, function(e) return s(e .. "!") end) return v end
		function index() return meta.key end
		function add() return meta + 1 end
		function to_string() return tostring(meta) end
		function call() return meta("called") end
		function lt() return meta < meta end
		function concat() return meta .. "x" end
		function sort() local t = {3, 1, 2} table.sort(t, function(a, b) return s(a < b) end) return t end
		function gsub() return (("abc"):gsub(".", function(c) return s(c:upper()) end)) end
		function for_in()
			local sum = 0
			for v in function(_, last) last = (last or 0) + 1 if last < 4 then return s(last) end end do sum = sum + v end
			return sum
		end
		function wrap()
			local co = coroutine.wrap(function(a) local b = coroutine.yield(s(a)) return s(b) end)
			return co("in"), co("out")
		end
		function deep() return coroutine.wrap(function() return coroutine.wrap(function() return s("deep") end)() end)() end
		function yield_in_pcall()
			local co = coroutine.wrap(function() local ok, v = pcall(function() return coroutine.yield("y") end) return v end)
			return co() .. co("z")
		end
	`)
	want := map[string]string{
		"plain": "1", "tail": "", "in_pcall": "2", "pcall_error": "after", "in_xpcall": "x!", "index": "key", "add": "sum",
		"to_string": "text", "call": "called", "lt": "true", "concat": "joined", "sort": "[1,2,3]", "gsub": "ABC",
		"for_in": "6", "wrap": "in,out", "deep": "deep", "yield_in_pcall": "yz",
	}
	// All functions run at the same time, so that values that went to the wrong task would be
	// noticed.
	for range 20 {
		all := make(map[string]<-chan outcome)
		for name := range want {
			all[name] = f.start(name)
		}
		for name, ended := range all {
			if got := f.await(ended); got.err != nil || got.text != want[name] {
				t.Errorf("%s returned %q, %v; want %q", name, got.text, got.err, want[name])
			}
		}
	}
}
