// Package filelock keeps two processes from using the same folder: each locks a file in it. The system
// gives up the lock when the process ends, however it ends.
package filelock

import (
	"errors"
	"os"
	"time"
)

// ErrLocked is the error of Lock when the file is locked already, by another process or by this one.
var ErrLocked = errors.New("another process has locked the file")

// Lock locks a file, which it makes if there is none. It does not wait: the error is ErrLocked if the
// file is locked. Call unlock once; the file stays. The file is opened for reading only, so that it can be locked
// on a disk that has become read-only, and does not keep the system from mounting the disk so. Some versions of NFS
// do not lock such files: then Lock returns an error.
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

// LockWithin is Lock, but waits up to timeout until the file is unlocked.
func LockWithin(path string, timeout time.Duration) (unlock func(), err error) {
	for end := time.Now().Add(timeout); ; time.Sleep(20 * time.Millisecond) {
		unlock, err = Lock(path)
		if !errors.Is(err, ErrLocked) || !time.Now().Before(end) {
			return unlock, err
		}
	}
}
