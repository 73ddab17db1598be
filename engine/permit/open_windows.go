package permit

import (
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// nonblock is 0, because opening a file does not wait on Windows.
const nonblock = 0

// realPath returns the path of an open file without symbolic links.
func realPath(f *os.File) string { return withoutLinks(f.Name()) }

// keepOwner does nothing, because Windows gives a new file the owner of the process.
func keepOwner(*os.File, fs.FileInfo) {}

// freeBytes returns how many bytes can be written to the file system of path.
func freeBytes(path string) (uint64, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, err
	}
	var free uint64
	err = windows.GetDiskFreeSpaceEx(name, &free, nil, nil)
	return free, err
}
