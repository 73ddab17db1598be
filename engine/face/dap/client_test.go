package dap_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-dap"

	"moonlark/engine/testkit"
)

// A client is a client of the Debug Adapter Protocol, such as an editor. One goroutine of a test
// uses it.
type client struct {
	t      *testing.T
	conn   net.Conn
	seq    int
	thread int // the thread of the latest Stopped event

	mu        sync.Mutex // guards the fields below
	responses map[int]dap.Message
	events    []dap.EventMessage
	ended     bool // the server has closed the connection
}

// dial connects to a server and starts to read its messages. It sends nothing.
func dial(t *testing.T, addr string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, conn: conn, responses: make(map[int]dap.Message)}
	done := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-done })
	go func() {
		defer close(done)
		r := bufio.NewReader(conn)
		for {
			m, err := dap.ReadProtocolMessage(r)
			c.mu.Lock()
			switch m := m.(type) {
			case dap.ResponseMessage:
				c.responses[m.GetResponse().RequestSeq] = m
			case dap.EventMessage:
				c.events = append(c.events, m)
			}
			c.ended = err != nil
			c.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return c
}

// attach connects to a server, and says that it is a debugger that has set these breakpoints.
func attach(t *testing.T, addr string, breakpoints ...string) *client {
	t.Helper()
	c := dial(t, addr)
	c.initialize()
	c.request("attach", map[string]any{})
	next[*dap.InitializedEvent](c)
	for _, b := range breakpoints {
		path, line, _ := strings.Cut(b, ":")
		c.breakpoints(path, line)
	}
	c.request("configurationDone", nil)
	return c
}

func (c *client) initialize() dap.Message {
	c.t.Helper()
	return c.request("initialize", dap.InitializeRequestArguments{AdapterID: "moonlark", LinesStartAt1: true, ColumnsStartAt1: true})
}

// send sends a request and returns its number.
func (c *client) send(command string, arguments any) int {
	c.t.Helper()
	c.seq++
	content, err := json.Marshal(map[string]any{"seq": c.seq, "type": "request", "command": command, "arguments": arguments})
	if err == nil {
		err = dap.WriteBaseMessage(c.conn, content)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return c.seq
}

// try sends a request and returns the response, which may be an error.
func (c *client) try(command string, arguments any) dap.Message {
	c.t.Helper()
	seq := c.send(command, arguments)
	var response dap.Message
	testkit.Until(c.t, "the response to "+command, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		response = c.responses[seq]
		return response != nil || c.ended
	})
	if response == nil {
		c.t.Fatalf("the server has closed the connection instead of a response to %s", command)
	}
	return response
}

// request sends a request and returns the response, which must not be an error.
func (c *client) request(command string, arguments any) dap.Message {
	c.t.Helper()
	m := c.try(command, arguments)
	if e, failed := m.(*dap.ErrorResponse); failed {
		c.t.Fatalf("%s: %s", command, e.Message)
	}
	return m
}

// refused sends a request and fails the test unless the response is an error that contains text.
func (c *client) refused(command string, arguments any, text string) {
	c.t.Helper()
	e, ok := c.try(command, arguments).(*dap.ErrorResponse)
	if !ok || !strings.Contains(e.Message, text) {
		c.t.Errorf("%s: the response is %+v; want the error %q", command, e, text)
	}
}

// next waits for the next event of this type, and removes it from the events.
func next[E dap.EventMessage](c *client) E {
	c.t.Helper()
	var found E
	testkit.Until(c.t, fmt.Sprintf("the event %v", reflect.TypeFor[E]()), func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		for i, e := range c.events {
			if e, ok := e.(E); ok {
				found = e
				c.events = append(c.events[:i:i], c.events[i+1:]...)
				return true
			}
		}
		return false
	})
	return found
}

// breakpoints sets breakpoints in a file and returns their states. Each is a line, such as "3", and
// optionally a condition after "?", a hit condition after "#", or a log message after "!".
func (c *client) breakpoints(path string, lines ...string) []dap.Breakpoint {
	c.t.Helper()
	all := []dap.SourceBreakpoint{}
	for _, text := range lines {
		var b dap.SourceBreakpoint
		line, rest := text, ""
		if i := strings.IndexAny(text, "?#!"); i >= 0 {
			line, rest = text[:i], text[i+1:]
			switch text[i] {
			case '?':
				b.Condition = rest
			case '#':
				b.HitCondition = rest
			case '!':
				b.LogMessage = rest
			}
		}
		fmt.Sscan(line, &b.Line)
		all = append(all, b)
	}
	m := c.request("setBreakpoints", dap.SetBreakpointsArguments{Source: dap.Source{Path: path}, Breakpoints: all})
	return m.(*dap.SetBreakpointsResponse).Body.Breakpoints
}

