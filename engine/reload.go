package engine

import (
	"errors"
	"path/filepath"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/script"
)

// reload loads one script again. It runs on the goroutine of the file watcher or of reloadThese. The
// caller holds e.reloading.
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

// reloadChanged loads a script again of which a file has changed, unless reloadThese has loaded it since.
// It runs on the goroutine of the file watcher.
func (e *Engine) reloadChanged(path string) {
	e.reloading.Lock()
	defer e.reloading.Unlock()
	path = filepath.Clean(path)
	known := e.reloaded[path] && e.isLoadedAsItIs(path)
	delete(e.reloaded, path)
	if !known {
		e.reload(path)
	}
}

// isLoadedAsItIs reports whether the files of the script at path are as they were at its latest load.
func (e *Engine) isLoadedAsItIs(path string) bool {
	latest := map[string]script.File{}
	for _, f := range e.scripts.Files(path) { // if a file comes twice, the second one is that of the latest load
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
	e.reloadThese(paths, func(string) bool { return true })
}

// reloadChangedScripts loads those of the scripts at these paths again whose files have changed since
// their latest load. It runs on the goroutine that calls the Remote.
func (e *Engine) reloadChangedScripts(paths ...string) {
	e.reloadThese(paths, func(path string) bool { return !e.isLoadedAsItIs(path) })
}

// reloadThese loads those of the scripts at these paths again for which must returns true.
func (e *Engine) reloadThese(paths []string, must func(path string) bool) {
	for _, path := range paths {
		e.reloading.Lock()
		if must(path) {
			e.reloaded[filepath.Clean(path)] = true
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

func reloadFailed(path string, err error) bus.Event {
	return bus.Event{Type: bus.ReloadFailed, Script: filepath.Base(path), Text: err.Error(), At: bus.Place(err.Error()), Hint: Hint(err)}
}
