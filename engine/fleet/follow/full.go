package follow

import (
	"errors"
	"syscall"
)

// isFull reports whether err says that a disk, or the part of it that this user may use, is full.
func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }
