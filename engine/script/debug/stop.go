package debug

import (
	"moonlark/engine/script/vm"
)

// A stop is the time during which a script is held. The mutex of the Debugger guards next and
// resumed.
type stop struct {
	Stopped
	stacks  map[vm.Thread][]Frame // what Session.Stack has returned; belongs to the executor's goroutine
	release chan struct{}         // closed when the script must go on
	ended   chan struct{}         // closed when the script goes on
	resumed bool                  // release has been closed
	next    StepKind              // the step that follows; "" if none does
}

// resume lets the script go on, with a step of the given kind. The caller must hold d.mu.
func (st *stop) resume(next StepKind) {
	if !st.resumed {
		st.resumed, st.next = true, next
		close(st.release)
	}
}

// stop tells the client that a thread has stopped, and holds the script until the client resumes it
// or the running task is killed. Call it on the executor's goroutine. If no client is connected,
// stop does nothing.
func (s *Script) stop(thread vm.Thread, event Stopped) {
	st := &stop{Stopped: event, stacks: make(map[vm.Thread][]Frame), release: make(chan struct{}), ended: make(chan struct{})}
	depth := thread.Depth()
	s.d.mu.Lock()
	if s.d.session == nil {
		s.d.mu.Unlock()
		return
	}
	st.Thread = s.watchEnd(thread)
	s.pausing.Store(false)
	s.step.Store(nil)
	s.stopped, s.pause = st, vm.Thread{}
	s.updateWatch()
	told := st.Stopped
	s.d.emit(Event{Stopped: &told})
	s.d.mu.Unlock()

	s.x.Hold(st.release)

	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	s.stopped = nil
	if s.d.session != nil {
		s.d.session.forget(st)
	}
	if !st.resumed {
		s.d.emit(Event{Continued: st.Thread})
	} else if task := thread.Task(); st.next != "" && task != nil && s.d.session != nil {
		s.step.Store(&step{kind: st.next, task: task, from: depth})
		s.updateWatch()
	}
	close(st.ended)
}

// watchEnd returns the identifier of a thread. The client will be told when its task ends. The
// caller must hold d.mu, on the executor's goroutine.
func (s *Script) watchEnd(thread vm.Thread) int {
	key := threadKey{s, thread}
	if task := thread.Task(); task != nil && !s.ends[task] {
		s.ends[task] = true
		task.AtEnd(func(bool) { s.taskEnded(task) })
	}
	return s.d.threadID(key)
}

// isHeld reports whether the script is still held.
func (st *stop) isHeld() bool {
	select {
	case <-st.ended:
		return false
	default:
		return true
	}
}

// taskEnded forgets the thread of a task that has ended, and the step in it.
func (s *Script) taskEnded(task *vm.Task) {
	delete(s.ends, task)
	key := threadKey{s, task.Thread()}
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	if step := s.step.Load(); step != nil && step.task == task {
		s.step.Store(nil)
		s.updateWatch()
	}
	if id, ok := s.d.threads[key]; ok {
		delete(s.d.threads, key)
		s.d.emit(Event{Ended: id})
	}
}
