// Package log is the Lua module "log". It writes messages for the person who runs the program to
// stderr.
//
//	log.debug(...)  log.info(...)  log.warn(...)  log.error(...)
//
// The arguments are written with spaces between them. A table is written as JSON if that is
// possible.
package log

import (
	_ "embed"
	"log/slog"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "log".
var Module = luastd.Module{Name: "log", Open: open, Doc: doc, Manual: manual}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	at := func(level slog.Level) lua.LGFunction {
		return func(L *lua.LState) int {
			words := make([]string, L.GetTop())
			for i := range words {
				words[i] = show(L, L.Get(i+1))
			}
			rt.Log(level, strings.Join(words, " "))
			return 0
		}
	}
	module := L.CreateTable(0, 4)
	value.SetFunctions(L, module, map[string]lua.LGFunction{
		"debug": at(slog.LevelDebug),
		"info":  at(slog.LevelInfo),
		"warn":  at(slog.LevelWarn),
		"error": at(slog.LevelError),
	})
	return module
}

// show returns the text of v for a log message.
func show(L *lua.LState, v lua.LValue) string {
	if t, ok := v.(*lua.LTable); ok && L.GetMetaField(t, "__tostring") == lua.LNil {
		if text, err := value.Append(nil, t, 0); err == nil {
			return string(text)
		}
	}
	return L.ToStringMeta(v).String()
}
