package vm

import (
	"context"

	lua "github.com/yuin/gopher-lua"
)

// A tracingHook is the context of one Lua thread if Options.Trace is set.
type tracingHook struct {
	*hook
	thread *lua.LState
}

// contextOf returns the context for the Lua thread L.
func (h *hook) contextOf(L *lua.LState) context.Context {
	switch {
	case h.watched != nil:
		return &watchingHook{h, h.watched, L}
	case h.trace != nil:
		return &tracingHook{h, L}
	}
	return h
}

// Done calls Options.Trace with the line of the instruction that gopher-lua is about to run.
func (h *tracingHook) Done() <-chan struct{} {
	if frame, ok := h.thread.GetStack(0); ok {
		if _, err := h.thread.GetInfo("Sl", frame, lua.LNil); err == nil && frame.CurrentLine > 0 {
			h.trace(frame.Source, frame.CurrentLine)
		}
	}
	return h.hook.Done()
}
