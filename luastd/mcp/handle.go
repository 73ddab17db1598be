package mcp

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/mcpclient"
	"moonlark/luastd"
	"moonlark/luastd/callbacks"
	"moonlark/luastd/value"
)

// A server is an MCP server, or a fake of one in a test. Any goroutine may use it.
type server interface {
	Tools() []*mcpclient.Tool
	Tool(name string) (*mcpclient.Tool, error)
	Status() (state mcpclient.State, why string)
	Watch(f func()) (stop func())
	Timeout() time.Duration
	Call(ctx context.Context, name string, args json.RawMessage) (*mcpclient.Result, error)
}

// A sharedServer is the claim of a server that the operator has named. Other scripts may use it too.
type sharedServer struct{ *mcpclient.Server }

func (s sharedServer) Stop()                 { s.Release() }
func (s sharedServer) Close(context.Context) {}

// A handle is a server as one generation of the script has it.
type handle struct {
	m      *module
	name   string
	isFake bool
	waiter callbacks.Waiter

	// The fields below are for the executor's goroutine.
	handlers []*lua.LFunction // of on_change
	due      []*lua.LFunction // those that are to be called

	changed callbacks.Signal
	unseen  atomic.Bool // something has changed since the functions were last called

	mu     sync.Mutex // guards the fields below
	server server     // nil until the claim of mcp.connect is met, unless it was open before
	stop   func()     // ends the watch of server
	ended  bool       // the generation has ended
	offers []*offer
}

// newHandle returns a handle without a server.
func (m *module) newHandle(name string) (*handle, error) {
	if m.servers++; m.servers > maxServers {
		m.servers--
		return nil, fmt.Errorf("a script can use %d servers", maxServers)
	}
	h := &handle{m: m, name: name, stop: func() {}}
	m.rt.Own(h.end)
	return h, nil
}

// use sets the server of h.
func (h *handle) use(s server) {
	h.waiter = callbacks.Waiter{Runtime: h.m.rt, Rest: h.isFake}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended || h.server == s {
		return
	}
	h.stop()
	h.server, h.stop = s, s.Watch(h.noteChange)
}

// end is called when the generation has ended.
func (h *handle) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = true
	h.stop()
}

// current returns the server of h, or nil.
func (h *handle) current() server {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.server
}

// noteChange is called by the server when its state or its tools may have changed.
func (h *handle) noteChange() {
	h.mu.Lock()
	offers, ended := h.offers, h.ended
	h.mu.Unlock()
	if ended {
		return
	}
	for _, o := range offers {
		o.update()
	}
	h.unseen.Store(true)
	h.changed.Send()
}

// String returns the text of tostring.
func (h *handle) String() string {
	state, _ := h.state()
	return fmt.Sprintf("mcp server %s (%s)", h.name, state)
}

// state returns the state of the server, and why it is down.
func (h *handle) state() (state mcpclient.State, why string) {
	if s := h.current(); s != nil {
		return s.Status()
	}
	return mcpclient.Starting, ""
}

// checkHandle returns argument 1, which must be a server.
func checkHandle(L *lua.LState) *handle {
	return value.CheckHandle[*handle](L, "a server", `server:call("tool", {})`)
}

// status is the Lua method server:status.
func (m *module) status(L *lua.LState) int {
	state, why := checkHandle(L).state()
	L.Push(lua.LString(state))
	if why == "" {
		return 1
	}
	L.Push(lua.LString(why))
	return 2
}

// tools is the Lua method server:tools.
func (m *module) tools(L *lua.LState) int {
	h := checkHandle(L)
	list := L.CreateTable(0, 0)
	list.Metatable = value.ArrayMetatable(L)
	if s := h.current(); s != nil {
		for _, t := range s.Tools() {
			m.rt.Checkpoint(L)
			entry := L.CreateTable(0, 4)
			entry.RawSetString("name", lua.LString(t.Name))
			if t.Title != "" {
				entry.RawSetString("title", lua.LString(t.Title))
			}
			entry.RawSetString("description", lua.LString(t.Description))
			if parameters, err := value.Parse(L, t.Schema); err == nil {
				entry.RawSetString("parameters", parameters)
			}
			list.Append(entry)
		}
	}
	L.Push(list)
	return 1
}

// onChange is the Lua method server:on_change.
func (m *module) onChange(L *lua.LState) int {
	h, fn := checkHandle(L), L.CheckFunction(2)
	if len(h.handlers) >= maxHandlers {
		L.RaiseError("server:on_change: %d functions are called already", maxHandlers)
	}
	if len(h.handlers) == 0 {
		_, err := m.rt.Start(luastd.TaskSpec{Name: "mcp " + h.name, Fn: L.NewFunction(func(L *lua.LState) int {
			h.waiter.Deliver(L, "mcp "+h.name, &h.changed, h.deliveryState, h.nextCall)
			return 0
		})})
		if err != nil {
			L.RaiseError("server:on_change: %s", err)
		}
	}
	h.handlers = append(h.handlers, fn)
	L.Push(lua.LTrue)
	return 1
}

// deliveryState says whether a function is to be called. The task that calls the functions ends with
// the generation.
func (h *handle) deliveryState() (ready, gone bool) { return len(h.due) > 0 || h.unseen.Load(), false }

// nextCall returns the next function that is to be called.
func (h *handle) nextCall() (*lua.LFunction, []lua.LValue) {
	if len(h.due) == 0 && h.unseen.Swap(false) {
		h.due = append(h.due, h.handlers...)
	}
	if len(h.due) == 0 {
		return nil, nil
	}
	fn := h.due[0]
	h.due = h.due[1:]
	return fn, nil
}
