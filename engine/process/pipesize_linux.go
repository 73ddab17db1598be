package process

import (
	"os"

	"golang.org/x/sys/unix"
)

// setPipeSize sets the buffer size of the pipe to about size bytes. The default is 64 KB.
func setPipeSize(pipe *os.File, size int) {
	c, err := pipe.SyscallConn()
	if err != nil {
		return
	}
	c.Control(func(fd uintptr) { unix.FcntlInt(fd, unix.F_SETPIPE_SZ, size) })
}
