package task

import (
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// A lock is a mutex or a semaphore: tasks can acquire it up to max times before one of them has to
// release it.
type lock struct {
	name string // "mutex" or "semaphore"
	max  int
	free int // how often the lock can be acquired now
	waiters
}

func (l *lock) String() string {
	switch {
	case l.name == "semaphore":
		return fmt.Sprintf("semaphore (%d of %d free)", l.free, l.max)
	case l.free == 0:
		return "mutex (locked)"
	}
	return "mutex (unlocked)"
}

// newMutex is the Lua function mutex().
func (m *module) newMutex(L *lua.LState) int {
	L.Push(m.newHandle(&lock{name: "mutex", max: 1, free: 1}, m.mutexType))
	return 1
}

// newSemaphore is the Lua function semaphore(n).
func (m *module) newSemaphore(L *lua.LState) int {
	n := int(value.CheckWhole(L, 1, 1, maxCount))
	L.Push(m.newHandle(&lock{name: "semaphore", max: n, free: n}, m.semaphoreType))
	return 1
}

// acquire acquires l for the running task t. It waits while l is not free. ok is false after the
// timeout.
func (m *module) acquire(L *lua.LState, l *lock, timeout time.Duration) (t *task, ok bool) {
	t = m.running()
	if t.held[l] == l.max {
		L.RaiseError("the task would wait for itself: it has acquired the %s already", l.name)
	}
	if l.free > 0 {
		l.free--
	} else if !l.wait(m, L, timeout, &waiter{}, l.release) {
		return t, false
	}
	if t.held == nil {
		t.held = make(map[*lock]int)
	}
	t.held[l]++
	return t, true
}

// release makes l free once more. If a task waits for l, that task acquires l.
func (l *lock) release() {
	if w := l.take(); w != nil {
		w.give(lua.LTrue)
		return
	}
	l.free++
}

// releaseFor releases l, which t has acquired. It returns false if t does not hold l.
func (l *lock) releaseFor(t *task) bool {
	if t.held[l] == 0 {
		return false
	}
	if t.held[l]--; t.held[l] == 0 {
		delete(t.held, l)
	}
	l.release()
	return true
}

// lockAcquire is the methods m:lock([timeout]) and s:acquire([timeout]).
func (m *module) lockAcquire(L *lua.LState) int {
	l, timeout := value.CheckHandle[*lock](L, "a mutex or a semaphore", "m:lock() or s:acquire()"), m.optTimeout(L, 2)
	if _, ok := m.acquire(L, l, timeout); !ok {
		return pushTimeout(L, timeout, "the "+l.name+" is still not free")
	}
	L.Push(lua.LTrue)
	return 1
}

// lockRelease is the methods m:unlock() and s:release().
func (m *module) lockRelease(L *lua.LState) int {
	l := value.CheckHandle[*lock](L, "a mutex or a semaphore", "m:unlock() or s:release()")
	if !l.releaseFor(m.running()) {
		L.RaiseError("the task has not acquired the %s", l.name)
	}
	return 0
}

// lockWith is the method with(fn, ...) of a mutex and of a semaphore. The lock is released even if
// fn raises an error or the task is killed, because both are Go panics.
func (m *module) lockWith(L *lua.LState) int {
	l, fn, args := value.CheckHandle[*lock](L, "a mutex or a semaphore", "m:with(fn)"), L.CheckFunction(2), arguments(L, 3)
	t, _ := m.acquire(L, l, noTimeout)
	defer l.releaseFor(t)
	top := L.GetTop()
	L.Push(fn)
	for _, v := range args {
		L.Push(v)
	}
	L.Call(len(args), lua.MultRet)
	return L.GetTop() - top
}
