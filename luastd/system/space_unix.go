//go:build unix

package system

import "golang.org/x/sys/unix"

// space returns the size of the disk with the file path, and how much of it programs can use, in
// bytes.
func space(path string) (total, free uint64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return 0, 0, err
	}
	return uint64(s.Blocks) * uint64(s.Bsize), uint64(s.Bavail) * uint64(s.Bsize), nil
}
