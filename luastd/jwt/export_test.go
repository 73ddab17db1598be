package jwt

import (
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
)

// ModuleAt returns the module with a clock that shows the time *now.
func ModuleAt(now *time.Time) luastd.Module {
	return luastd.Module{Open: func(L *lua.LState, _ luastd.Runtime) lua.LValue {
		return open(L, func() time.Time { return *now })
	}}
}

// PublicKey returns the public key in a PEM text, for golang-jwt.
func PublicKey(text string) (any, error) {
	k, err := parseKey(text)
	if err != nil {
		return nil, err
	}
	return k.public, nil
}
