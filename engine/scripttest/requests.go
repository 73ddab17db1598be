package scripttest

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/script"
	"moonlark/engine/tool"
	"moonlark/luastd/value"
)

// A callOf is one call that a test makes: of a tool, or a request for a resource or a prompt.
type callOf struct {
	name   string          // the name of the tool or the prompt, or the URI of the resource
	args   json.RawMessage // a JSON object; may be empty
	client string          // the name of the program that calls; "" means an agent
	cancel time.Duration   // how long after its beginning the call is cancelled; 0 means never

	mu       sync.Mutex // guards progress
	progress []progress // what the handler has reported
}

// A progress has what a handler has passed to call:progress. total is 0 if the handler gave none.
type progress struct {
	done, total float64
	message     string
}

// note adds what a handler reports. Any goroutine may call it.
func (c *callOf) note(done, total float64, message string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.progress = append(c.progress, progress{done, total, message})
}

// begin returns the script.Call of c, with a new id.
func (s *subject) begin(c *callOf) *script.Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	return &script.Call{ID: fmt.Sprintf("call_%d", s.calls), Name: c.name, Args: c.args, Client: c.client, Progress: c.note}
}

// start calls send, which sends the call to the scripts, and cancels the call after c.cancel.
func (s *subject) start(c *callOf, call *script.Call, send func(*script.Call)) {
	send(call)
	if c.cancel > 0 {
		s.clock.AfterFunc(c.cancel, call.Cancel)
	}
}

// request makes a request, and waits for its answer. send sends the call to the scripts, and calls done
// when it has been answered.
func (s *subject) request(ctx context.Context, c *callOf, send func(call *script.Call, done func())) error {
	answered := make(chan struct{})
	s.start(c, s.begin(c), func(call *script.Call) { send(call, func() { close(answered) }) })
	return s.drive(ctx, answered)
}

// checkCall returns a call with this name and these arguments, and with the options in argument n.
// progress is the table to which the caller must append the progress, or nil.
func checkCall(L *lua.LState, n int, name string, args json.RawMessage) (c *callOf, progress *lua.LTable) {
	o := value.CheckOptions(L, n, "client", "progress", "cancel")
	c = &callOf{name: name, args: args, client: o.String("client", "")}
	if o.Get("cancel") != lua.LNil {
		c.cancel = o.Seconds("cancel", 0, time.Millisecond, maxSleep)
	}
	switch v := o.Get("progress").(type) {
	case *lua.LNilType:
	case *lua.LTable:
		progress = v
	default:
		o.Raise("progress", "a table", v)
	}
	return c, progress
}

// appendProgress appends what the handler has reported to a table of the test, which may be nil.
func (c *callOf) appendProgress(L *lua.LState, list *lua.LTable) {
	if list == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.progress {
		t := L.CreateTable(0, 3)
		t.RawSetString("done", lua.LNumber(p.done))
		if p.total > 0 {
			t.RawSetString("total", lua.LNumber(p.total))
		}
		if p.message != "" {
			t.RawSetString("message", lua.LString(p.message))
		}
		list.Append(t)
	}
}

// pushFailure pushes nil and the reason of a call that has failed. It returns their number.
func pushFailure(L *lua.LState, reason string) int {
	L.Push(lua.LNil)
	L.Push(lua.LString(reason))
	return 2
}

// call is the Lua function t.call.
func (f *testFile) call(L *lua.LState, t *testRun) int {
	c, progress := checkCall(L, 3, L.CheckString(1), object(L, 2))
	var results []tool.Result
	f.withScript(L, t, func(ctx context.Context, s *subject) (err error) {
		results, err = s.call(ctx, c)
		return err
	})
	c.appendProgress(L, progress)
	if results[0].IsError {
		return pushFailure(L, results[0].Text)
	}
	L.Push(lua.LString(results[0].Text))
	return 1
}

// resource is the Lua function t.resource.
func (f *testFile) resource(L *lua.LState, t *testRun) int {
	c, progress := checkCall(L, 2, L.CheckString(1), nil)
	var content tool.Content
	var failed error
	f.withScript(L, t, func(ctx context.Context, s *subject) error {
		return s.request(ctx, c, func(call *script.Call, done func()) {
			s.scripts.Read(call, func(answer tool.Content, err error) {
				content, failed = answer, err
				done()
			})
		})
	})
	c.appendProgress(L, progress)
	if failed != nil {
		return pushFailure(L, failed.Error())
	}
	if content.Bytes != nil {
		content.Text = string(content.Bytes)
	}
	L.Push(lua.LString(content.Text))
	L.Push(lua.LString(content.MIME))
	return 2
}

// prompt is the Lua function t.prompt.
func (f *testFile) prompt(L *lua.LState, t *testRun) int {
	c, progress := checkCall(L, 3, L.CheckString(1), object(L, 2))
	var messages []tool.PromptMessage
	var failed error
	f.withScript(L, t, func(ctx context.Context, s *subject) error {
		return s.request(ctx, c, func(call *script.Call, done func()) {
			s.scripts.Prompt(call, func(answer []tool.PromptMessage, err error) {
				messages, failed = answer, err
				done()
			})
		})
	})
	c.appendProgress(L, progress)
	if failed != nil {
		return pushFailure(L, failed.Error())
	}
	list := newList(L)
	for _, m := range messages {
		message := L.CreateTable(0, 2)
		message.RawSetString("role", lua.LString(m.Role))
		message.RawSetString("text", lua.LString(m.Text))
		list.Append(message)
	}
	L.Push(list)
	return 1
}
