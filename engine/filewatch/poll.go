package filewatch

import (
	"os"
	"time"

	"moonlark/engine/script"
)

const (
	// pollInterval is the time between two polls.
	pollInterval = time.Second

	// pollTimeout is how long a poll may take before the user is warned. A poll is blocked by a network
	// file system whose server does not respond.
	pollTimeout = 10 * time.Second
)

// poll starts to examine all files of all scripts on another goroutine, because a network file system
// may block. The result is sent to pollDone, for polled. If the last poll has not ended yet, poll
// starts none, and warns the user when the last poll has exceeded pollTimeout.
func (w *Watcher) poll() {
	if !w.polling.IsZero() {
		if time.Since(w.polling) > pollTimeout {
			w.warnOnce("saved files are not noticed: the folder of a script does not respond")
		}
		return
	}
	w.polling = time.Now()
	var files []polledFile
	for path, seen := range w.seen {
		for full, file := range seen {
			files = append(files, polledFile{path, full, file})
		}
	}
	done := w.pollDone
	go func() {
		var found []polledFile
		for _, f := range files {
			now := statAfresh(f.path)
			if !now.Same(f.file) || isDeleted(now) {
				f.file = now
				found = append(found, f)
			}
		}
		done <- found
	}()
}

// A polledFile is a file of a script that a poll examines.
type polledFile struct {
	script string      // path of the script
	path   string      // absolute path of the file
	file   script.File // the file before the poll; in the result, the file as the poll has found it
}

// polled handles the result of a poll: the files that have changed. It marks them, and warns about a
// file whose later changes cannot be seen.
func (w *Watcher) polled(found []polledFile) {
	w.polling = time.Time{}
	for _, f := range found {
		if isDeleted(f.file) {
			w.warnOnce(f.path + " was replaced, which cannot be seen through its mount: mount its folder instead of the file")
		}
		// compared again, because the script may have been reloaded during the poll
		if seen, ok := w.seen[f.script][f.path]; ok && !script.StatFile(f.path).Same(seen) {
			w.mark(f.script, f.path)
		}
	}
}

// statAfresh returns the present File at path. On a network file system, the system may return a
// description of the file that is up to a minute old, unless the file is opened first.
func statAfresh(path string) script.File {
	f := script.StatFile(path)
	if f.Info == nil || !f.Info.Mode().IsRegular() || !isRemote(path) {
		return f
	}
	if opened, err := os.Open(path); err == nil {
		opened.Close()
	}
	return script.StatFile(path)
}
