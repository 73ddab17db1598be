package store

import (
	"time"

	"moonlark/luastd"
)

// ModuleWithClock returns the module with another clock for the expiry of keys.
func ModuleWithClock(now func() time.Time) luastd.Module {
	m := Module
	m.Open = opener(now)
	return m
}

// OpenFiles returns how many files of stores are open in this process.
func OpenFiles() int {
	databases.mu.Lock()
	defer databases.mu.Unlock()
	return len(databases.byPath)
}

// DroppedOfLateWatcher returns how many changes are dropped of n changes for which nobody waits.
func DroppedOfLateWatcher(n, size int) int {
	dropped := 0
	w := &watcher{countDropped: func(n int) { dropped += n }}
	for range n {
		w.push(change{key: "key", entry: entry{text: string(make([]byte, size))}})
	}
	return dropped
}

const KeepOpen = keepOpen
