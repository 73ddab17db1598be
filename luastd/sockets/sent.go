package sockets

import (
	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// CheckSent returns argument n, which is sent to a port of a host: a string, or a secret that may
// be sent there.
func CheckSent(L *lua.LState, n int, host string, port uint16) string {
	if secret, ok := value.SecretOf(L.Get(n)); ok {
		value.Raise(L, secret.CheckHost(host, port))
		return secret.Text
	}
	return L.CheckString(n)
}
