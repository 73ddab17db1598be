package sound

import (
	"context"
	"errors"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/audio"
	"moonlark/engine/permit"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

// errEnded is the error of a sound that is not played because the script has been replaced.
var errEnded = sockets.Fail("cancelled", "the script has been replaced")

// PushError pushes the three results of the Lua function called function, which has failed with err.
// It raises an error if the script lacks a permission for what it has named. what names the sound.
func PushError(L *lua.LState, function, what string, err error) int {
	var denied *permit.Denied
	if errors.As(err, &denied) && !denied.Led {
		L.RaiseError("%s: %s", function, err)
	}
	f := explain(err)
	if what != "" && f.Code != "unsupported" && f.Code != "busy" && !strings.Contains(f.Text, what) {
		return value.PushFailure(L, f.Code, "%s: %s", what, f.Text)
	}
	return f.Push(L)
}

// explain returns the failure for an error of a sound.
func explain(err error) *sockets.Failure {
	var known *sockets.Failure
	var denied *permit.Denied
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &denied):
		return sockets.Fail("denied", "%s", denied.Short())
	case isMissing(err):
		return sockets.Fail("unsupported", "%s", err)
	case errors.Is(err, context.Canceled), errors.Is(err, audio.ErrTrackEnded):
		return errEnded
	}
	return sockets.Fail("busy", "%s", err)
}
