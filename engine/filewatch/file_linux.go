package filewatch

import (
	"syscall"

	"golang.org/x/sys/unix"

	"moonlark/engine/script"
)

// isRemote reports whether the file at path is on a network file system (NFS or SMB). The system does
// not notice what other machines change there.
func isRemote(path string) bool {
	var s unix.Statfs_t
	if unix.Statfs(path, &s) != nil {
		return false
	}
	switch uint32(s.Type) {
	case unix.NFS_SUPER_MAGIC, unix.SMB_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC:
		return true
	}
	return false
}

// isDeleted reports whether the file f has been deleted but can still be opened by its path. This
// happens to a single file that is mounted into a container when another file replaces it outside.
func isDeleted(f script.File) bool {
	if f.Info == nil {
		return false
	}
	s, ok := f.Info.Sys().(*syscall.Stat_t)
	return ok && s.Nlink == 0
}

// isOpenForWriting reports whether a program has the file at path open for writing. It returns false
// if the system does not tell, for example about a file of another user.
func isOpenForWriting(path string) bool {
	if f := script.StatFile(path); f.Info == nil || !f.Info.Mode().IsRegular() {
		return false // opening a named pipe would have an effect on the program that writes to it
	}
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	// the system refuses a read lease while the file is open for writing
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETLEASE, unix.F_RDLCK); err != nil {
		return err == unix.EAGAIN
	}
	unix.FcntlInt(uintptr(fd), unix.F_SETLEASE, unix.F_UNLCK)
	return false
}
