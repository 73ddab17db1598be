package fleet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/fleet/bundle"
)

// A state with as much in it as possible is still read.
func TestTheStateStaysShort(t *testing.T) {
	d := disk{dir: t.TempDir()}
	var s state
	for v := range int64(2 * maxVersions) {
		digest := fmt.Sprintf("%064x", v)
		s.accept(&bundle.Bundle{Digest: digest, Manifest: &bundle.Manifest{Version: bundle.MaxVersion - v}})
		s.fail("f"+digest[1:], fail{v, Refused, strings.Repeat("a line\n\"quoted\"\x00", 100)})
	}
	if err := d.replaceJSON(stateFile, s); err != nil {
		t.Fatal(err)
	}
	read, damage, err := d.readState()
	if damage != nil || err != nil || len(read.Versions) != maxVersions || len(read.Failed) != maxFailed {
		t.Errorf("%d versions and %d failures are read, %v, %v", len(read.Versions), len(read.Failed), damage, err)
	}
	for _, f := range read.Failed {
		if len(f.Why) > maxWhy+len("...") || strings.Contains(f.Why, "\n") {
			t.Fatalf("the reason has %d bytes: %q", len(f.Why), f.Why)
		}
		if f.Version < 2*maxVersions-maxFailed {
			t.Errorf("the failure of version %d is kept, not that of a higher one", f.Version)
		}
	}
	if text, _ := json.Marshal(s); len(text) > maxFile/2 {
		t.Errorf("the state has %d bytes", len(text))
	}
}

func TestOnlyFaultsOfTheBundleAreFinal(t *testing.T) {
	path := func(err error) error { return &fs.PathError{Op: "open", Path: "manifest", Err: err} }
	for _, row := range []struct {
		err              error
		final, transient bool
	}{
		{err: errors.New("does not load"), final: true},
		{err: &bundle.Refusal{Reason: bundle.BelowFloor}, final: true},
		{err: &bundle.Refusal{Reason: bundle.SameVersion}, final: true},
		{err: &bundle.Refusal{Reason: bundle.BadSignature}},
		{err: &bundle.Refusal{Reason: bundle.Damaged}},
		{err: path(syscall.EIO), transient: true},
		{err: fmt.Errorf("manifest: %w", path(syscall.EMFILE)), transient: true},
		{err: path(fs.ErrNotExist)},
		{err: path(fs.ErrPermission)},
		{err: path(syscall.ENOTDIR)},
	} {
		if got := isFinal(row.err); got != row.final {
			t.Errorf("%v: final %v", row.err, got)
		}
		if got := isTransient(row.err); got != row.transient {
			t.Errorf("%v: transient %v", row.err, got)
		}
	}
}

// An installation that looks whether a process runs does not make the start of one fail.
func TestAStartWaitsForAnInstallation(t *testing.T) {
	f := newFixture(t)
	d := disk{dir: f.store}
	if err := d.makeFolders(); err != nil {
		t.Fatal(err)
	}
	unlock, err := d.lock(runLock)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, unlock)
	device, err := Open(Options{Store: f.store, Bus: new(bus.Bus)})
	if err != nil {
		t.Fatal(err)
	}
	device.Close()
}

// If the process was killed after it had moved the damaged state, the next one writes a new state.
func TestAMissingStateIsWrittenAgain(t *testing.T) {
	withDevice(t, func(t *testing.T, f *fixture) {
		f.makeGood(16, "v16")
		f.stop()
		if err := os.Rename(f.device.disk.path(stateFile), f.device.disk.path(stateFile+".damaged")); err != nil {
			t.Fatal(err)
		}
		f.start()
		f.mu.Lock()
		if len(f.events) != 1 || !strings.HasPrefix(f.events[0], "error: state.json cannot be read (") {
			t.Errorf("the events are %q", f.events)
		}
		f.events = nil
		f.mu.Unlock()
		f.stop()
		f.start()
		f.want("v16")
	})
}

func TestBundlesThatCannotBeDeletedAreReported(t *testing.T) {
	d := disk{dir: t.TempDir()}
	if err := errors.Join(d.makeFolders(), os.Mkdir(d.path(installLock), 0o700)); err != nil {
		t.Fatal(err)
	}
	if err := d.clean(map[string]bool{}); err == nil {
		t.Error("clean returned nil, but cannot lock the store")
	}
}
