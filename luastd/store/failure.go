package store

import (
	"errors"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd/sqlite"
	"moonlark/luastd/value"
)

// errCorrupt is the error of a value that is not JSON.
var errCorrupt = errors.New("the value is not JSON")

// fail pushes nil, the reason and the code of an error. It raises the errors that are mistakes in
// the script.
func fail(L *lua.LState, function string, err error) int {
	var wrong sqlite.Mistake
	var denied *permit.Denied
	switch {
	case errors.As(err, &wrong):
		L.RaiseError("store.%s: %s", function, wrong.Error())
	case errors.As(err, &denied) && !denied.Led:
		L.RaiseError("store.%s: %s", function, denied.Error())
	case errors.As(err, &denied):
		return value.PushFailure(L, "denied", "%s", denied.Short())
	case errors.Is(err, errCorrupt):
		return value.PushFailure(L, "corrupt", "%s", err)
	case errors.Is(err, errFull):
		return value.PushFailure(L, "full", "%s", errFull)
	case errors.Is(err, errListed):
		return value.PushFailure(L, "too_large", "%s", errListed)
	case errors.Is(err, errLate):
		return value.PushFailure(L, "timeout", "%s", errLate)
	case errors.Is(err, errEnded):
		return value.PushFailure(L, "closed", "%s", errEnded)
	}
	switch code := sqlite.Code(err); code {
	case "full":
		return value.PushFailure(L, code, "the store has %d MiB, which is the maximum, or the disk is full", maxPages*4096>>20)
	case "busy":
		return value.PushFailure(L, code, "another program has used the file of the store for %v", busyTimeout)
	case "", "constraint":
		return value.PushFailure(L, "corrupt", "the file is not that of a store: %s", sqlite.Reason(err))
	default:
		return value.PushFailure(L, code, "%s", sqlite.Reason(err))
	}
}
