package filelock

import (
	"errors"
	"io/fs"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
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

func TestLockWithinWaitsUntilTheFileIsUnlocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	synctest.Test(t, func(t *testing.T) {
		unlock, err := Lock(path)
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if _, err := LockWithin(path, time.Second); !errors.Is(err, ErrLocked) || time.Since(begin) != time.Second {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
		time.AfterFunc(time.Second, unlock)
		unlock, err = LockWithin(path, time.Minute)
		if err != nil || time.Since(begin) > 3*time.Second {
			t.Fatalf("after %v: %v", time.Since(begin), err)
		}
		unlock()
	})
}
