// Package secrets is the Lua module "secrets". It gives scripts the keys of APIs and other texts
// that they use without seeing them.
//
//	secrets.get(name) -> a secret; or nil, reason, "not_found"
//	secrets.names()   -> the names of all secrets, sorted
//	secret:reveal()   -> the text of the secret
//	secret .. text    -> another secret
//	secret == secret  -> whether the texts are equal
//
// Where secrets are kept, and which host may get one: see permit.Broker.Secret. The functions of
// other modules that accept secrets say so in their manuals; all others treat a secret as a value
// of the wrong type. The engine hides the text of secrets in the log and in tool results.
//
// get and names read files on another goroutine while the task waits. All else runs on the
// goroutine of the executor.
package secrets

import (
	"context"
	_ "embed"
	"errors"
	"io/fs"
	"log/slog"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/files"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "secrets". Secrets need no permission: they are for the scripts beside
// them.
var Module = luastd.Module{Name: "secrets", Open: open, Doc: doc, Manual: manual}

// A module has what one generation of a script knows of its secrets. It belongs to the executor's
// goroutine.
type module struct {
	rt       luastd.Runtime
	runner   *files.Runner
	secret   *lua.LTable     // the metatable of secrets
	revealed map[string]bool // the names of the secrets that have been revealed
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	m := &module{rt: rt, runner: files.NewRunner(rt), secret: L.CreateTable(0, 5), revealed: make(map[string]bool)}
	methods, t := L.CreateTable(0, 1), L.CreateTable(0, 2)
	value.SetFunctions(L, methods, map[string]lua.LGFunction{"reveal": m.reveal})
	m.secret.RawSetString("__index", methods)
	m.secret.RawSetString("__metatable", lua.LString("secret"))
	value.SetFunctions(L, m.secret, map[string]lua.LGFunction{"__tostring": show, "__concat": m.concat, "__eq": equal})
	value.SetFunctions(L, t, map[string]lua.LGFunction{"get": m.get, "names": m.names})
	return t
}

func (m *module) push(L *lua.LState, s *permit.Secret) int {
	L.Push(&lua.LUserData{Value: s, Env: L.Env, Metatable: m.secret})
	return 1
}

// get is the Lua function get.
func (m *module) get(L *lua.LState) int {
	name, broker := L.CheckString(1), m.rt.Permit()
	s, err := m.runner.Run(L, "secrets.get", files.Timeout, func(context.Context) (any, error) { return broker.Secret(name) })
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return value.PushFailure(L, "not_found", "there is no secret %s", name)
	case err != nil: // the person who runs the script must do something
		L.RaiseError("secrets.get: %s", err)
	}
	return m.push(L, s.(*permit.Secret))
}

// names is the Lua function names.
func (m *module) names(L *lua.LState) int {
	broker := m.rt.Permit()
	names, err := m.runner.Run(L, "secrets.names", files.Timeout, func(context.Context) (any, error) { return broker.SecretNames() })
	if err != nil {
		L.RaiseError("secrets.names: %s", err)
	}
	list := L.CreateTable(0, 0)
	for _, name := range names.([]string) {
		list.Append(lua.LString(name))
	}
	L.Push(list)
	return 1
}

// reveal is the method reveal of secrets.
func (m *module) reveal(L *lua.LState) int {
	s, ok := value.SecretOf(L.Get(1))
	if !ok {
		L.ArgError(1, "a secret expected: use a colon, secret:reveal()")
	}
	if !s.Revealable && !m.revealed[s.Name] {
		m.revealed[s.Name] = true
		m.rt.Log(slog.LevelWarn, value.Line(L)+": the script reads the text of the secret "+s.Name+": with reveal = true in secrets.toml, this is not logged")
	}
	L.Push(lua.LString(s.Text))
	return 1
}

func show(L *lua.LState) int {
	s, ok := value.SecretOf(L.Get(1))
	if !ok {
		L.ArgError(1, "a secret expected")
	}
	L.Push(lua.LString("secret(" + s.Name + ")"))
	return 1
}

// concat is the operator "..". One of its operands is a secret.
func (m *module) concat(L *lua.LState) int {
	left, leftOK := value.SecretOf(L.Get(1))
	right, rightOK := value.SecretOf(L.Get(2))
	switch {
	case leftOK && rightOK:
		return m.push(L, left.JoinSecret(right))
	case leftOK:
		return m.push(L, left.Join("", L.CheckString(2)))
	}
	return m.push(L, right.Join(L.CheckString(1), ""))
}

func equal(L *lua.LState) int {
	a, ok1 := value.SecretOf(L.Get(1))
	b, ok2 := value.SecretOf(L.Get(2))
	L.Push(lua.LBool(ok1 && ok2 && a.Equal(b)))
	return 1
}
