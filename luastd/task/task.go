// Package task is the Lua module "task". It runs functions at the same time, waits for them, and
// has the means by which tasks wait for each other.
//
//	task.spawn(fn, ...)      -> t; runs fn(...) as a task
//	task.self()              -> the running task
//	t:wait([timeout])        -> what fn returned; or nil, reason, "failed", "cancelled" or "timeout"
//	t:cancel()               ends the task; pcall does not stop that
//	t:status()               -> "running", "done", "failed" or "cancelled"
//	task.all(list [, options])      -> a list of the first result of each function, in order
//	task.settle(list [, options])   -> a list of {ok = true, value = v} or
//	                                   {ok = false, reason = reason, code = code}
//	task.race(list [, options])     -> value, index: the first that succeeds
//	task.map(list, fn [, options])  -> a list of the first result of fn(value, index) for each value
//	    timeout                      in seconds; by default none
//	    limit = 16                   how many functions run at the same time
//	task.timeout(seconds, fn, ...)  -> what fn returned; or nil, reason, "timeout"
//	task.retry(n, fn [, options])   -> what fn returned when it succeeded; calls fn up to n times
//	    wait = 1                     seconds before the second call
//	    factor = 2                   multiplies each wait to give the next
//	task.queue([size = 100]) -> q
//	    q:put(v [, timeout])         -> true; waits while the queue is full
//	    q:get([timeout])             -> the oldest value; waits while the queue is empty
//	    q:try(v)                     -> true, or false if q is full or closed
//	    q:items()                    -> an iterator that gets values until q is closed
//	    q:close()  q:size()
//	task.mutex() -> m
//	    m:lock([timeout]) -> true    m:unlock()       m:with(fn, ...) -> what fn returned
//	task.semaphore(n) -> s
//	    s:acquire([timeout]) -> true s:release()      s:with(fn, ...) -> what fn returned
//	task.event() -> e
//	    e:set([v = true])            e:clear()        e:wait([timeout]) -> v
//	task.yield()             lets other tasks run
//	task.check()             raises an error if the running task has been cancelled
//
// A function that raises an error, or that returns nil and a reason (a string), has failed. all,
// race, map and retry return nil, reason, code then. The code is the one that the function
// returned, or with which the reason begins, or else "failed". settle, all, race, map and timeout
// cancel what has not ended when they return, and when their own task is cancelled. A wait that
// ends because of its timeout returns nil, reason, "timeout". put and get return nil, reason,
// "closed" when the queue has been closed.
//
// The error of a task that nobody waits for when it ends is logged.
//
// A script has at most 200 tasks of this module at a time. spawn raises an error if there are more;
// the other functions return the code "full". The limit leaves room for tool calls and events,
// because the executor runs at most 256 tasks. Lists have at most 10,000 values, and a queue
// 100,000. Waits are at most 600 seconds. n is at most 1000 for retry and semaphore.
//
// All fields of all types of the package belong to the executor's goroutine.
package task

import (
	_ "embed"
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "task".
var Module = luastd.Module{Name: "task", Open: open, Doc: doc, Manual: manual}

const (
	maxTasks = 200 // maximal number of tasks of the module that have been started and have not ended
	maxList  = 10_000
	maxQueue = 100_000
	maxCount = 1000 // maximal n of retry and semaphore
	maxWait  = 600 * time.Second
	minLimit = 10 * time.Millisecond // minimal timeout of a function, in contrast to that of a wait

	defaultQueue   = 100
	defaultRunning = 16
)

type module struct {
	luastd.Runtime
	env   *lua.LTable           // the Env of handles
	tasks map[luastd.Task]*task // the tasks that have not ended and that the script may know
	alive int                   // number of tasks that start has started and that have not ended

	taskType, queueType, mutexType, semaphoreType, eventType *lua.LTable // metatables
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{Runtime: rt, env: L.Env, tasks: make(map[luastd.Task]*task)}
	m.taskType = value.HandleMetatable[*task](L, "task", map[string]lua.LGFunction{
		"wait": m.taskWait, "cancel": m.taskCancel, "status": m.taskStatus,
	}, nil)
	m.queueType = value.HandleMetatable[*queue](L, "queue", map[string]lua.LGFunction{
		"put": m.queuePut, "get": m.queueGet, "try": m.queueTry, "items": m.queueItems,
		"close": m.queueClose, "size": m.queueSize,
	}, nil)
	m.mutexType = value.HandleMetatable[*lock](L, "mutex", map[string]lua.LGFunction{
		"lock": m.lockAcquire, "unlock": m.lockRelease, "with": m.lockWith,
	}, nil)
	m.semaphoreType = value.HandleMetatable[*lock](L, "semaphore", map[string]lua.LGFunction{
		"acquire": m.lockAcquire, "release": m.lockRelease, "with": m.lockWith,
	}, nil)
	m.eventType = value.HandleMetatable[*event](L, "event", map[string]lua.LGFunction{
		"set": m.eventSet, "clear": m.eventClear, "wait": m.eventWait,
	}, nil)
	t := L.CreateTable(0, 14)
	value.SetFunctions(L, t, map[string]lua.LGFunction{
		"spawn": m.spawn, "self": m.self, "all": m.all, "settle": m.settle, "race": m.race, "map": m.mapList,
		"timeout": m.timeout, "retry": m.retry, "queue": m.newQueue, "mutex": m.newMutex,
		"semaphore": m.newSemaphore, "event": m.newEvent, "yield": m.yield, "check": m.check,
	})
	return t
}

func (m *module) newHandle(v fmt.Stringer, meta *lua.LTable) *lua.LUserData {
	return &lua.LUserData{Value: v, Env: m.env, Metatable: meta}
}

// noTimeout is the timeout of a wait without a limit.
const noTimeout = time.Duration(-1)

// optTimeout returns argument n, a timeout in seconds, or noTimeout if there is no such argument.
// In a tool call, the result may be shorter: see luastd.Waiter.WaitLimit. A timeout of 0 stays 0.
func (m *module) optTimeout(L *lua.LState, n int) time.Duration {
	if v := L.Get(n); v == lua.LNil || value.IsNull(v) {
		return m.WaitLimit(noTimeout)
	}
	if timeout := value.CheckTimeout(L, n, 0, maxWait); timeout > 0 {
		return m.WaitLimit(timeout)
	}
	return 0
}

// yield is the Lua function yield(): the tasks whose turn it is run before the running task goes
// on.
func (m *module) yield(L *lua.LState) int {
	m.Await(L, func(done func(any)) func() {
		done(nil)
		return nil
	})
	return 0
}

// check is the Lua function check().
func (m *module) check(L *lua.LState) int {
	m.Checkpoint(L)
	return 0
}
