package callbacks

import (
	"time"

	"github.com/fsnotify/fsnotify"
)

// settleTime is how long the system is given to set the owner of a new device.
const settleTime = 50 * time.Millisecond

// AwaitDevice waits until it is worthwhile to look for a device again: when a file has been created
// in the folder, when poll has passed, or when something comes from wake or done, or they are
// closed. The system does not notify of all new devices, so poll should be seconds. folder may be
// "".
func AwaitDevice(folder string, poll time.Duration, done, wake <-chan struct{}) {
	timeout := time.NewTimer(poll)
	defer timeout.Stop()
	var events chan fsnotify.Event // nil: the system does not notify
	if folder != "" {
		if watcher, err := fsnotify.NewWatcher(); err == nil {
			defer watcher.Close()
			if watcher.Add(folder) == nil {
				events = watcher.Events
			}
		}
	}
	for {
		select {
		case <-done:
			return
		case <-wake:
			return
		case <-timeout.C:
			return
		case e := <-events:
			if e.Has(fsnotify.Create) {
				timeout.Reset(settleTime)
				events = nil
			}
		}
	}
}
