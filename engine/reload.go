package engine

import (
	"errors"
	"path/filepath"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/script"
)

// reload loads one script again. It runs on the goroutine of the file watcher, or on one that calls the
// Remote. The caller holds e.reloading.
func (e *Engine) reload(path string) {
	began := time.Now()
	s, err := e.scripts.Reload(path)
	switch {
	case errors.Is(err, script.ErrCancelled):
		return
	case err != nil:
		e.bus.Publish(reloadFailed(path, err))
		return
	}
	e.bus.Publish(loadedEvent(bus.Reloaded, s, time.Since(began)))
}

// reloadChanged loads a script again because one of its files has changed. It does nothing if a call of the
// Remote has already reloaded the script since the change. It runs on the goroutine of the file watcher.
func (e *Engine) reloadChanged(path string) {
	e.reloading.Lock()
	defer e.reloading.Unlock()
	path = filepath.Clean(path)
	isDone := e.reloadedByRemote[path] && e.isUpToDate(path)
	delete(e.reloadedByRemote, path)
	if !isDone {
		e.reload(path)
	}
}

// isUpToDate reports whether no file of the script at path has changed since the latest load of the script.
func (e *Engine) isUpToDate(path string) bool {
	latest := map[string]script.File{}
	for _, f := range e.scripts.Files(path) { // if a file is listed twice, the second entry is from the latest load
		latest[f.Path] = f
	}
	for name, f := range latest {
		if !script.StatFile(name).Same(f) {
			return false
		}
	}
	return true
}

// reloadScripts loads the scripts at these paths again, or all scripts if there are none. It runs on the
// goroutine that calls the Remote.
func (e *Engine) reloadScripts(paths ...string) {
	if len(paths) == 0 {
		e.mu.Lock()
		paths = e.paths
		e.mu.Unlock()
	}
	e.reloadEach(paths, func(string) bool { return true })
}

// reloadChangedScripts reloads each script at one of these paths, if one of its files has changed since the
// latest load of the script. It runs on the goroutine that calls the Remote.
func (e *Engine) reloadChangedScripts(paths ...string) {
	e.reloadEach(paths, func(path string) bool { return !e.isUpToDate(path) })
}

// reloadEach reloads each script at one of these paths for which isNeeded returns true. Then it makes the
// file watcher look for changes.
func (e *Engine) reloadEach(paths []string, isNeeded func(path string) bool) {
	for _, path := range paths {
		e.reloading.Lock()
		if isNeeded(path) {
			e.reloadedByRemote[filepath.Clean(path)] = true
			e.reload(path)
		}
		e.reloading.Unlock()
	}
	e.mu.Lock()
	w := e.watcher
	e.mu.Unlock()
	if w != nil {
		w.Rescan()
	}
}

// reloadFailed returns the event that says why the script at path was not reloaded.
func reloadFailed(path string, err error) bus.Event {
	return bus.Event{Type: bus.ReloadFailed, Script: filepath.Base(path), Text: err.Error(), At: bus.Place(err.Error()), Hint: Hint(err)}
}
