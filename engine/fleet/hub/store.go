//go:build !nohub

package hub

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"moonlark/engine/filelock"
)

const (
	lockName  = "hub.lock"
	probeName = "hub.probe"
	probeSize = 4 << 20 // bytes of free space that are enough to go on
	retryTime = 10 * time.Second
)

// openStore makes the folder of the streams if there is none, and locks it.
func openStore(dir string, t trust) (unlock func(), err error) {
	if dir == "" {
		return nil, errors.New("the hub needs a folder for its store")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	unlock, err = filelock.Lock(filepath.Join(dir, lockName))
	if errors.Is(err, filelock.ErrLocked) {
		return nil, fmt.Errorf("%s: another hub uses this folder", dir)
	} else if err != nil {
		return nil, err
	}
	err = checkFleet(dir, t)
	if err == nil {
		err = probe(dir, 1)
	}
	if err != nil && !errors.Is(err, syscall.ENOSPC) { // a hub with a full disk can be read
		unlock()
		return nil, err
	}
	return unlock, nil
}

// checkFleet returns an error if the folder has streams of another fleet.
func checkFleet(dir string, t trust) error {
	entries, err := os.ReadDir(filepath.Join(dir, server.JetStreamStoreDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if name := e.Name(); nkeys.IsValidPublicAccountKey(name) && name != t.fleet && name != t.system {
			return fmt.Errorf("%s: this folder has the streams of another fleet, with account %s; this one has account %s", dir, name, t.fleet)
		}
	}
	return nil
}

// probe returns an error if size bytes cannot be written to the folder.
func probe(dir string, size int) error {
	path := filepath.Join(dir, probeName)
	defer os.Remove(path)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, size))
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// repair waits for faults of the disk, until Close is called. After such a fault, the server refuses to
// write the stream, even when the disk works again: repair restarts it then.
func (h *Hub) repair() {
	for {
		select {
		case <-h.quit:
			return
		case <-h.log.broken:
		}
		h.say(slog.LevelError, "the hub cannot write to %s: it acknowledges no records until it can", h.opts.Store)
		for again := true; again; again = !h.restart() {
			select {
			case <-h.quit:
				return
			case <-time.After(h.retry):
			}
		}
		h.say(slog.LevelInfo, "the hub can write to %s again", h.opts.Store)
	}
}

// restart restarts the server if the store can be written. It returns false if it cannot, or if the
// server does not start.
func (h *Hub) restart() bool {
	if probe(h.opts.Store, probeSize) != nil {
		return false
	}
	h.mu.Lock() // until the server runs, so that SetAccount changes the new one
	defer h.mu.Unlock()
	h.stopServer()
	select {
	case <-h.log.broken: // by the old server
	default:
	}
	s, err := h.startServer()
	if err != nil {
		h.say(slog.LevelError, "the hub does not start: %v", err)
		return false
	}
	h.server = s
	return true
}
