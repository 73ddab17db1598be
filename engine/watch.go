package engine

import (
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

	"moonlark/engine/script"
)

const (
	settle      = 30 * time.Millisecond  // of quiet, and a save is over
	settleEmpty = 300 * time.Millisecond // when the file is empty or gone: an editor is about to write it
)

// A watcher reloads scripts whose files change. It watches folders, not files,
// because editors replace a file by renaming another over it. One goroutine
// does everything, and is the only one to touch what follows.
type watcher struct {
	fs      *fsnotify.Watcher
	scripts []string                        // paths, as they were given
	files   func(string) []script.File      // what a script depends on
	reload  func(string)                    // called on the watcher's goroutine
	owners  map[string][]string             // the scripts that depend on a file, by its absolute path
	changed map[string]map[string]time.Time // by script to reload: its files that have changed, and when last
	again   chan struct{}                   // has a value when somebody else has reloaded
	done    chan struct{}
}

// watch begins to watch. files is asked for what a script depends on, again
// after each reload.
func watch(scripts []string, files func(string) []script.File, reload func(string)) (*watcher, error) {
	fs, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	w := &watcher{
		fs: fs, scripts: scripts, files: files, reload: reload,
		changed: make(map[string]map[string]time.Time), done: make(chan struct{}),
		again: make(chan struct{}, 1),
	}
	w.look()
	go w.run()
	return w, nil
}

// close stops the watcher and returns once its goroutine has ended.
func (w *watcher) close() {
	w.fs.Close()
	<-w.done
}

// lookAgain is for when scripts have been reloaded by somebody else: they may
// depend on other files now. Any goroutine may call it.
func (w *watcher) lookAgain() {
	select {
	case w.again <- struct{}{}:
	default:
	}
}

// look makes sure that every folder that matters is watched. A file that it
// sees for the first time is due at once if it was saved after it was read.
func (w *watcher) look() {
	known := w.owners
	w.owners = make(map[string][]string)
	for _, path := range w.scripts {
		for _, file := range w.files(path) {
			full, err := filepath.Abs(file.Path)
			if err != nil {
				continue
			}
			w.own(full, path)
			if target, err := filepath.EvalSymlinks(full); err == nil && target != full {
				w.own(target, path)
			}
			if known[full] == nil && file.Changed() {
				w.mark(path, full)
			}
		}
	}
}

// own notes that owner depends on the file at path, and watches its folder, or
// the nearest above it that exists.
func (w *watcher) own(path, owner string) {
	w.owners[path] = append(w.owners[path], owner)
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if w.fs.Add(dir) == nil || dir == filepath.Dir(dir) {
			return
		}
		w.owners[dir] = append(w.owners[dir], owner) // when it is made, look again
	}
}

func (w *watcher) run() {
	defer close(w.done)
	timer := time.NewTimer(w.next())
	defer timer.Stop()
	for {
		select {
		case e, ok := <-w.fs.Events:
			if !ok {
				return
			}
			if e.Op != fsnotify.Chmod {
				w.note(e.Name)
			}
		case _, ok := <-w.fs.Errors:
			if !ok {
				return
			}
			for _, path := range w.scripts { // events were lost: look at everything
				w.mark(path, path)
			}
		case <-w.again:
			w.look()
		case <-timer.C:
			w.reloadDue()
		}
		timer.Reset(w.next())
	}
}

// note takes down that the file at path has changed.
func (w *watcher) note(path string) {
	for _, owner := range w.owners[path] {
		w.mark(owner, path)
	}
}

func (w *watcher) mark(script, path string) {
	if w.changed[script] == nil {
		w.changed[script] = make(map[string]time.Time)
	}
	w.changed[script][path] = time.Now()
}

// due is when a script is to be reloaded, given its files that have changed:
// when the last save is over.
func due(changed map[string]time.Time) time.Time {
	var due time.Time
	for path, at := range changed {
		over := at.Add(settle)
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			over = at.Add(settleEmpty)
		}
		if over.After(due) {
			due = over
		}
	}
	return due
}

// next is how long until the first script is due.
func (w *watcher) next() time.Duration {
	wait := time.Hour
	for _, changed := range w.changed {
		wait = min(wait, time.Until(due(changed)))
	}
	return max(0, wait)
}

func (w *watcher) reloadDue() {
	for path, changed := range w.changed {
		if time.Now().Before(due(changed)) {
			continue
		}
		delete(w.changed, path)
		w.reload(path)
		w.look()
	}
}
