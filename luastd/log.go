package luastd

import (
	"log/slog"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// A Logger takes what a script has to say. Neither method blocks: a reader too
// slow to keep up costs lines, and the lost ones are counted.
type Logger interface {
	Print(text string)
	Log(level slog.Level, text string)
}

// openLog is the "log" module: lines for whoever runs the program, on stderr.
//
//	log.debug(...)  log.info(...)  log.warn(...)  log.error(...)
//
// The values are separated by spaces; a table is shown as JSON where it can be.
func openLog(L *lua.LState, host Logger) {
	at := func(level slog.Level) lua.LGFunction {
		return func(L *lua.LState) int {
			words := make([]string, L.GetTop())
			for i := range words {
				words[i] = describe(L, L.Get(i+1))
			}
			host.Log(level, strings.Join(words, " "))
			return 0
		}
	}
	log := L.NewTable()
	set(L, log, map[string]lua.LGFunction{
		"debug": at(slog.LevelDebug),
		"info":  at(slog.LevelInfo),
		"warn":  at(slog.LevelWarn),
		"error": at(slog.LevelError),
	})
	L.SetGlobal("log", log)
}

func describe(L *lua.LState, v lua.LValue) string {
	if t, ok := v.(*lua.LTable); ok && L.GetMetaField(t, "__tostring") == lua.LNil {
		if text, err := AppendJSON(nil, t, 0); err == nil {
			return string(text)
		}
	}
	return L.ToStringMeta(v).String()
}
