//go:build unix

package permit

import (
	"fmt"
	"os"
	"syscall"
)

// checkPrivate returns an error unless only the user of this process can read and change f.
func checkPrivate(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s: other users can use it: run chmod 600 %s", f.Name(), f.Name())
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("%s: it belongs to another user: run chown %d %s", f.Name(), os.Geteuid(), f.Name())
	}
	return nil
}
