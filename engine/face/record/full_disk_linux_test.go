package record

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"moonlark/engine/bus"
)

// fullFolder returns a folder on a small file system of its own that is full.
func fullFolder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("only root can mount a small file system: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(folder, syscall.MNT_DETACH) })
	err := os.WriteFile(folder+"/full", make([]byte, 256<<10), 0o600)
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the file system is not full: %v", err)
	}
	return folder
}

func TestAFullDiskGetsNoEmptyFilesAndIsReportedOnce(t *testing.T) {
	folder := fullFolder(t)
	var log bytes.Buffer
	r, err := Open(Options{Folder: folder, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	try := func(text string) {
		r.failed = r.failed.Add(-2 * retryInterval)
		r.Note(bus.Event{Type: bus.Print, Text: text})
	}
	try("lost")
	if n := strings.Count(log.String(), "nothing is recorded"); n != 1 || len(recordings(t, folder)) > 0 {
		t.Errorf("files %q; the full disk was reported %d times:\n%s", recordings(t, folder), n, log.String())
	}
	if err := os.Remove(folder + "/full"); err != nil {
		t.Fatal(err)
	}
	try("kept")
	if r.State() == nil {
		t.Fatal("the recorder has not begun again")
	}
	log.Reset()
	r.Note(bus.Event{Type: bus.Print, Text: strings.Repeat("x", 256<<10)}) // the disk becomes full again
	for range 5 {
		try("lost")
	}
	if r.State() != nil || r.failed.Before(time.Now().Add(-retryInterval)) {
		t.Error("the recorder does not know that the disk is full")
	}
	if n := strings.Count(log.String(), "nothing is recorded"); n != 1 {
		t.Errorf("the full disk was reported %d times:\n%s", n, log.String())
	}
	if names := recordings(t, folder); len(names) != 1 {
		t.Errorf("files %q", names)
	}
}
