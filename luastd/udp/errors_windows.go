package udp

import (
	"errors"
	"syscall"
)

// isTooLarge reports whether err says that a datagram is too long.
func isTooLarge(err error) bool { return errors.Is(err, syscall.Errno(10040)) } // WSAEMSGSIZE

// isNotAllowed reports whether err says that a datagram may not be sent, such as one to all
// machines of a network.
func isNotAllowed(err error) bool { return errors.Is(err, syscall.Errno(10013)) } // WSAEACCES
