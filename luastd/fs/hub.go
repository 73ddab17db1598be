package fs

import (
	"errors"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/fsnotify/fsnotify"

	"moonlark/luastd/files"
)

// A hub passes the notifications of the system to the watches of one script. The watches share one
// fsnotify.Watcher, because the system has only few of them. Any goroutine may use it.
type hub struct {
	mu      sync.Mutex // guards the fields below
	system  *fsnotify.Watcher
	users   map[string]map[*watch]bool // the watches of each folder, by path
	folders map[*watch]map[string]bool // the folders of each watch
}

// errNoNotifications is a hint for the author of the script. Changes are noticed nevertheless.
func errNoNotifications(err error) error {
	why := err.Error()
	if errors.Is(err, syscall.ENOSPC) {
		why = "all watches of the system are in use (see fs.inotify.max_user_watches)"
	} else if errors.Is(err, syscall.EMFILE) {
		why = "all notifiers of the system are in use (see fs.inotify.max_user_instances)"
	}
	return files.Fail("io", "changes are noticed only every %v, because the system gives no notifications: %s", pollInterval, why)
}

// follow makes the hub notify w of changes in folders, and in no others. It returns an error if the
// system gives no notifications.
func (h *hub) follow(w *watch, folders []string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	select {
	case <-w.closing:
		return nil
	default:
	}
	if h.system == nil {
		system, err := fsnotify.NewWatcher()
		if err != nil {
			return errNoNotifications(err)
		}
		h.system, h.users, h.folders = system, make(map[string]map[*watch]bool), make(map[*watch]map[string]bool)
		go h.run(system)
	}
	before := h.folders[w]
	now := make(map[string]bool, len(folders))
	h.folders[w] = now
	var failure error
	for _, folder := range folders {
		// A folder that was removed and created again is added again, and has no effect otherwise.
		if err := h.system.Add(folder); errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EMFILE) {
			failure = errNoNotifications(err)
		}
		now[folder] = true
		if h.users[folder] == nil {
			h.users[folder] = make(map[*watch]bool)
		}
		h.users[folder][w] = true
	}
	for folder := range before {
		if !now[folder] {
			h.drop(w, folder)
		}
	}
	return failure
}

// drop removes w from the watches of folder. The caller holds h.mu.
func (h *hub) drop(w *watch, folder string) {
	delete(h.users[folder], w)
	if len(h.users[folder]) == 0 {
		delete(h.users, folder)
		h.system.Remove(folder) // an error says that the folder does not exist any more
	}
}

// forget stops the notifications for w. After the last watch, it closes the fsnotify.Watcher.
func (h *hub) forget(w *watch) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.folders[w] == nil {
		return
	}
	for folder := range h.folders[w] {
		h.drop(w, folder)
	}
	delete(h.folders, w)
	if len(h.folders) == 0 {
		h.system.Close()
		h.system = nil
	}
}

// run notifies the watches until system is closed.
func (h *hub) run(system *fsnotify.Watcher) {
	for {
		select {
		case e, ok := <-system.Events:
			if !ok {
				return
			}
			if e.Op != fsnotify.Chmod {
				h.notify(filepath.Dir(e.Name))
				h.notify(e.Name)
			}
		case _, ok := <-system.Errors:
			if !ok {
				return
			}
			h.notify("") // notifications have been lost, so anything may have changed
		}
	}
}

// notify notifies the watches of folder, or all watches if folder is "".
func (h *hub) notify(folder string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if folder != "" {
		for w := range h.users[folder] {
			w.notify()
		}
		return
	}
	for w := range h.folders {
		w.notify()
	}
}
