package identity

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"moonlark/engine/durable"
	"moonlark/engine/filelock"
)

// The limits of the files of a folder, in bytes. A longer file is damaged.
const (
	maxKeyFile  = 1 << 20  // a key, a JWT, a set of keys
	maxListFile = 64 << 20 // a list of devices or invitations
)

// lockTimeout is how long a change of the folder waits while another process changes the folder.
const lockTimeout = 10 * time.Second

// readFile returns the content of a file that has at most max bytes.
func readFile(path string, max int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, max+1))
	if err == nil && int64(len(text)) > max {
		err = fmt.Errorf("%s: more than %d bytes", path, max)
	}
	return text, err
}

// readJSON reads a file into v. A missing file leaves v as it is.
func readJSON(path string, v any) error {
	text, err := readFile(path, maxListFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("%s is damaged: %w", path, err)
	}
	return nil
}

// writeJSON is durable.Replace with the JSON of v.
func writeJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	return durable.Replace(path, append(text, '\n'))
}

// lock locks the folder for a change. It waits for other changes.
func (f *Folder) lock() (unlock func(), err error) {
	unlock, err = filelock.LockWithin(f.path("lock"), lockTimeout)
	if errors.Is(err, filelock.ErrLocked) {
		err = fmt.Errorf("%s: another moonlark changes the folder", f.dir)
	}
	return unlock, err
}
