package json

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

const byteOrderMark = "\uFEFF"

// lines returns an iterator of the values in the lines that the iterator next returns.
func lines(L *lua.LState) int {
	next, parse := L.CheckFunction(1), parse(L, 2)
	number := 0
	L.Push(L.NewFunction(func(L *lua.LState) int {
		for {
			line, ok := nextLine(L, next)
			if !ok {
				L.Push(lua.LNil)
				return 1
			}
			if number++; number == 1 {
				line = strings.TrimPrefix(line, byteOrderMark)
			}
			if strings.TrimSpace(line) == "" {
				continue
			}
			v, err := parse(L, line)
			if err != nil {
				place := strings.Replace(err.Error(), "line 1,", fmt.Sprintf("line %d,", number), 1)
				L.RaiseError("json.lines: %s: %s", codeOf(err), place)
			}
			L.Push(v)
			return 1
		}
	}))
	return 1
}

// nextLine calls the iterator next. ok is false if the iterator has ended.
func nextLine(L *lua.LState, next *lua.LFunction) (line string, ok bool) {
	L.Push(next)
	L.Call(0, 1)
	v := L.Get(-1)
	L.Pop(1)
	switch v := v.(type) {
	case *lua.LNilType:
		return "", false
	case lua.LString:
		return string(v), true
	default:
		L.RaiseError("json.lines: the iterator must return strings, not %s", value.TypeName(v))
		return "", false
	}
}
