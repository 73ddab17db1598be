package system

import "golang.org/x/sys/windows"

// space returns the size of the disk with the file path, and how much of it programs can use, in
// bytes.
func space(path string) (total, free uint64, err error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, 0, err
	}
	err = windows.GetDiskFreeSpaceEx(name, &free, &total, nil)
	return total, free, err
}
