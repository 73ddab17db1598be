package keys

import (
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"moonlark/engine/permit"
)

const supported = true

// evdev is an open device of Linux. The system waits for it as for a socket, so that Close ends a
// read.
type evdev struct {
	*os.File
	raw syscall.RawConn
}

// openInput opens a device.
func openInput(b *permit.Broker, d info) (input, error) {
	file, err := b.OpenDevice(permit.Keys, "see the keys of "+d.name, d.path, os.O_RDONLY|unix.O_NONBLOCK, d.names()...)
	if err != nil {
		return nil, err
	}
	raw, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return nil, err
	}
	return evdev{file, raw}, nil
}

const (
	evdevGrab = 1<<30 | 4<<16 | 'E'<<8 | 0x90             // EVIOCGRAB
	evdevKeys = 2<<30 | (maxCode/8+1)<<16 | 'E'<<8 | 0x18 // EVIOCGKEY for all codes
)

// Pressed implements input.
func (d evdev) Pressed() ([]uint16, error) {
	var bits [maxCode/8 + 1]byte
	var failure syscall.Errno
	err := d.raw.Control(func(fd uintptr) {
		_, _, failure = unix.Syscall(unix.SYS_IOCTL, fd, evdevKeys, uintptr(unsafe.Pointer(&bits)))
	})
	if err == nil && failure != 0 {
		err = failure
	}
	var codes []uint16
	for code := range uint16(maxCode + 1) {
		if bits[code/8]&(1<<(code%8)) != 0 {
			codes = append(codes, code)
		}
	}
	return codes, err
}

// Grab implements input.
func (d evdev) Grab() error {
	var failure error
	err := d.raw.Control(func(fd uintptr) { failure = unix.IoctlSetInt(int(fd), evdevGrab, 1) })
	if err == nil {
		err = failure
	}
	return err
}
