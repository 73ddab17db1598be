// Package durable writes files of the program so that they survive a power failure. What a function has
// written is on the disk when it returns. The files can be read only by their owner.
//
// The package has no goroutines, and any goroutine may call its functions.
package durable

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// TemporaryPrefix begins the names of the files that Replace writes first. If the process is killed, such a file
// stays: see RemoveTemporary.
const TemporaryPrefix = ".new-"

// Replace writes a file in the place of the old one, if there is one. If the power fails meanwhile, the old content
// is there. The error names the file.
func Replace(path string, content []byte) error {
	folder := filepath.Dir(path)
	temp := filepath.Join(folder, TemporaryPrefix+rand.Text())
	err := Create(temp, content)
	if err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		os.Remove(temp)
		var inner *fs.PathError
		if errors.As(err, &inner) { // its path is that of the temporary file
			return &fs.PathError{Op: inner.Op, Path: path, Err: inner.Err}
		}
		return fmt.Errorf("%s: %w", path, err)
	}
	return SyncFolder(folder)
}

// Create writes a new file. It does not sync the folder. After an error, a part of the file may be there. The error
// wraps fs.ErrExist if there is such a file already.
func Create(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// RemoveTemporary deletes what killed processes have left in a folder. Nobody may write into it meanwhile.
func RemoveTemporary(folder string) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), TemporaryPrefix) {
			err = errors.Join(err, os.Remove(filepath.Join(folder, e.Name())))
		}
	}
	return err
}
