//go:build unix

package permit

import (
	"io/fs"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// nonblock is a flag of open, so that opening a pipe does not wait for a writer.
const nonblock = syscall.O_NONBLOCK

// realPath returns the path of an open file without symbolic links.
func realPath(f *os.File) string {
	path := ""
	if conn, err := f.SyscallConn(); err == nil { // File.Fd would make reads wait that Close cannot end
		conn.Control(func(fd uintptr) {
			path, _ = os.Readlink("/proc/self/fd/" + strconv.Itoa(int(fd)))
		})
	}
	if path == "" { // a system without /proc
		return withoutLinks(f.Name())
	}
	return path
}

// keepOwner gives f the owner and the group of the file that old describes, if the process may do
// so.
func keepOwner(f *os.File, old fs.FileInfo) {
	now, err := f.Stat()
	if err != nil {
		return
	}
	is, ok := now.Sys().(*syscall.Stat_t)
	was, oldOK := old.Sys().(*syscall.Stat_t)
	if ok && oldOK && (is.Uid != was.Uid || is.Gid != was.Gid) {
		f.Chown(int(was.Uid), int(was.Gid))
	}
}

// freeBytes returns how many bytes can be written to the file system of path.
func freeBytes(path string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return 0, err
	}
	return uint64(s.Bavail) * uint64(s.Bsize), nil
}
