package process

import (
	"os"

	"golang.org/x/sys/unix"
)

// awaitExit waits until the process has exited, and returns true. It does not reap the process,
// which stays a zombie. Until it is reaped, no other process or group can get its id, so that
// signals to its group cannot reach another program.
func awaitExit(p *os.Process) bool {
	for unix.Waitid(unix.P_PID, p.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
	return true
}
