package doctor

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func space(path string) (free, total uint64, err error) {
	var s unix.Statfs_t
	err = unix.Statfs(path, &s)
	size := uint64(s.Bsize)
	return s.Bavail * size, s.Blocks * size, err
}

// isSynchronized asks the kernel, which the time service tells that it sets the clock.
func isSynchronized() (synchronized, known bool) {
	var t unix.Timex
	_, err := unix.Adjtimex(&t) // no modes are set, so this only reads
	return err == nil && t.Status&unix.STA_UNSYNC == 0, err == nil
}

// canOpen reports whether this user may open a file to read it, and to write it too if write is true.
func canOpen(path string, write bool) bool {
	mode := uint32(unix.R_OK)
	if write {
		mode |= unix.W_OK
	}
	return unix.Faccessat(unix.AT_FDCWD, path, mode, unix.AT_EACCESS) == nil
}

// groupID returns the number of the group of a file.
func groupID(info os.FileInfo) (id uint32, ok bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return stat.Gid, true
}

func kernelLog() string {
	text := make([]byte, 1<<20)
	n, err := unix.Klogctl(unix.SYSLOG_ACTION_READ_ALL, text)
	if err != nil {
		return ""
	}
	return string(text[:n])
}
