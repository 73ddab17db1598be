package store

import (
	"log/slog"
	"sync"
	"time"

	"moonlark/luastd/sqlite"
)

const (
	maxPending     = 1000            // maximal number of lazy changes that are not written
	maxPendingText = 4 << 20         // maximal length of their keys and values, in bytes
	lazyDelay      = 5 * time.Second // when lazy changes are written
	maxDelay       = time.Minute     // maximal time between two attempts to write them
)

// A lazyLimit counts the lazy changes that have not been written. Any goroutine may use it.
type lazyLimit struct {
	mu         sync.Mutex // guards the fields below
	count, len int
}

// add counts a change with size bytes. It reports whether there is room for it; otherwise the
// caller must make a change that waits for the disk.
func (l *lazyLimit) add(size int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count >= maxPending || l.len+size > maxPendingText {
		return false
	}
	l.count++
	l.len += size
	return true
}

// set records that count changes with size bytes have not been written.
func (l *lazyLimit) set(count, size int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count, l.len = count, size
}

// pendingChanges are the lazy changes of a database that have not been written, by key.
type pendingChanges struct {
	entries map[string]entry
	size    int // length of the keys and values, in bytes
}

func (p *pendingChanges) isFull() bool {
	return len(p.entries) >= maxPending || p.size >= maxPendingText
}

func (p *pendingChanges) put(key string, e entry) {
	p.remove(key)
	p.size += len(key) + len(e.text)
	p.entries[key] = e
}

func (p *pendingChanges) remove(key string) {
	if old, ok := p.entries[key]; ok {
		p.size -= len(key) + len(old.text)
		delete(p.entries, key)
	}
}

// take removes and returns all changes.
func (p *pendingChanges) take() map[string]entry {
	all := p.entries
	p.entries, p.size = map[string]entry{}, 0
	return all
}

// restore adds changes that are older than the others.
func (p *pendingChanges) restore(changes map[string]entry) {
	for key, e := range changes {
		if _, ok := p.entries[key]; !ok {
			p.put(key, e)
		}
	}
}

// putPending records a lazy change.
func (d *database) putPending(key string, e entry) {
	if len(d.pending.entries) == 0 && d.failure == nil {
		d.flushAt = time.Now().Add(lazyDelay)
	}
	d.pending.put(key, e)
	d.cache.put(key, e)
}

// flushIsDue reports whether the lazy changes must be written now.
func (d *database) flushIsDue() bool {
	return len(d.pending.entries) > 0 && (!time.Now().Before(d.flushAt) || d.failure == nil && d.pending.isFull())
}

// flushed is called when the lazy changes have been written.
func (d *database) flushed() {
	d.failure, d.delay = nil, 0
	d.lazies.set(len(d.pending.entries), d.pending.size)
}

// postpone is called when the lazy changes could not be written because of err. They are kept. The
// first of several such errors is logged.
func (d *database) postpone(err error) {
	if d.failure == nil {
		d.warn(slog.LevelError, "store: lazy changes cannot be written now, and are kept in memory: "+sqlite.Reason(err))
	}
	d.failure = err
	d.delay = min(max(2*d.delay, lazyDelay), maxDelay)
	d.flushAt = time.Now().Add(d.delay)
}
