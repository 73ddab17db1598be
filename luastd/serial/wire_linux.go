package serial

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"moonlark/engine/permit"
	"moonlark/luastd/sockets"
)

// A terminal is an open serial port. Linux waits for it as for a socket, so that Close ends reads
// and writes, and writes have a deadline.
type terminal struct {
	*os.File
	raw     syscall.RawConn
	writing chan struct{} // has a value while a write is in progress
}

// openWire opens the port at a place and sets it up. It may block. Programs that lock serial ports,
// as Moonlark does, cannot use it meanwhile.
func openWire(b *permit.Broker, p place, s settings) (wire, error) {
	file, err := b.OpenDevice(permit.Serial, "use the serial port "+s.device, p.path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, p.names...)
	if err != nil {
		return nil, err
	}
	raw, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return nil, err
	}
	t := &terminal{File: file, raw: raw, writing: make(chan struct{}, 1)}
	if err := t.control(func(fd int) error { return setUp(fd, s) }); err != nil {
		file.Close()
		return nil, err
	}
	return t, nil
}

// control calls f with the file descriptor, which stays open meanwhile.
func (t *terminal) control(f func(fd int) error) error {
	var failure error
	if err := t.raw.Control(func(fd uintptr) { failure = f(int(fd)) }); err != nil {
		return err
	}
	return failure
}

// setUp locks the port and applies the settings.
func setUp(fd int, s settings) error {
	// TIOCEXCL does not keep the superuser out, and a lock does not keep out programs that do not
	// lock.
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return err
	}
	if err := unix.IoctlSetInt(fd, unix.TIOCEXCL, 0); err != nil {
		return err
	}
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS2)
	if err != nil {
		return err
	}
	s.apply(t)
	if err := unix.IoctlSetTermios(fd, unix.TCSETS2, t); err != nil {
		return err
	}
	setLine(fd, unix.TIOCM_DTR, s.dtr) // pseudo-terminals have no such lines
	if !s.rtsFlow {
		setLine(fd, unix.TIOCM_RTS, s.rts)
	}
	return nil
}

// apply changes t to raw bytes with these settings.
func (s settings) apply(t *unix.Termios) {
	t.Iflag, t.Oflag, t.Lflag = unix.IGNBRK|unix.IGNPAR, 0, 0
	t.Cflag &^= unix.CBAUD | unix.CBAUD<<unix.IBSHIFT | unix.CSIZE | unix.PARENB | unix.PARODD | unix.CMSPAR | unix.CSTOPB | unix.CRTSCTS
	t.Cflag |= unix.CREAD | unix.CLOCAL | unix.BOTHER
	t.Cflag |= map[int]uint32{5: unix.CS5, 6: unix.CS6, 7: unix.CS7, 8: unix.CS8}[s.bits]
	t.Cflag |= map[string]uint32{
		"even": unix.PARENB, "odd": unix.PARENB | unix.PARODD,
		"mark": unix.PARENB | unix.PARODD | unix.CMSPAR, "space": unix.PARENB | unix.CMSPAR,
	}[s.parity]
	if s.stop != "1" { // with 5 bits, the hardware sends 1.5 stop bits
		t.Cflag |= unix.CSTOPB
	}
	if s.rtsFlow {
		t.Cflag |= unix.CRTSCTS
	}
	t.Ispeed, t.Ospeed = uint32(s.baud), uint32(s.baud)
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
}

func setLine(fd, line int, level bool) error {
	request := uint(unix.TIOCMBIC)
	if level {
		request = unix.TIOCMBIS
	}
	return unix.IoctlSetPointerInt(fd, request, line)
}

// Write implements wire.
func (t *terminal) Write(ctx context.Context, data string) (n int, err error) {
	select {
	case t.writing <- struct{}{}:
		defer func() { <-t.writing }()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	t.SetWriteDeadline(time.Time{})
	expired := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		t.SetWriteDeadline(time.Unix(1, 0))
		close(expired)
	})
	n, err = t.File.WriteString(data)
	if !stop() {
		<-expired // the deadline must not hit the next write
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		if err = ctx.Err(); err == nil {
			err = os.ErrClosed
		}
	}
	return n, err
}

// Release implements wire.
func (t *terminal) Release() {
	t.control(func(fd int) error {
		unix.IoctlSetInt(fd, unix.TIOCNXCL, 0)
		return unix.Flock(fd, unix.LOCK_UN)
	})
	t.SetDeadline(time.Unix(1, 0))
}

// Close implements wire. Without the flush, the system could wait half a minute for a device that
// takes nothing. Otherwise nothing is flushed, because another user of the port may have written
// something.
func (t *terminal) Close() error {
	if !t.drain() {
		t.control(func(fd int) error { return unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCOFLUSH) })
	}
	return t.File.Close()
}

// drain waits until all has been sent, at most for maxDrain. It returns false if something is left.
func (t *terminal) drain() bool {
	for end := time.Now().Add(maxDrain); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		left := 0
		err := t.control(func(fd int) (err error) {
			left, err = unix.IoctlGetInt(fd, unix.TIOCOUTQ)
			return err
		})
		if err != nil || left == 0 {
			return true
		}
	}
	return false
}

// Discard implements wire.
func (t *terminal) Discard() error {
	return t.control(func(fd int) error { return unix.IoctlSetInt(fd, unix.TCFLSH, unix.TCIFLUSH) })
}

// SetDTR implements wire.
func (t *terminal) SetDTR(level bool) error {
	return t.control(func(fd int) error { return setLine(fd, unix.TIOCM_DTR, level) })
}

// SetRTS implements wire.
func (t *terminal) SetRTS(level bool) error {
	return t.control(func(fd int) error { return setLine(fd, unix.TIOCM_RTS, level) })
}

// Break implements wire.
func (t *terminal) Break(d time.Duration) error {
	if err := t.control(func(fd int) error { return unix.IoctlSetInt(fd, unix.TIOCSBRK, 0) }); err != nil {
		return err
	}
	time.Sleep(d)
	return t.control(func(fd int) error { return unix.IoctlSetInt(fd, unix.TIOCCBRK, 0) })
}

// explainSystem returns the Failure for an error of the system.
func explainSystem(err error, device string) *sockets.Failure {
	switch {
	case errors.Is(err, unix.EBUSY), errors.Is(err, unix.EWOULDBLOCK):
		return sockets.Fail("busy", "another program uses %s", device)
	case errors.Is(err, unix.ENOTTY), errors.Is(err, unix.EINVAL), errors.Is(err, unix.EOPNOTSUPP):
		return sockets.Fail("unsupported", "%s cannot do that", device)
	case errors.Is(err, unix.ENXIO), errors.Is(err, unix.ENODEV):
		return sockets.Fail("not_found", "there is no device behind %s", device)
	}
	return sockets.Fail("io", "%s: %s", device, withoutPath(err))
}

// withoutPath returns the text of err without the operation and the path.
func withoutPath(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}
