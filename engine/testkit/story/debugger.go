package story

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-dap"
	"github.com/rogpeppe/go-internal/testscript"
)

// debuggerTimeout is how long a debugger waits for the next message.
const debuggerTimeout = time.Minute

// A debugger is a client of the Debug Adapter Protocol, such as an editor.
type debugger struct {
	conn   net.Conn
	reader *bufio.Reader
	seq    int
	stops  []int // the threads that have stopped, and that the story has not waited for
	thread int   // the thread that the story has waited for last
}

// debugger implements the command of that name: it connects to the program at an address and sets
// a breakpoint.
func (s *story) debugger(ts *testscript.TestScript, args []string) {
	conn, err := net.Dial("tcp", args[1])
	ts.Check(err)
	s.Cleanup(func() { conn.Close() })
	d := &debugger{conn: conn, reader: bufio.NewReader(conn)}
	s.debuggers[args[0]] = d
	d.request(ts, "initialize", dap.InitializeRequestArguments{AdapterID: "moonlark", LinesStartAt1: true})
	d.request(ts, "attach", map[string]any{})
	path, number, _ := strings.Cut(args[2], ":")
	line, err := strconv.Atoi(number)
	ts.Check(err)
	set := d.request(ts, "setBreakpoints", dap.SetBreakpointsArguments{
		Source: dap.Source{Path: ts.MkAbs(path)}, Breakpoints: []dap.SourceBreakpoint{{Line: line}},
	}).(*dap.SetBreakpointsResponse)
	if all := set.Body.Breakpoints; len(all) != 1 || !all[0].Verified {
		ts.Fatalf("the breakpoint is not verified: %+v", all)
	}
	d.request(ts, "configurationDone", nil)
}

// stopped implements the command of that name: it waits until a task has stopped and sets stdout to
// the functions and lines of its stack.
func (s *story) stopped(ts *testscript.TestScript, args []string) {
	d := s.findDebugger(ts, args[0])
	for len(d.stops) == 0 {
		d.read(ts)
	}
	d.thread, d.stops = d.stops[0], d.stops[1:]
	var stack strings.Builder
	for _, f := range d.frames(ts) {
		if f.Source != nil { // otherwise it is not a call, but the label "resumed by"
			stack.WriteString(f.Name + " " + f.Source.Name + ":" + strconv.Itoa(f.Line) + "\n")
		}
	}
	fmt.Fprint(ts.Stdout(), stack.String())
}

// evaluate implements the command of that name: it sets stdout to the value of an expression in the
// function that has stopped.
func (s *story) evaluate(ts *testscript.TestScript, args []string) {
	d := s.findDebugger(ts, args[0])
	frame := d.frames(ts)[0].Id
	value := d.request(ts, "evaluate", dap.EvaluateArguments{Expression: args[1], FrameId: frame, Context: "watch"}).(*dap.EvaluateResponse)
	fmt.Fprintln(ts.Stdout(), value.Body.Result)
}

// resume implements the command of that name: it lets the stopped task go on, or do one step.
func (s *story) resume(ts *testscript.TestScript, args []string) {
	d := s.findDebugger(ts, args[0])
	d.request(ts, args[1], map[string]any{"threadId": d.thread})
}

func (s *story) findDebugger(ts *testscript.TestScript, name string) *debugger {
	d := s.debuggers[name]
	if d == nil {
		ts.Fatalf("there is no debugger %s", name)
	}
	return d
}

func (d *debugger) frames(ts *testscript.TestScript) []dap.StackFrame {
	frames := d.request(ts, "stackTrace", dap.StackTraceArguments{ThreadId: d.thread}).(*dap.StackTraceResponse).Body.StackFrames
	if len(frames) == 0 {
		ts.Fatalf("the stack is empty")
	}
	return frames
}

// request sends a request and returns its response, which must not be an error.
func (d *debugger) request(ts *testscript.TestScript, command string, arguments any) dap.ResponseMessage {
	d.seq++
	text, err := json.Marshal(map[string]any{"seq": d.seq, "type": "request", "command": command, "arguments": arguments})
	ts.Check(err)
	ts.Check(dap.WriteBaseMessage(d.conn, text))
	for {
		m, ok := d.read(ts).(dap.ResponseMessage)
		if !ok || m.GetResponse().RequestSeq != d.seq {
			continue
		}
		if r := m.GetResponse(); !r.Success {
			ts.Fatalf("%s: %s", command, r.Message)
		}
		return m
	}
}

// read reads the next message. It keeps the thread of a Stopped event in d.stops.
func (d *debugger) read(ts *testscript.TestScript) dap.Message {
	ts.Check(d.conn.SetReadDeadline(time.Now().Add(debuggerTimeout)))
	m, err := dap.ReadProtocolMessage(d.reader)
	ts.Check(err)
	if stop, ok := m.(*dap.StoppedEvent); ok {
		d.stops = append(d.stops, stop.Body.ThreadId)
	}
	return m
}
