// Package headers has what the modules share that send and receive the headers of HTTP.
package headers

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/net/http/httpguts"

	"moonlark/luastd/value"
)

// reserved are the headers that describe the connection.
var reserved = []string{
	"Connection", "Content-Length", "Host", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// IsReserved reports whether scripts cannot set the header name, in any case, because it describes
// the connection.
func IsReserved(name string) bool { return slices.Contains(reserved, http.CanonicalHeaderKey(name)) }

// Check returns an error unless a script may send the header name with this value.
func Check(name, text string) error {
	switch {
	case !httpguts.ValidHeaderFieldName(name):
		return fmt.Errorf("%s is not the name of a header", value.Quote(name))
	case IsReserved(name):
		return fmt.Errorf("the header %s cannot be set", http.CanonicalHeaderKey(name))
	case !httpguts.ValidHeaderFieldValue(text):
		return fmt.Errorf("the header %s has a line end or another control character", http.CanonicalHeaderKey(name))
	}
	return nil
}

// Table returns a table with the values of each header joined by ", ". The keys are in lower case,
// and a lookup ignores the case.
func Table(L *lua.LState, header http.Header) *lua.LTable {
	t := L.CreateTable(0, len(header))
	for name, values := range header {
		t.RawSetString(strings.ToLower(name), lua.LString(strings.Join(values, ", ")))
	}
	meta := L.CreateTable(0, 1)
	meta.RawSetString("__index", L.NewFunction(func(L *lua.LState) int {
		v := lua.LValue(lua.LNil)
		if name, ok := L.Get(2).(lua.LString); ok {
			v = L.CheckTable(1).RawGetString(strings.ToLower(string(name)))
		}
		L.Push(v)
		return 1
	}))
	t.Metatable = meta
	return t
}
