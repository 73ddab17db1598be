//go:build !linux

package process

import "os"

// awaitExit returns false: only on Linux does package unix have a way to wait for a process without
// reaping it.
func awaitExit(*os.Process) bool { return false }
