//go:build !linux

package transfer

import (
	"runtime"
	"syscall"

	"moonlark/engine/permit"
	"moonlark/luastd/sockets"
)

// Open is the Opener for the devices of the machine: on this system it always fails.
func Open(b *permit.Broker, kind permit.Kind, what, _ string, names ...string) (Port, error) {
	if err := b.CheckDevice(kind, what, names...); err != nil {
		return nil, err
	}
	return nil, sockets.Fail("unsupported", "Moonlark can use such devices only on Linux, not on %s", runtime.GOOS)
}

func explainErrno(errno syscall.Errno, device string) *sockets.Failure {
	return sockets.Fail("io", "the %s: %s", device, errno)
}
