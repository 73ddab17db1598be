package permit

import "syscall"

// setUDPOptions sets the options of a new UDP socket. If shared is true, other programs may use the
// port too.
func setUDPOptions(fd uintptr, broadcast, shared bool) error {
	value := 0
	if broadcast {
		value = 1
	}
	err := syscall.SetsockoptInt(syscall.Handle(fd), syscall.SOL_SOCKET, syscall.SO_BROADCAST, value)
	if err == nil && shared {
		err = syscall.SetsockoptInt(syscall.Handle(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	}
	return err
}
