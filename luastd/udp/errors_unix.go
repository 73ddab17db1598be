//go:build unix

package udp

import (
	"errors"
	"syscall"
)

// isTooLarge reports whether err says that a datagram is too long.
func isTooLarge(err error) bool { return errors.Is(err, syscall.EMSGSIZE) }

// isNotAllowed reports whether err says that a datagram may not be sent, such as one to all
// machines of a network.
func isNotAllowed(err error) bool {
	return errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EPERM)
}
