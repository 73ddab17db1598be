// Package filelock keeps two processes from using the same folder: each locks a file in it. The system gives
// up the lock when the process ends, however it ends.
package filelock

import (
	"errors"
	"os"
)

// ErrLocked is the error of Lock when the file is locked already, by another process or by this one.
var ErrLocked = errors.New("another process has locked the file")

// Lock locks a file, which it makes if there is none. It does not wait: the error is ErrLocked if the file is
// locked. Call unlock once; the file stays.
func Lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_RDONLY|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lockFile(f); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}
