package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/mcpclient"
	"moonlark/luastd"
	"moonlark/luastd/value"
)

// An outcome is what a call has led to: a result, or an error.
type outcome struct {
	result *mcpclient.Result
	err    error
}

// call is the Lua method server:call.
func (m *module) call(L *lua.LState) int {
	luastd.CheckLoaded(L, m.rt, "server:call")
	h, name := checkHandle(L), L.CheckString(2)
	args, err := object(L.OptTable(3, nil))
	if err != nil {
		L.ArgError(3, err.Error())
	}
	o := value.CheckOptions(L, 4, "timeout")
	timeout := mcpclient.DefaultTimeout
	if s := h.current(); s != nil {
		timeout = s.Timeout()
	}
	timeout = o.Timeout("timeout", timeout, mcpclient.MaxTimeout)
	r, err := h.run(L, name, args, m.rt.WaitLimit(timeout))
	switch {
	case err != nil:
		code, text := explain(err)
		return value.PushFailure(L, code, "%s", text)
	case r.IsError:
		L.Push(lua.LNil)
		L.Push(lua.LString(r.Text))
		L.Push(lua.LString("failed"))
		return 3
	}
	L.Push(m.resultTable(L, r))
	return 1
}

// explain returns the code and the text of the error of a call.
func explain(err error) (code, text string) {
	var e *mcpclient.Error
	if errors.As(err, &e) {
		return e.Code, e.Text
	}
	return "failed", err.Error()
}

// object returns the arguments in a table, which may be nil, as a JSON object.
func object(t *lua.LTable) (json.RawMessage, error) {
	if t == nil {
		return json.RawMessage("{}"), nil
	}
	if k, _ := t.Next(lua.LNil); k == lua.LNil {
		return json.RawMessage("{}"), nil
	}
	text, err := value.Append(nil, t, value.MaxJSON)
	if err != nil {
		return nil, err
	}
	if text[0] != '{' {
		return nil, errors.New("the arguments must be a table with the names of the parameters as keys, not a list")
	}
	return text, nil
}

// resultTable returns r as a Lua table.
func (m *module) resultTable(L *lua.LState, r *mcpclient.Result) *lua.LTable {
	t := L.CreateTable(0, 3)
	t.RawSetString("text", lua.LString(r.Text))
	if len(r.Data) > 0 {
		if data, err := value.Parse(L, r.Data); err == nil {
			t.RawSetString("data", data)
		}
	}
	content := L.CreateTable(len(r.Content), 0)
	content.Metatable = value.ArrayMetatable(L)
	for _, b := range r.Content {
		m.rt.Checkpoint(L)
		block := L.CreateTable(0, 4)
		for name, text := range map[string]string{"type": b.Type, "text": b.Text, "mime": b.MIME, "data": string(b.Data), "uri": b.URI, "name": b.Name} {
			if text != "" {
				block.RawSetString(name, lua.LString(text))
			}
		}
		content.Append(block)
	}
	t.RawSetString("content", content)
	return t
}

// wait makes the running task wait for begin, whose function done must be called once.
func (h *handle) wait(L *lua.LState, begin func(done func(any)) (cancel func())) any {
	if h.isFake {
		return h.m.rt.Rest(L, begin)
	}
	return h.m.rt.Await(L, begin)
}

// run calls a tool of the server while the running task waits.
func (h *handle) run(L *lua.LState, name string, args json.RawMessage, timeout time.Duration) (*mcpclient.Result, error) {
	s := h.current()
	if s == nil {
		return nil, &mcpclient.Error{Code: "offline", Text: h.name + " is not connected yet"}
	}
	o := h.wait(L, func(done func(any)) func() {
		if h.isFake {
			r, err := s.Call(context.Background(), name, args)
			done(outcome{r, err})
			return nil
		}
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		go func() {
			defer cancel()
			r, err := s.Call(ctx, name, args)
			done(outcome{r, err})
		}()
		return cancel
	}).(outcome)
	return o.result, o.err
}
