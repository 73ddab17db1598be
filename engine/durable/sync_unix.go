//go:build !windows

package durable

import (
	"errors"
	"os"
)

// SyncFolder writes the names in a folder to the disk, so that they survive a power failure.
func SyncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
