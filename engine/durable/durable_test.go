package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestReplaceLeavesTheNewContentAlone(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "state")
	for _, content := range []string{"old", "new"} {
		if err := Replace(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); string(got) != content || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, content)
		}
	}
	if entries, err := os.ReadDir(folder); len(entries) != 1 || err != nil {
		t.Errorf("the folder has %v, %v", entries, err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the mode is %v, %v", info.Mode(), err)
	}
}

func TestAFailingReplaceNamesTheFileAndLeavesNothing(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "state")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Replace(path, []byte("new")); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("the error in the place of a folder is %v", err)
	}
	missing := filepath.Join(folder, "none", "state")
	if err := Replace(missing, nil); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), missing) || strings.Contains(err.Error(), TemporaryPrefix) {
		t.Errorf("the error in a missing folder is %v", err)
	}
	if entries, err := os.ReadDir(folder); len(entries) != 1 || err != nil {
		t.Errorf("the folder has %v, %v", entries, err)
	}
}

func TestCreateReplacesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := Create(path, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := Create(path, []byte("second")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("the second error is %v", err)
	}
	if got, err := os.ReadFile(path); string(got) != "first" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestRemoveTemporaryDeletesOnlyTemporaryFiles(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{TemporaryPrefix + "1", "state"} {
		if err := Create(filepath.Join(folder, name), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := RemoveTemporary(folder); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(folder); len(entries) != 1 || entries[0].Name() != "state" || err != nil {
		t.Errorf("the folder has %v, %v", entries, err)
	}
	if err := RemoveTemporary(filepath.Join(folder, "none")); err != nil {
		t.Errorf("without a folder: %v", err)
	}
}
