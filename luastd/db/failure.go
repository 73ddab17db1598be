package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/ncruces/go-sqlite3"
	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd/sqlite"
	"moonlark/luastd/value"
)

// A tooLarge is the error of a result that is too large.
type tooLarge string

func (t tooLarge) Error() string { return string(t) }

// fail pushes nil, the reason and the code of an error. It raises the errors that are mistakes in
// the script.
func fail(L *lua.LState, function string, d *database, err error) int {
	code, reason := describeFailure(d, err)
	if code == "" {
		L.RaiseError("%s: %s", function, reason)
	}
	return value.PushFailure(L, code, "%s", reason)
}

// raise raises an error of every kind.
func raise(L *lua.LState, function string, d *database, err error) {
	code, reason := describeFailure(d, err)
	if code != "" {
		reason = code + ": " + reason
	}
	L.RaiseError("%s: %s", function, reason)
}

// describeFailure returns the code and the reason of an error. The code is "" for a mistake in the
// script.
func describeFailure(d *database, err error) (code, reason string) {
	var wrong sqlite.Mistake
	var large tooLarge
	var denied *permit.Denied
	switch {
	case errors.As(err, &wrong), errors.As(err, &denied) && !denied.Led:
		return "", err.Error()
	case errors.As(err, &denied):
		return "denied", denied.Short()
	case errors.Is(err, errClosed), errors.Is(err, errEnded):
		return "closed", err.Error()
	case errors.Is(err, errCall):
		return "timeout", errCall.Error()
	case errors.Is(err, errLate):
		return "timeout", errLate.Error()
	case errors.As(err, &large):
		return "too_large", large.Error()
	case errors.Is(err, sqlite3.TOOBIG):
		return "too_large", fmt.Sprintf("a value or a row has more than %d MiB", sqlite.MaxValue>>20)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return "timeout", fmt.Sprintf("the statement took longer than %v", d.settings.queryTimeout)
	case errors.Is(err, permit.ErrFull):
		return "full", permit.ErrFull.Error()
	case errors.Is(err, fs.ErrNotExist):
		return "not_found", "there is no file " + d.name
	}
	switch code = sqlite.Code(err); code {
	case "":
		return "", sqlite.Reason(err)
	case "busy":
		return code, fmt.Sprintf("another program has used %s for %v", d.name, d.settings.busyTimeout)
	case "timeout":
		return code, fmt.Sprintf("the statement took longer than %v", d.settings.queryTimeout)
	default:
		return code, sqlite.Reason(err)
	}
}
