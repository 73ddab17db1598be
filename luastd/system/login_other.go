//go:build !linux

package system

import "moonlark/luastd/sockets"

// errNoControl is the failure of what only Linux lets programs do.
var errNoControl = sockets.Fail("unsupported", "only on Linux can a script do that")

// control returns a failure.
func control(string) error { return errNoControl }

// setBrightnessByLogin returns a failure.
func setBrightnessByLogin(string, uint32) error { return errNoControl }
