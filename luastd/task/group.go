package task

import (
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

// A group is the work of one call of all, settle, race, map or timeout: it starts the functions of
// its jobs, at most limit at a time, and waits until they have ended or the group is decided.
type group struct {
	m       *module
	name    string      // name of the Lua function, which is the name of the tasks in the log
	parent  luastd.Task // the task that waits for the group
	jobs    []*job
	limit   int
	timeout time.Duration // noTimeout if there is none
	// decides reports whether this result of a job ends the group. It may be nil.
	decides func(result) bool

	next    int    // index of the next job to start
	running int    // number of jobs that the group has started and that have not ended
	left    int    // number of jobs that have not ended
	decided *job   // the job whose result has ended the group; nil if there is none
	latest  *job   // the job that has ended last
	stopped bool   // stop has been called
	wake    func() // ends the wait of the parent
}

// A job is a function that the group runs, or a task that was in the list.
type job struct {
	index  int
	fn     *lua.LFunction // nil if the job is a task that was in the list
	args   []lua.LValue
	task   *task  // nil before the start of the function
	stop   func() // makes the group ignore the end of task
	ended  bool
	result result
}

// run runs the jobs. When it returns, each job has ended or has been cancelled.
func (g *group) run(L *lua.LState) {
	g.parent, g.left = g.m.RunningTask(), len(g.jobs)
	if g.left == 0 {
		return
	}
	g.m.wait(L, g.timeout, func(wake func()) func(bool) {
		g.wake = wake
		for _, j := range g.jobs {
			if j.task != nil && !g.stopped {
				g.watch(j)
			}
		}
		g.fill()
		return func(bool) { g.stop() }
	})
}

// fill starts functions until limit functions run.
func (g *group) fill() {
	for g.next < len(g.jobs) && g.running < g.limit && !g.stopped {
		j := g.jobs[g.next]
		g.next++
		if j.fn == nil {
			continue
		}
		t, err := g.m.start(g.name, g.parent, j.fn, j.args)
		if err != nil {
			g.end(j, failure("full", err.Error()))
			continue
		}
		j.task = t
		g.running++
		g.watch(j)
	}
}

// watch makes the group notice the end of j.task.
func (g *group) watch(j *job) {
	if j.task.ended {
		g.end(j, j.task.result)
		return
	}
	j.stop = j.task.watch(func() {
		if j.fn != nil {
			g.running--
		}
		g.end(j, j.task.result)
		g.fill()
	})
}

// end records the result r of j. It ends the group if r decides the group, or if j was the last
// job.
func (g *group) end(j *job, r result) {
	if g.stopped {
		return
	}
	j.ended, j.result, g.latest = true, r, j
	g.left--
	if g.decides != nil && g.decides(r) {
		g.decided = j
	}
	if g.decided != nil || g.left == 0 {
		g.stop()
		g.wake()
	}
}

// stop cancels the jobs that have not ended.
func (g *group) stop() {
	if g.stopped {
		return
	}
	g.stopped = true
	for _, j := range g.jobs {
		if j.task != nil && !j.ended {
			if j.stop != nil {
				j.stop()
			}
			j.task.cancel()
		}
	}
}

// timedOut reports whether the group ended because of its timeout.
func (g *group) timedOut() bool { return g.decided == nil && g.left > 0 }

// pushTimeout pushes the failure of a group that has timed out. It returns the number of values.
func (g *group) pushTimeout(L *lua.LState) int { return g.timeoutFailure().pushFailure(L) }

func (g *group) timeoutFailure() result {
	return failure("timeout", fmt.Sprintf("%d of %d functions have not ended after %v s", g.left, len(g.jobs), g.timeout.Seconds()))
}

// newGroup returns a group for the options in argument n.
func (m *module) newGroup(L *lua.LState, name string, n int) *group {
	o := value.CheckOptions(L, n, "timeout", "limit")
	return &group{
		m:       m,
		name:    "task." + name,
		limit:   o.Int("limit", defaultRunning, 1, maxTasks),
		timeout: m.WaitLimit(o.Seconds("timeout", noTimeout, minLimit, maxWait)),
	}
}

// checkList returns argument 1, a list of at most maxList values.
func checkList(L *lua.LState) *lua.LTable {
	list := L.CheckTable(1)
	if n := list.Len(); n > maxList {
		L.ArgError(1, fmt.Sprintf("the list has %d values; the maximum is %d", n, maxList))
	}
	return list
}

// addList adds a job for each value in argument 1, a list of functions and tasks.
func (g *group) addList(L *lua.LState) {
	list := checkList(L)
	for i := 1; i <= list.Len(); i++ {
		j := &job{index: i}
		switch v := list.RawGetInt(i).(type) {
		case *lua.LFunction:
			j.fn = v
		case *lua.LUserData:
			j.task, _ = v.Value.(*task)
		}
		if j.fn == nil && j.task == nil {
			L.ArgError(1, fmt.Sprintf("list[%d] must be a function or a task, not %s", i, value.TypeName(list.RawGetInt(i))))
		}
		if j.task != nil {
			g.m.checkNotRunning(L, j.task)
		}
		g.jobs = append(g.jobs, j)
	}
}

func failed(r result) bool    { return r.code != "" }
func succeeded(r result) bool { return r.code == "" }

// all is the Lua function all(list [, options]).
func (m *module) all(L *lua.LState) int {
	g := m.newGroup(L, "all", 2)
	g.addList(L)
	return g.runAll(L)
}

// mapList is the Lua function map(list, fn [, options]).
func (m *module) mapList(L *lua.LState) int {
	list, fn, g := checkList(L), L.CheckFunction(2), m.newGroup(L, "map", 3)
	for i := 1; i <= list.Len(); i++ {
		g.jobs = append(g.jobs, &job{index: i, fn: fn, args: []lua.LValue{list.RawGetInt(i), lua.LNumber(i)}})
	}
	return g.runAll(L)
}

// runAll runs the jobs until one fails. It pushes the list of their first results, or the failure.
func (g *group) runAll(L *lua.LState) int {
	g.decides = failed
	g.run(L)
	switch {
	case g.decided != nil:
		return g.decided.result.pushFailure(L)
	case g.timedOut():
		return g.pushTimeout(L)
	}
	results := L.CreateTable(len(g.jobs), 0)
	for _, j := range g.jobs {
		results.RawSetInt(j.index, j.result.first())
	}
	L.Push(results)
	return 1
}

// settle is the Lua function settle(list [, options]).
func (m *module) settle(L *lua.LState) int {
	g := m.newGroup(L, "settle", 2)
	g.addList(L)
	g.run(L)
	late := g.timeoutFailure()
	results := L.CreateTable(len(g.jobs), 0)
	for _, j := range g.jobs {
		r := j.result
		if !j.ended {
			r = late
		}
		entry := L.CreateTable(0, 3)
		entry.RawSetString("ok", lua.LBool(succeeded(r)))
		if succeeded(r) {
			entry.RawSetString("value", r.first())
		} else {
			r.pushFailure(L)
			entry.RawSetString("code", L.Get(-1))
			entry.RawSetString("reason", L.Get(-2))
			L.Pop(3)
		}
		results.Append(entry)
	}
	L.Push(results)
	return 1
}

// race is the Lua function race(list [, options]).
func (m *module) race(L *lua.LState) int {
	g := m.newGroup(L, "race", 2)
	g.addList(L)
	if len(g.jobs) == 0 {
		L.ArgError(1, "the list is empty")
	}
	g.decides = succeeded
	g.run(L)
	switch {
	case g.decided != nil:
		L.Push(g.decided.result.first())
		L.Push(lua.LNumber(g.decided.index))
		return 2
	case g.timedOut():
		return g.pushTimeout(L)
	}
	return g.latest.result.pushFailure(L)
}

// timeout is the Lua function timeout(seconds, fn, ...).
func (m *module) timeout(L *lua.LState) int {
	g := &group{m: m, name: "task.timeout", limit: 1, timeout: m.WaitLimit(value.CheckTimeout(L, 1, minLimit, maxWait))}
	j := &job{index: 1, fn: L.CheckFunction(2), args: arguments(L, 3)}
	g.jobs = []*job{j}
	g.run(L)
	if g.timedOut() {
		return value.PushFailure(L, "timeout", "the function has not ended after %v s", g.timeout.Seconds())
	}
	return j.result.push(L)
}
