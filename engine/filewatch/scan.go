package filewatch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"moonlark/engine/script"
)

// scan finds the files that the scripts depend on and watches their folders. It marks a file that
// has changed since the script has read it, or since the watcher looked at it last.
func (w *Watcher) scan() {
	w.owners = make(map[string][]string)
	folders := make(map[string]os.FileInfo)
	for _, path := range w.scripts {
		// if files returns one file twice, the second description is from a later load
		read, seen := make(map[string]script.File), make(map[string]script.File)
		for _, file := range w.files(path) {
			if full, err := filepath.Abs(file.Path); err == nil {
				read[full] = file
			}
		}
		for full, file := range read {
			w.depend(path, full, folders)
			if target, err := filepath.EvalSymlinks(full); err == nil && target != full {
				w.depend(path, target, folders)
			}
			if before, ok := w.read[path][full]; ok && before.Same(file) {
				file = w.seen[path][full] // no load has read the file since the last scan
			}
			seen[full] = file
		}
		w.read[path], w.seen[path] = read, seen
	}
	w.watch(folders)
	// compared after the call of watch, so that no change between the two is missed
	for path, seen := range w.seen {
		for full, file := range seen {
			if !script.StatFile(full).Same(file) {
				w.mark(path, full)
			}
		}
	}
}

// depend records that the script at path depends on a file. It adds the folder of the file to
// folders. If this folder does not exist, it adds the nearest folder above that exists.
func (w *Watcher) depend(path, file string, folders map[string]os.FileInfo) {
	w.owners[file] = append(w.owners[file], path)
	for dir := filepath.Dir(file); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err == nil {
			folders[dir] = info
		}
		if err == nil || dir == filepath.Dir(dir) {
			return
		}
		w.owners[dir] = append(w.owners[dir], path) // so that the script is reloaded when the folder is created
	}
}

// watch makes fs watch these folders, and no others. If that fails, watch warns the user; the files of
// the folder are then only polled.
func (w *Watcher) watch(folders map[string]os.FileInfo) {
	if w.fs == nil {
		return
	}
	for dir, before := range w.folders {
		if now := folders[dir]; now == nil || !os.SameFile(before, now) {
			w.fs.Remove(dir)
			delete(w.folders, dir)
		}
	}
	for dir, info := range folders {
		if err := w.fs.Add(dir); err != nil { // repeated for all folders, because fsnotify drops a folder that was moved
			w.warnOnce(pollsBecause(fmt.Errorf("%s: %w", dir, err)))
			continue
		}
		w.folders[dir] = info
	}
}

// pollsBecause returns the warning to the user for err, an error of fsnotify.
func pollsBecause(err error) string {
	reason := err.Error()
	switch {
	case errors.Is(err, syscall.ENOSPC):
		reason = "no inotify watches are left: raise the sysctl fs.inotify.max_user_watches"
	case errors.Is(err, syscall.EMFILE):
		reason = "no inotify instances are left: raise the sysctl fs.inotify.max_user_instances"
	}
	return fmt.Sprintf("saved files are noticed up to %v later: %s", pollInterval, reason)
}
