package debug

import (
	"fmt"
	"path/filepath"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

const (
	maxShown   = 4096 // the maximal number of bytes of a text that is shown
	maxPreview = 6    // how many fields of a table are shown in one line
)

// shown returns a value in one line, for people.
func shown(v lua.LValue) string {
	if t, ok := v.(*lua.LTable); ok {
		return preview(t)
	}
	return short(v, maxShown)
}

// short returns a value in one line, without the fields of a table. A text is cut to max bytes.
func short(v lua.LValue, max int) string {
	switch v := v.(type) {
	case lua.LString:
		if len(v) > max {
			return fmt.Sprintf("%s... (%d bytes)", value.Show(v[:max]), len(v))
		}
		return value.Show(v)
	case *lua.LFunction:
		if v.IsG {
			return "builtin function"
		}
		return fmt.Sprintf("function at %s:%d", filepath.Base(v.Proto.SourceName), v.Proto.LineDefined)
	case *lua.LTable:
		if k, _ := v.Next(lua.LNil); k == lua.LNil {
			return "{}"
		}
		return "{...}"
	case *lua.LState:
		return "coroutine"
	}
	return value.Show(v)
}

// preview returns the first fields of a table in one line.
func preview(t *lua.LTable) string {
	var all []string
	k, v := t.Next(lua.LNil)
	for i := 1; k != lua.LNil; k, v = t.Next(k) {
		if len(all) == maxPreview {
			all = append(all, "...")
			break
		}
		field := short(v, 40)
		if n, ok := k.(lua.LNumber); ok && int(n) == i {
			i++
		} else {
			field = keyName(k) + " = " + field
		}
		all = append(all, field)
	}
	return "{" + strings.Join(all, ", ") + "}"
}

// keyName returns a key of a table as it is written in a table in the source of a program.
func keyName(k lua.LValue) string {
	if text, ok := k.(lua.LString); ok && isName(string(text)) {
		return string(text)
	}
	return "[" + short(k, 100) + "]"
}

func isName(s string) bool {
	for i, c := range []byte(s) {
		if !(c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || i > 0 && c >= '0' && c <= '9') {
			return false
		}
	}
	return s != ""
}
