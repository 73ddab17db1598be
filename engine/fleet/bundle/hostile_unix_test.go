//go:build unix

package bundle

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A named pipe that nobody writes to does not stop a program for ever.
func TestAPipeIsNotABundle(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "shop.mlb")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	opened := make(chan error, 1)
	go func() {
		_, err := Open(path)
		opened <- err
	}()
	select {
	case err := <-opened:
		if err == nil || !strings.Contains(err.Error(), "not a file") {
			t.Errorf("got %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("Open waits for the pipe")
	}
}
