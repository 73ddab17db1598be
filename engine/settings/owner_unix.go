//go:build unix

package settings

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// CheckOwner returns an error if another user than root can change a file with settings, of which info
// has been read.
func CheckOwner(info fs.FileInfo) error {
	if info.Mode().Perm()&0o002 != 0 {
		return errors.New("every user can change the file, and with it what scripts may do: chmod o-w it")
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && stat.Uid != 0 && int(stat.Uid) != os.Geteuid() {
		return errors.New("the file belongs to another user, who can change what scripts may do: chown it")
	}
	return nil
}
