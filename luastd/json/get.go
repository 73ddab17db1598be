package json

import (
	"fmt"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// get returns the value at a path such as a.b[1]["c d"], or argument 3 if there is none.
func get(L *lua.LState) int {
	v, path := L.Get(1), L.CheckString(2)
	for rest := path; rest != ""; {
		key, after, err := nextKey(path, rest)
		if err != nil {
			L.ArgError(2, err.Error())
		}
		rest = after
		if t, ok := v.(*lua.LTable); ok {
			v = t.RawGet(key)
		} else {
			v = lua.LNil
		}
	}
	if path == "" {
		L.ArgError(2, pathError(path, 0, "a name is expected").Error())
	}
	if value.IsNull(v) || v == lua.LNil {
		v = L.Get(3)
	}
	L.Push(v)
	return 1
}

// nextKey returns the first key of rest, the part of path that has not been read, and what follows.
func nextKey(path, rest string) (key lua.LValue, after string, err error) {
	at := len(path) - len(rest)
	if rest[0] == '[' {
		return bracketKey(path, rest)
	}
	if at > 0 { // a name after the first key follows a dot
		if rest[0] != '.' {
			return nil, "", pathError(path, at, "a dot or [ is expected")
		}
		rest, at = rest[1:], at+1
	}
	end := strings.IndexAny(rest, ".[")
	if end < 0 {
		end = len(rest)
	}
	if end == 0 {
		return nil, "", pathError(path, at, "a name is expected")
	}
	return lua.LString(rest[:end]), rest[end:], nil
}

// bracketKey returns the key in brackets at the beginning of rest: a number, or a text in quotes.
func bracketKey(path, rest string) (key lua.LValue, after string, err error) {
	at := len(path) - len(rest) + 1
	inside := rest[1:]
	if quoted, err := strconv.QuotedPrefix(inside); err == nil && quoted[0] == '"' {
		text, _ := strconv.Unquote(quoted) // QuotedPrefix has checked it
		key, after = lua.LString(text), inside[len(quoted):]
	} else {
		digits := inside[:len(inside)-len(strings.TrimLeft(inside, "0123456789"))]
		n, err := strconv.Atoi(digits)
		if err != nil {
			return nil, "", pathError(path, at, "a number or a text in quotes is expected")
		}
		key, after = lua.LNumber(n), inside[len(digits):]
	}
	if !strings.HasPrefix(after, "]") {
		return nil, "", pathError(path, len(path)-len(after), "] is expected")
	}
	return key, after[1:], nil
}

// pathError returns the error for a path that is wrong at the index at.
func pathError(path string, at int, problem string) error {
	return fmt.Errorf("%s is not a path: %s at byte %d", value.Quote(path), problem, at+1)
}
