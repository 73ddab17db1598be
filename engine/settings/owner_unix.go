//go:build unix

package settings

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// checkOwner returns an error if another user can change the file, except root.
func checkOwner(info fs.FileInfo) error {
	if info.Mode().Perm()&0o002 != 0 {
		return errors.New("every user can change the file, and with it the permissions: chmod o-w it")
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && stat.Uid != 0 && int(stat.Uid) != os.Geteuid() {
		return errors.New("the file belongs to another user, who can change the permissions in it: chown it")
	}
	return nil
}
