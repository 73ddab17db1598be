package hostile

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// addTerminal puts a link to a pseudo-terminal, whose other end takes nothing, into the folder dir. The
// other end stays open until the tests end.
func addTerminal(dir string) error {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		return err
	}
	return os.Symlink(fmt.Sprintf("/dev/pts/%d", number), filepath.Join(dir, "port"))
}
