// Package filewatch notices when files of scripts are saved, so that these scripts can be reloaded.
//
// The system notifies a [Watcher] of most changes at once. It says nothing about others: a symbolic
// link above the file that now points elsewhere, a folder that was replaced by another one, a file
// on a server or on a mount of its own. Therefore a Watcher also examines all files once a second.
package filewatch

import (
	"os"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"

	"moonlark/engine/script"
)

const (
	// A file counts as completely saved when it has not changed for settleTime. An empty or missing
	// file gets settleTimeEmpty, because the editor is probably about to write the file.
	settleTime      = 30 * time.Millisecond
	settleTimeEmpty = 300 * time.Millisecond

	// maxWriteTime is how long a reload waits for a program that still has a changed file open for
	// writing, for example to copy the file over a slow network.
	maxWriteTime = 2 * time.Second
)

// A Watcher calls a function when a file of a script is saved. It watches folders instead of files,
// because many editors save a file by renaming a new file over the old one. Only the watcher's
// goroutine uses the fields, apart from the channels and closeOnce.
type Watcher struct {
	fs       *fsnotify.Watcher // nil if the system cannot notify the watcher
	interval time.Duration     // time between two polls
	// paths of the scripts, as the user wrote them
	scripts []string
	files   func(script string) []script.File // returns the files that a script depends on
	reload  func(script string)               // called on the watcher's goroutine
	warn    func(text string)                 // called by New, and later on the watcher's goroutine

	// paths of the scripts that depend on a file, by the absolute path of the file
	owners map[string][]string
	// the folders that fs watches, by path
	folders map[string]os.FileInfo
	// for each script, the results of files at the last scan, by absolute path
	read map[string]map[string]script.File
	// for each script, its files as they were when the watcher looked at them last
	seen map[string]map[string]script.File
	// for each script that has to be reloaded, its changed files; by path of the script
	changed map[string]*change
	warned  map[string]bool // the texts of all warnings so far

	polling  time.Time         // when the poll in progress began; zero if there is none
	pollDone chan []polledFile // receives the changed files that a poll has found
	rescan   chan struct{}     // has a value when Rescan has been called
	closing  chan struct{}     // closed by Close
	done     chan struct{}     // closed when the goroutine has ended

	closeOnce sync.Once
}

// A change says which files of one script have changed.
type change struct {
	files map[string]time.Time // when each file last changed, by absolute path
	first time.Time            // when the first of the files changed
}

// New starts to watch the scripts at the given paths. files returns the files that a script depends
// on; New calls it, and the watcher calls it again after each reload. When files of a script have
// changed, reload is called with the path of the script, on the watcher's goroutine. warn is called
// when changes are noticed late or not at all, with the reason; New itself may call warn. Close stops
// the watcher.
func New(scripts []string, files func(script string) []script.File, reload func(script string), warn func(text string)) *Watcher {
	fs, err := fsnotify.NewWatcher()
	w := newWatcher(fs, pollInterval, scripts, files, reload, warn)
	if err != nil {
		w.fs = nil
		w.warnOnce(pollsBecause(err))
	}
	w.start()
	return w
}

func newWatcher(fs *fsnotify.Watcher, interval time.Duration, scripts []string, files func(script string) []script.File, reload func(script string), warn func(text string)) *Watcher {
	return &Watcher{
		fs: fs, interval: interval, scripts: scripts, files: files, reload: reload, warn: warn,
		folders: make(map[string]os.FileInfo),
		read:    make(map[string]map[string]script.File),
		seen:    make(map[string]map[string]script.File),
		changed: make(map[string]*change), warned: make(map[string]bool),
		pollDone: make(chan []polledFile, 1), // has room, so that the poll ends although nobody receives
		rescan:   make(chan struct{}, 1), closing: make(chan struct{}), done: make(chan struct{}),
	}
}

func (w *Watcher) start() {
	w.scan()
	go w.run()
}

// Close stops the watcher and returns when its goroutine has ended. It must not be called from
// reload or warn. It may be called more than once.
func (w *Watcher) Close() {
	w.closeOnce.Do(func() { close(w.closing) })
	<-w.done
	if w.fs != nil {
		w.fs.Close()
	}
}

// Rescan makes the watcher update the list of files that the scripts depend on. Call it after you
// have reloaded scripts yourself. Any goroutine may call it.
func (w *Watcher) Rescan() {
	select {
	case w.rescan <- struct{}{}:
	default:
	}
}

// run reacts to changed files. It runs on the watcher's goroutine and returns after Close.
func (w *Watcher) run() {
	defer close(w.done)
	timer := time.NewTimer(w.untilNext())
	defer timer.Stop()
	poll := time.NewTicker(w.interval)
	defer poll.Stop()
	var events chan fsnotify.Event
	var lost chan error
	if w.fs != nil {
		events, lost = w.fs.Events, w.fs.Errors
	}
	for {
		select {
		case <-w.closing:
			return
		case e := <-events:
			if e.Op != fsnotify.Chmod {
				for _, owner := range w.owners[e.Name] {
					w.mark(owner, e.Name)
				}
			}
		case <-lost:
			// fsnotify has lost events, so any script may have changed
			for _, path := range w.scripts {
				w.mark(path, path)
			}
		case <-w.rescan:
			w.scan()
		case <-poll.C:
			w.poll()
		case found := <-w.pollDone:
			w.polled(found)
		case <-timer.C:
			w.reloadDue()
		}
		timer.Reset(w.untilNext())
	}
}

// mark records that a file of the script at path has changed now. file is the path of the file.
func (w *Watcher) mark(path, file string) {
	c := w.changed[path]
	if c == nil {
		c = &change{make(map[string]time.Time), time.Now()}
		w.changed[path] = c
	}
	c.files[file] = time.Now()
	w.look(path)
}

// look examines the files of the script at path. It reports whether one has changed since the last
// look.
func (w *Watcher) look(path string) bool {
	differs := false
	for file, before := range w.seen[path] {
		if now := script.StatFile(file); !now.Same(before) {
			w.seen[path][file] = now
			differs = true
		}
	}
	return differs
}

// due returns when to reload the script: when the last of the changed files counts as completely
// saved.
func (c *change) due() time.Time {
	var due time.Time
	for file, at := range c.files {
		over := at.Add(settleTime)
		if info, err := os.Stat(file); err != nil || info.Size() == 0 {
			over = at.Add(settleTimeEmpty)
		}
		if over.After(due) {
			due = over
		}
	}
	return due
}

// isBeingWritten reports whether a program is still writing one of the changed files.
func (c *change) isBeingWritten() bool {
	for file := range c.files {
		if isOpenForWriting(file) {
			return time.Since(c.first) < maxWriteTime
		}
	}
	return false
}

// untilNext returns the time until the next script is due for a reload, an hour if there is none.
func (w *Watcher) untilNext() time.Duration {
	wait := time.Hour
	for _, c := range w.changed {
		wait = min(wait, time.Until(c.due()))
	}
	return max(0, wait)
}

// reloadDue reloads the scripts whose due time has come.
func (w *Watcher) reloadDue() {
	for path, c := range w.changed {
		switch {
		case time.Now().Before(c.due()):
		case w.look(path), c.isBeingWritten():
			for file := range c.files {
				c.files[file] = time.Now()
			}
		default:
			delete(w.changed, path)
			w.reload(path)
			w.scan()
		}
	}
}

// warnOnce calls warn, unless that was done before with the same text.
func (w *Watcher) warnOnce(text string) {
	if !w.warned[text] {
		w.warned[text] = true
		w.warn(text)
	}
}
