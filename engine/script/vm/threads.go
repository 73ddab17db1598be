package vm

import (
	"cmp"
	"slices"
)

// A Thread is a task or a coroutine that has begun and not ended. Threads can be compared.
type Thread struct {
	task *Task
	co   *coroutine // nil if the thread is a task
}

// Threads returns the tasks and coroutines of the executor, oldest first. Call it on the executor's
// goroutine.
func (x *Executor) Threads() []Thread {
	var all []Thread
	for t := range x.tasks {
		all = append(all, Thread{task: t})
	}
	for w := range x.workers {
		if w.co != nil {
			all = append(all, Thread{co: w.co})
		}
	}
	slices.SortFunc(all, func(a, b Thread) int { return cmp.Compare(a.number(), b.number()) })
	return all
}

// RunningThread returns the task or coroutine that runs now. Call it on the executor's goroutine
// while a task runs.
func (x *Executor) RunningThread() Thread {
	if x.running != nil && x.running.co != nil {
		return Thread{co: x.running.co}
	}
	return Thread{task: x.hook.task.Load()}
}

// Thread returns the thread that the task is.
func (t *Task) Thread() Thread { return Thread{task: t} }

func (t Thread) number() uint64 {
	if t.co != nil {
		return t.co.number
	}
	return t.task.number
}

func (t Thread) worker() *worker {
	if t.co != nil {
		return t.co.worker
	}
	return t.task.worker
}

// Name returns what the thread is, such as "tool set_light" or "coroutine".
func (t Thread) Name() string {
	if t.co != nil {
		return "coroutine"
	}
	return t.task.Name
}

// IsCoroutine reports whether the thread is a coroutine.
func (t Thread) IsCoroutine() bool { return t.co != nil }

// Task returns the task that the thread is, or that has resumed the coroutine, directly or through
// other coroutines. It returns nil for a suspended coroutine.
func (t Thread) Task() *Task {
	if t.co == nil {
		return t.task
	}
	return t.co.task
}

// A Depth says how many calls are in progress. Depths of one task can be compared.
type Depth struct {
	calls     int // on the stack
	tailCalls int // calls that the innermost call has replaced
}

// Less reports whether fewer calls are in progress than at other.
func (d Depth) Less(other Depth) bool {
	return d.calls < other.calls || d.calls == other.calls && d.tailCalls < other.tailCalls
}

// Depth returns how many calls the thread, and the threads that have resumed it, have in progress.
// Go functions above the innermost Lua function do not count. Call it on the executor's goroutine.
func (t Thread) Depth() Depth {
	w := t.worker()
	if w == nil {
		return Depth{}
	}
	var d Depth
	f := currentFrame(w.thread())
	for ; f != nil && f.Fn.IsG; f = f.Parent {
		d.calls--
	}
	if f != nil {
		d.tailCalls = f.TailCall
	}
	for ; w != nil; w = w.resumer() {
		for _, th := range w.threads {
			if f := currentFrame(th.L); f != nil {
				d.calls += f.Idx + 1
			}
		}
	}
	return d
}

// Frames returns the calls of Lua functions of the thread, innermost first. If the thread is a
// coroutine that has been resumed, the calls of the thread that has resumed it follow. Call it on
// the executor's goroutine.
func (t Thread) Frames() []Frame {
	w := t.worker()
	if w == nil {
		return nil
	}
	all := framesOf(w)
	for w = w.resumer(); w != nil; w = w.resumer() {
		outer := framesOf(w)
		if len(outer) > 0 {
			outer[0].Resumer = true
		}
		all = append(all, outer...)
	}
	return all
}
