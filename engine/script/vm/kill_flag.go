package vm

import (
	"strings"
	"sync"
	"sync/atomic"
)

// A killFlag records that its task must end, and why. Any goroutine may set it.
type killFlag struct {
	killed atomic.Bool
	reason atomic.Pointer[string]
	// timedOut says that the task must end because its Task.Timeout has passed.
	timedOut atomic.Bool

	mu sync.Mutex // guards the fields below
	// contexts has the functions that cancel the contexts which gopher-luar has derived from the
	// hook in this task.
	contexts map[*func()]struct{}
	// watchdog is the burst watchdog of the task. It is nil while the task does not run, and while
	// no context is derived from the hook.
	watchdog *burstWatchdog
}

// addContext registers the function cancel to run when the flag is set, and calls the function
// registered with the mutex locked. If the flag is set already, it only starts cancel. stop removes
// cancel again. It reports whether cancel was still registered.
func (k *killFlag) addContext(cancel, registered func()) (stop func() bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.killed.Load() {
		// on another goroutine, because the caller, package context, holds a lock that cancel needs
		go cancel()
		return func() bool { return false }
	}
	if k.contexts == nil {
		k.contexts = make(map[*func()]struct{})
	}
	k.contexts[&cancel] = struct{}{}
	registered()
	return func() bool {
		k.mu.Lock()
		defer k.mu.Unlock()
		_, ok := k.contexts[&cancel]
		delete(k.contexts, &cancel)
		return ok
	}
}

// set records reason and cancels the registered contexts. Only the first call has an effect.
func (k *killFlag) set(reason string) {
	if !k.reason.CompareAndSwap(nil, &reason) {
		return
	}
	k.killed.Store(true)
	k.mu.Lock()
	contexts := k.contexts
	k.contexts = nil
	k.mu.Unlock()
	for cancel := range contexts {
		(*cancel)()
	}
}

// killReason returns the reason that set recorded, or "" if the flag is not set.
func (k *killFlag) killReason() string {
	if reason := k.reason.Load(); reason != nil {
		return *reason
	}
	return ""
}

// lineMark is the text in a kill reason that comes before the file and line of the script.
const lineMark = ", at "

// killedError returns the error with which the killed task ends. raised is the error that the Lua
// function raised, or nil.
func (k *killFlag) killedError(raised error) *KilledError {
	reason := k.killReason()
	return &KilledError{Reason: reason, Raised: raised, HasLine: strings.Contains(reason, lineMark), TimedOut: k.timedOut.Load()}
}
