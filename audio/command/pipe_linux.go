package command

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// shorten makes a pipe hold little more than so many bytes, instead of 64 KB,
// which would be two seconds of sound.
func shorten(pipe *os.File, bytes int) {
	c, err := pipe.SyscallConn()
	if err != nil {
		return
	}
	c.Control(func(fd uintptr) { unix.FcntlInt(fd, unix.F_SETPIPE_SZ, bytes) })
}

// anyRuns says whether a process of group g runs. Those that have ended but are
// not collected count for the system: where nobody collects orphans, as in many
// containers, that is for ever.
func anyRuns(g int) bool {
	all, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range all {
		b, _ := os.ReadFile(file)
		// The name of the program, in parentheses, can have any character.
		f := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
		if len(f) > 2 && string(f[2]) == strconv.Itoa(g) && string(f[0]) != "Z" && string(f[0]) != "X" {
			return true
		}
	}
	return len(all) == 0
}
