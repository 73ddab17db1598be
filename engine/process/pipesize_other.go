//go:build !linux

package process

import "os"

// setPipeSize does nothing: only Linux can set the size of a pipe.
func setPipeSize(*os.File, int) {}
