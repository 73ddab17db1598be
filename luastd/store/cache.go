package store

import (
	"sync"
	"time"
)

const (
	cacheEntries = 256      // maximal number of keys in a cache
	cacheText    = 16 << 10 // maximal length of a value in a cache, in bytes
)

// An entry is a key's value, or the fact that the store does not have the key.
type entry struct {
	text string // the value as JSON; "" if the store does not have the key
	// expires is when the key expires, as Unix time in milliseconds. 0 means never. A negative
	// number means that the clock was wrong when the key was set: it expires after -expires
	// milliseconds, counted from when the clock is right.
	expires int64
}

// clockIsRight is the Unix time in milliseconds from which on a clock is taken for right. The clock
// of a machine without a battery begins in 1970.
var clockIsRight = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

// alive returns e, or an empty entry if e has expired at the time now.
func (e entry) alive(now int64) entry {
	if e.expires > 0 && e.expires <= now && now >= clockIsRight {
		return entry{}
	}
	return e
}

// A cache has some entries of a database in memory, so that reading them takes no wait. Any
// goroutine may use it.
type cache struct {
	mu      sync.Mutex // guards the fields below
	entries map[string]entry
	checked time.Time // when the entries were last known to be those of the database
}

func newCache() *cache { return &cache{entries: map[string]entry{}} }

// get returns the entry of a key. ok is false if the database has to be asked.
func (c *cache) get(key string, now time.Time) (e entry, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if age := now.Sub(c.checked); age < 0 || age > checkInterval {
		return entry{}, false
	}
	e, ok = c.entries[key]
	return e.alive(now.UnixMilli()), ok
}

// put adds the entry of a key. If the cache is full, an arbitrary other entry is removed.
func (c *cache) put(key string, e entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(e.text) > cacheText {
		delete(c.entries, key)
		return
	}
	for old := range c.entries {
		if _, ok := c.entries[key]; ok || len(c.entries) < cacheEntries {
			break
		}
		delete(c.entries, old)
	}
	c.entries[key] = e
}

// check records that the entries are those of the database at the time now.
func (c *cache) check(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.checked = now
}

// expire lets the next get ask the database.
func (c *cache) expire() { c.check(time.Time{}) }

func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.entries)
}
