package host

import (
	"context"
	"encoding/json"
	"errors"
)

// errTwice is the error of putStatus when another process has the name of this host.
var errTwice = errors.New("another process is the host of this name")

// publishStatus tells everybody what this host does, until ctx is done. It then deletes the status.
func (h *Host) publishStatus(ctx context.Context) {
	key := hostPrefix + h.opts.ID
	revision := uint64(0) // 0 if there is no status, or none is known
	began, warned := h.opts.Now(), false
	for {
		var err error
		revision, err = h.putStatus(key, revision)
		// the status of a process that has died a moment ago is still there
		if twice := errors.Is(err, errTwice); twice && !warned && h.opts.Now().Sub(began) > 2*h.opts.TTL {
			warned = true
			h.opts.Log.Warn(err.Error() + ": " + h.opts.ID)
		} else if err != nil && !twice {
			h.opts.Log.Debug("the status of the host is not stored: " + err.Error())
		}
		if !sleep(ctx, h.opts.TTL/3) {
			break
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), h.opts.TTL/6)
	defer cancel()
	if err := h.store.Delete(ctx, key, revision); err != nil {
		h.opts.Log.Debug("the status of the host will expire: " + err.Error())
	}
}

// putStatus stores the status, and returns its revision.
func (h *Host) putStatus(key string, revision uint64) (uint64, error) {
	h.mu.Lock()
	status := Status{
		Host: h.opts.ID, Boot: h.boot, Slots: h.opts.Slots, Conversations: len(h.held),
		Draining: h.draining, Moonlark: h.opts.Moonlark, Started: h.started,
	}
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), h.opts.TTL/6)
	defer cancel()
	if revision != 0 {
		next, err := h.store.Update(ctx, key, encode(status), revision)
		if !errors.Is(err, ErrLost) {
			return max(next, revision), err
		}
	}
	next, err := h.store.Create(ctx, key, encode(status))
	if !errors.Is(err, ErrTaken) {
		return next, err
	}
	text, next, err := h.store.Read(ctx, key)
	var other Status
	if err == nil && (json.Unmarshal(text, &other) != nil || other.Boot != h.boot) {
		return 0, errTwice
	}
	return next, err // the answer to an earlier attempt was lost
}
