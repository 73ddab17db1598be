//go:build linux || darwin

package sqlite

import (
	"math"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// freeSpace returns how many bytes are free in the file system of a file, for users that are not
// root. It returns the largest number if that is not known.
func freeSpace(path string) uint64 {
	var s unix.Statfs_t
	if unix.Statfs(filepath.Dir(path), &s) != nil {
		return math.MaxUint64
	}
	return s.Bavail * uint64(s.Bsize)
}
