package debug

// An Event is something that the client must know. Exactly one field is set.
type Event struct {
	Stopped *Stopped
	// Continued is a stopped thread that runs again although the client has not asked for it, because
	// it was killed.
	Continued  int
	Ended      int              // the thread that has ended
	Breakpoint *BreakpointState // the new state of a breakpoint
	// Output is the message of a log point, or an error in a breakpoint, with a new line at the end.
	Output string
}

// A Reason says why a thread has stopped. The texts are those of the Debug Adapter Protocol.
type Reason string

const (
	AtBreakpoint Reason = "breakpoint"
	AtStep       Reason = "step"
	AtPause      Reason = "pause"
	AtException  Reason = "exception"
)

// A Stopped event says that a thread has stopped.
type Stopped struct {
	Thread      int
	Reason      Reason
	Text        string // more about the reason; may be empty
	Breakpoints []int  // identifiers of the breakpoints
}
