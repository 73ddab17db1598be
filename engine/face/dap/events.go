package dap

import (
	"github.com/google/go-dap"

	"moonlark/engine/script/debug"
)

func newEvent(name string) dap.Event {
	return dap.Event{ProtocolMessage: dap.ProtocolMessage{Type: "event"}, Event: name}
}

// event sends an event of the debugger to the client. Any goroutine may call it; it never waits.
func (c *connection) event(e debug.Event) {
	switch {
	case e.Stopped != nil:
		c.send(&dap.StoppedEvent{Event: newEvent("stopped"), Body: dap.StoppedEventBody{
			Reason: string(e.Stopped.Reason), ThreadId: e.Stopped.Thread, Text: e.Stopped.Text,
			HitBreakpointIds: e.Stopped.Breakpoints,
		}})
	case e.Breakpoint != nil:
		c.send(&dap.BreakpointEvent{Event: newEvent("breakpoint"), Body: dap.BreakpointEventBody{
			Reason: "changed", Breakpoint: c.breakpoint(*e.Breakpoint),
		}})
	case e.Continued != 0:
		c.send(&dap.ContinuedEvent{Event: newEvent("continued"), Body: dap.ContinuedEventBody{ThreadId: e.Continued}})
	case e.Ended != 0:
		c.send(&dap.ThreadEvent{Event: newEvent("thread"), Body: dap.ThreadEventBody{Reason: "exited", ThreadId: e.Ended}})
	default:
		c.sendOutput("console", e.Output)
	}
}

// breakpoint returns the state of a breakpoint for the client.
func (c *connection) breakpoint(s debug.BreakpointState) dap.Breakpoint {
	return dap.Breakpoint{Id: s.ID, Verified: s.Verified, Line: c.toClientLine(s.Line), Message: s.Message}
}

// toClientLine returns a line as the client counts lines.
func (c *connection) toClientLine(line int) int { return line - 1 + c.base }

// toScriptLine returns a line of the client as Lua counts lines.
func (c *connection) toScriptLine(line int) int { return line + 1 - c.base }
