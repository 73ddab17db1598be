//go:build unix

package keys

import (
	"errors"
	"syscall"
)

// isBusy reports whether err says that another program has grabbed a device.
func isBusy(err error) bool { return errors.Is(err, syscall.EBUSY) }
