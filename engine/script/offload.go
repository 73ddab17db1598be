package script

import (
	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/tool"
	"moonlark/luastd/value"
)

// offloadingHandler returns a handler that takes the place of the handler of a tool with where = "worker".
// It waits for the result of the offloader, as other handlers wait in functions such as http.get. So it
// ends like them when the call is cancelled or takes too long.
func (g *generation) offloadingHandler(offloader tool.Offloader, spec *tool.Spec) *lua.LFunction {
	return g.x.State().NewFunction(func(L *lua.LState) int {
		args, err := value.Append(nil, L.CheckTable(1), tool.MaxOffloadedArguments)
		if err != nil {
			L.Push(lua.LNil)
			L.Push(lua.LString("the arguments for the worker: " + err.Error()))
			return 2
		}
		left := g.WaitLimit(0)
		r := g.Await(L, func(done func(any)) func() {
			return offloader.Offload(spec, args, left, func(r tool.Result) { done(r) })
		}).(tool.Result)
		if !r.IsError {
			L.Push(lua.LString(r.Text))
			return 1
		}
		reason := L.CreateTable(0, 2)
		reason.RawSetString("message", lua.LString(r.Text))
		reason.RawSetString("type", lua.LString(r.Type))
		L.Push(lua.LNil)
		L.Push(reason)
		return 2
	})
}
