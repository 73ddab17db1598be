package transfer

import (
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"moonlark/engine/permit"
	"moonlark/luastd/sockets"
)

// A filePort is the device file of a bus.
type filePort struct{ *os.File }

// Open is the Opener for the devices of the machine.
func Open(b *permit.Broker, kind permit.Kind, what, path string, names ...string) (Port, error) {
	f, err := b.OpenDevice(kind, what, path, os.O_RDWR, names...)
	if err != nil {
		return nil, err
	}
	return filePort{f}, nil
}

// Ioctl implements Port.
func (p filePort) Ioctl(request uintptr, arg unsafe.Pointer) error {
	return p.control(func(fd uintptr) (errno syscall.Errno) {
		_, _, errno = unix.Syscall(unix.SYS_IOCTL, fd, request, uintptr(arg))
		return errno
	})
}

// IoctlValue implements Port.
func (p filePort) IoctlValue(request, arg uintptr) error {
	return p.control(func(fd uintptr) (errno syscall.Errno) {
		_, _, errno = unix.Syscall(unix.SYS_IOCTL, fd, request, arg)
		return errno
	})
}

// control calls do with the file descriptor, which is not closed meanwhile.
func (p filePort) control(do func(fd uintptr) syscall.Errno) error {
	conn, err := p.SyscallConn()
	if err != nil {
		return err
	}
	var errno syscall.Errno
	if conn.Control(func(fd uintptr) { errno = do(fd) }) != nil {
		return os.ErrClosed // the only reason, which the error of Control does not tell
	}
	if errno != 0 {
		return errno
	}
	return nil
}

// explainErrno returns the Failure for an error of the driver. Adapters say in different ways that no
// device answers.
func explainErrno(errno syscall.Errno, device string) *sockets.Failure {
	switch errno {
	case unix.EREMOTEIO, unix.ENXIO:
		return sockets.Fail("nack", "the %s does not answer", device)
	case unix.EBUSY:
		return sockets.Fail("busy", "the %s is used by a driver of the kernel", device)
	case unix.ETIMEDOUT:
		return sockets.Fail("timeout", "the %s does not answer in time", device)
	case unix.EOPNOTSUPP, unix.EINVAL, unix.ENOTTY:
		return sockets.Fail("unsupported", "the bus of the %s cannot do that", device)
	case unix.ENODEV:
		return sockets.Fail("not_found", "the %s has been taken away", device)
	}
	return sockets.Fail("io", "the %s: %s", device, errno)
}
