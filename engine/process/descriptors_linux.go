package process

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// HideDescriptors marks the files that this process has inherited from its parent as close-on-exec, so
// that the programs it starts do not get them. Files that Go opens are marked already. The function main
// calls it once. It only has an effect on Linux.
func HideDescriptors() {
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, entry := range entries {
		if fd, err := strconv.Atoi(entry.Name()); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
}
