package task

import (
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// A queue passes values from one task to another. If a task waits to get a value, the queue is
// empty; if a task waits to put a value, the queue is full.
type queue struct {
	max     int
	values  []lua.LValue
	closed  bool
	getters waiters
	putters waiters // each waiter has the value to put; it is given nil when the queue is closed
}

func (q *queue) String() string {
	if q.closed {
		return fmt.Sprintf("queue (%d of %d, closed)", len(q.values), q.max)
	}
	return fmt.Sprintf("queue (%d of %d)", len(q.values), q.max)
}

// newQueue is the Lua function queue([size]).
func (m *module) newQueue(L *lua.LState) int {
	q := &queue{max: defaultQueue}
	if L.Get(1) != lua.LNil {
		q.max = int(value.CheckWhole(L, 1, 1, maxQueue))
	}
	L.Push(m.newHandle(q, m.queueType))
	return 1
}

// offer puts v into the queue, or gives it to a waiting task. It returns false if q is full.
func (q *queue) offer(v lua.LValue) bool {
	if w := q.getters.take(); w != nil {
		w.give(v)
		return true
	}
	if len(q.values) >= q.max {
		return false
	}
	q.values = append(q.values, v)
	return true
}

// take returns the oldest value, and lets the task go on that has waited longest to put a value.
func (q *queue) take() (v lua.LValue, ok bool) {
	if len(q.values) == 0 {
		return nil, false
	}
	v = q.values[0]
	q.values[0] = nil
	if q.values = q.values[1:]; len(q.values) == 0 {
		q.values = nil
	}
	if len(q.values) < q.max {
		if w := q.putters.take(); w != nil {
			q.values = append(q.values, w.value)
			w.give(w.value)
		}
	}
	return v, true
}

// giveBack puts v, which a task got and did not use because it was killed, in front of the queue.
func (q *queue) giveBack(v lua.LValue) {
	if v == lua.LNil { // the task was given the end of the queue
		return
	}
	if w := q.getters.take(); w != nil {
		w.give(v)
		return
	}
	q.values = append([]lua.LValue{v}, q.values...)
}

func checkQueueValue(L *lua.LState) lua.LValue {
	v := L.Get(2)
	if v == lua.LNil {
		L.ArgError(2, "nil cannot be put into a queue")
	}
	return v
}

func pushClosed(L *lua.LState) int {
	return value.PushFailure(L, "closed", "the queue has been closed")
}

// queuePut is the method q:put(v [, timeout]).
func (m *module) queuePut(L *lua.LState) int {
	q := value.CheckHandle[*queue](L, "a queue", "q:put(v)")
	v, timeout := checkQueueValue(L), m.optTimeout(L, 3)
	if q.closed {
		return pushClosed(L)
	}
	if !q.offer(v) {
		w := &waiter{value: v}
		switch {
		case !q.putters.wait(m, L, timeout, w, func() {}):
			return pushTimeout(L, timeout, "the queue is still full")
		case w.value == lua.LNil:
			return pushClosed(L)
		}
	}
	L.Push(lua.LTrue)
	return 1
}

// queueTry is the method q:try(v).
func (m *module) queueTry(L *lua.LState) int {
	q := value.CheckHandle[*queue](L, "a queue", "q:try(v)")
	v := checkQueueValue(L)
	L.Push(lua.LBool(!q.closed && q.offer(v)))
	return 1
}

// queueGet is the method q:get([timeout]).
func (m *module) queueGet(L *lua.LState) int {
	q, timeout := value.CheckHandle[*queue](L, "a queue", "q:get()"), m.optTimeout(L, 2)
	v, ok := m.get(L, q, timeout)
	switch {
	case ok:
		L.Push(v)
		return 1
	case q.closed:
		return pushClosed(L)
	}
	return pushTimeout(L, timeout, "the queue is still empty")
}

// get returns the oldest value. It waits while q is empty. ok is false if q has been closed and is
// empty, or after the timeout.
func (m *module) get(L *lua.LState, q *queue, timeout time.Duration) (v lua.LValue, ok bool) {
	if v, ok := q.take(); ok {
		return v, true
	}
	if q.closed {
		return nil, false
	}
	w := &waiter{}
	if !q.getters.wait(m, L, timeout, w, func() { q.giveBack(w.value) }) || w.value == lua.LNil {
		return nil, false
	}
	return w.value, true
}

// queueItems is the method q:items().
func (m *module) queueItems(L *lua.LState) int {
	q := value.CheckHandle[*queue](L, "a queue", "for v in q:items() do")
	L.Push(L.NewFunction(func(L *lua.LState) int {
		v, ok := m.get(L, q, noTimeout)
		if !ok {
			v = lua.LNil
		}
		L.Push(v)
		return 1
	}))
	return 1
}

// queueClose is the method q:close().
func (m *module) queueClose(L *lua.LState) int {
	q := value.CheckHandle[*queue](L, "a queue", "q:close()")
	q.closed = true
	q.getters.giveAll(lua.LNil)
	q.putters.giveAll(lua.LNil)
	return 0
}

// queueSize is the method q:size().
func (m *module) queueSize(L *lua.LState) int {
	L.Push(lua.LNumber(len(value.CheckHandle[*queue](L, "a queue", "q:size()").values)))
	return 1
}
