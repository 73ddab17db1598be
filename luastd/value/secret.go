package value

import (
	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
)

// SecretOf returns the secret that v is. ok is false if v is something else.
func SecretOf(v lua.LValue) (s *permit.Secret, ok bool) {
	if ud, isUserData := v.(*lua.LUserData); isUserData {
		s, ok = ud.Value.(*permit.Secret)
	}
	return s, ok
}

// CheckSecret returns argument n as text. The argument must be a string or a secret. CheckSecret
// raises an error for any other argument. Use it for the keys of cryptography; the text must not
// get into a result or an error.
func CheckSecret(L *lua.LState, n int) string {
	if s, ok := SecretOf(L.Get(n)); ok {
		return s.Text
	}
	return L.CheckString(n)
}
