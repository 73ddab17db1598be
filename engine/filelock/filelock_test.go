package filelock

import (
	"errors"
	"io/fs"
	"path/filepath"
	"testing"
)

func TestALockedFileCannotBeLockedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := Lock(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(path); !errors.Is(err, ErrLocked) {
		t.Errorf("the second lock: %v", err)
	}
	unlock()
	unlock, err = Lock(path)
	if err != nil {
		t.Fatalf("after it was unlocked: %v", err)
	}
	unlock()
}

func TestAMissingFolderIsAnotherError(t *testing.T) {
	_, err := Lock(filepath.Join(t.TempDir(), "missing", "lock"))
	if !errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrLocked) {
		t.Error(err)
	}
}
