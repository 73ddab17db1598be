package mdns

import (
	"errors"
	"syscall"
)

// sharePort lets other programs use the port of a socket too.
func sharePort(_, _ string, c syscall.RawConn) (err error) {
	controlErr := c.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(syscall.Handle(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	})
	return errors.Join(err, controlErr)
}