// stopped waits until a thread has stopped for this reason, and returns the line.
func (c *client) stopped(reason string) int {
	c.t.Helper()
	e := next[*dap.StoppedEvent](c)
	if e.Body.Reason != reason {
		c.t.Fatalf("the thread has stopped because of %s (%s); want %s", e.Body.Reason, e.Body.Text, reason)
	}
	c.thread = e.Body.ThreadId
	return c.stack()[0].Line
}

// stack returns the calls of the thread that has stopped.
func (c *client) stack() []dap.StackFrame {
	c.t.Helper()
	m := c.request("stackTrace", dap.StackTraceArguments{ThreadId: c.thread})
	return m.(*dap.StackTraceResponse).Body.StackFrames
}

// calls returns the names of the calls of the thread, with their lines.
func (c *client) calls() string {
	c.t.Helper()
	var all []string
	for _, f := range c.stack() {
		all = append(all, strings.TrimSuffix(fmt.Sprintf("%s:%d", f.Name, f.Line), ":0"))
	}
	return strings.Join(all, " ")
}

// step sends a request such as next, and returns the line at which the thread stops.
func (c *client) step(command string) int {
	c.t.Helper()
	c.request(command, map[string]any{"threadId": c.thread})
	return c.stopped("step")
}

// goOn lets the thread go on.
func (c *client) goOn() {
	c.t.Helper()
	c.request("continue", map[string]any{"threadId": c.thread})
}

// evaluate returns the value of an expression in the innermost call of the thread.
func (c *client) evaluate(expression string) dap.EvaluateResponseBody {
	c.t.Helper()
	m := c.try("evaluate", dap.EvaluateArguments{Expression: expression, FrameId: c.stack()[0].Id, Context: "repl"})
	switch m := m.(type) {
	case *dap.EvaluateResponse:
		return m.Body
	case *dap.ErrorResponse:
		return dap.EvaluateResponseBody{Result: "error: " + m.Message}
	}
	return dap.EvaluateResponseBody{}
}

// want fails the test unless the value of an expression in the innermost call is shown as want.
func (c *client) want(expression, want string) {
	c.t.Helper()
	if got := c.evaluate(expression).Result; got != want {
		c.t.Errorf("%s is %s; want %s", expression, got, want)
	}
}

// scope returns the variables of a scope of the innermost call, and their reference.
func (c *client) scope(name string) ([]dap.Variable, int) {
	c.t.Helper()
	m := c.request("scopes", dap.ScopesArguments{FrameId: c.stack()[0].Id})
	for _, s := range m.(*dap.ScopesResponse).Body.Scopes {
		if s.Name == name {
			return c.variables(dap.VariablesArguments{VariablesReference: s.VariablesReference}), s.VariablesReference
		}
	}
	return nil, 0
}

func (c *client) variables(a dap.VariablesArguments) []dap.Variable {
	c.t.Helper()
	return c.request("variables", a).(*dap.VariablesResponse).Body.Variables
}

// list returns variables as text.
func list(all []dap.Variable) string {
	var texts []string
	for _, v := range all {
		texts = append(texts, v.Name+"="+v.Value)
	}
	return strings.Join(texts, "; ")
}

// output waits until the console of the debugger has shown this text.
func (c *client) output(text string) {
	c.t.Helper()
	var all strings.Builder
	testkit.Until(c.t, "the output "+text, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		all.Reset()
		for _, e := range c.events {
			if o, ok := e.(*dap.OutputEvent); ok {
				all.WriteString(o.Body.Output)
			}
		}
		return strings.Contains(all.String(), text)
	})
}

// closed waits until the server has closed the connection.
func (c *client) closed() {
	c.t.Helper()
	testkit.Until(c.t, "the end of the connection", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.ended
	})
}

// neverStops fails the test if a thread stops within a moment.
func (c *client) neverStops() {
	c.t.Helper()
	time.Sleep(50 * time.Millisecond)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.events {
		if s, ok := e.(*dap.StoppedEvent); ok {
			c.t.Errorf("a thread has stopped: %+v", s.Body)
		}
	}
}
