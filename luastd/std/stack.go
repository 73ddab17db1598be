package std

import (
	"fmt"
	"reflect"

	lua "github.com/yuin/gopher-lua"
)

// A level is a function call on the Lua stack. Unlike in Lua 5.1, a call that has ended in a tail
// call is not counted.
type level struct {
	*lua.Debug
	fn *lua.LFunction
}

// levelAt returns the level n of the stack: 0 is the running Go function, 1 is its caller. ok is
// false if there is no such level.
func levelAt(L *lua.LState, n int) (l level, ok bool) {
	if n < 0 {
		return l, false
	}
	frame, ok := L.GetStack(n)
	if !ok {
		return l, false
	}
	v, err := L.GetInfo("Slnuf", frame, lua.LNil)
	fn, ok := v.(*lua.LFunction)
	return level{frame, fn}, ok && err == nil
}

// where returns the file and line of the level n, as the beginning of an error message. It returns
// "" if the level is not in Lua code.
func where(L *lua.LState, n int) string {
	l, ok := levelAt(L, n)
	if !ok || l.fn.IsG {
		return ""
	}
	return fmt.Sprintf("%s:%d: ", l.Source, l.CurrentLine)
}

// calledAs returns the name by which the running Go function was called, or "?" if there is none.
// method reports whether the call was a method call, with a colon.
func calledAs(L *lua.LState) (name string, method bool) {
	callee, ok := L.GetStack(0)
	caller, ok2 := L.GetStack(1)
	if !ok || !ok2 {
		return "?", false
	}
	L.GetInfo("n", callee, lua.LNil)
	v, _ := L.GetInfo("f", caller, lua.LNil)
	fn, ok := v.(*lua.LFunction)
	if !ok || fn.IsG || callee.Name == "(anonymous)" {
		return "?", false
	}
	// gopher-lua does not export the index of the call instruction in the code of the caller.
	pc := reflect.ValueOf(caller).Elem().FieldByName("frame").Elem().FieldByName("Pc").Int()
	return callee.Name, isMethodCall(fn.Proto.Code, int(pc)-1)
}

// isMethodCall reports whether the call instruction at index pc calls a method. An OP_SELF
// instruction before it then puts the method into the register that the call uses. Between these
// two instructions are only those that compute the arguments. Calls among them use higher
// registers.
func isMethodCall(code []uint32, pc int) bool {
	register := func(pc int) uint32 { return code[pc] >> 18 & 0xff }
	for before := pc - 1; before >= 0; before-- {
		switch int(code[before] >> 26) {
		case lua.OP_SELF:
			if register(before) == register(pc) {
				return true
			}
		case lua.OP_CALL, lua.OP_TAILCALL:
			if register(before) <= register(pc) {
				return false
			}
		}
	}
	return false
}
