package script

import (
	"fmt"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/safetext"
	"moonlark/luastd/value"
)

// maxProgressMessage is the maximum length of the message of call:progress, in bytes. What is longer
// is cut.
const maxProgressMessage = 1000

// openCalls makes the Lua type of the second argument of a handler, which stands for the call.
//
//	call.id  call.name     strings
//	call.client         -> the name of the program that calls, "agent" in a conversation
//	call.params         -> the parameters in the URI of a resource, as a table
//	call:cancelled()    -> true when nobody waits for the result any more
//	call:progress(done [, total [, message]])   tells the caller how much is done
func (g *generation) openCalls(L *lua.LState) {
	field := func(c *Call, name string) lua.LValue {
		switch name {
		case "id":
			return lua.LString(c.ID)
		case "name":
			return lua.LString(c.Name)
		case "client":
			if c.Client == "" {
				return lua.LString("agent")
			}
			return lua.LString(strings.ToValidUTF8(c.Client, "\uFFFD"))
		case "params":
			if c.params != nil {
				return c.params
			}
		}
		return lua.LNil
	}
	g.callMT = value.HandleMetatable(L, "call", map[string]lua.LGFunction{"cancelled": callCancelled, "progress": callProgress}, field)
}

// callValue returns the Lua value that stands for the call c.
func (g *generation) callValue(c *Call) lua.LValue {
	return &lua.LUserData{Value: c, Env: g.x.State().Env, Metatable: g.callMT}
}

// callCancelled is the method call:cancelled(). A handler that knows that the call was cancelled is not
// interrupted any more, so that it can wait while it cleans up.
func callCancelled(L *lua.LState) int {
	c := value.CheckHandle[*Call](L, "a call", "call:cancelled()")
	unwanted := c.unwanted.Load() || c.answered.Load()
	if unwanted && !c.noticed && c.gen.x.RunningTask() == c.task { // not a task that the handler has started
		c.noticed = true
		c.task.DropInterruption()
	}
	L.Push(lua.LBool(unwanted))
	return 1
}

// callProgress is the method call:progress(done [, total [, message]]).
func callProgress(L *lua.LState) int {
	c := value.CheckHandle[*Call](L, "a call", "call:progress(done, total, message)")
	done, total := checkAmount(L, 2), 0.0
	if L.Get(3) != lua.LNil {
		if total = checkAmount(L, 3); total == 0 {
			L.ArgError(3, "the total must be more than 0; leave it out if it is not known")
		}
	}
	message := c.gen.permit.Mask(strings.ToValidUTF8(L.OptString(4, ""), "\uFFFD"))
	if c.Progress == nil || c.answered.Load() || c.unwanted.Load() || c.reported && done <= c.progress {
		return 0
	}
	c.reported, c.progress = true, done
	c.Progress(done, total, safetext.Cut(message, maxProgressMessage, "…"))
	return 0
}

// checkAmount returns argument n. It raises an error unless the argument is a finite number of 0 or more.
func checkAmount(L *lua.LState, n int) float64 {
	x := float64(L.CheckNumber(n))
	if math.IsNaN(x) || math.IsInf(x, 0) || x < 0 {
		L.ArgError(n, fmt.Sprintf("%v is not an amount: want a finite number of 0 or more", x))
	}
	return x
}
