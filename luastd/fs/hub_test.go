package fs

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

func TestErrorsOfTheSystemAreTranslated(t *testing.T) {
	for _, row := range []struct {
		err  error
		want string
	}{
		{syscall.ENOSPC, "all watches of the system are in use (see fs.inotify.max_user_watches)"},
		{os.NewSyscallError("inotify_init1", syscall.EMFILE), "all notifiers of the system are in use (see fs.inotify.max_user_instances)"},
		{errors.New("odd"), "odd"},
	} {
		got := errNoNotifications(fmt.Errorf("x: %w", row.err)).Error()
		if !strings.HasPrefix(got, "io: changes are noticed only every 5s") || !strings.HasSuffix(got, row.want) {
			t.Errorf("%v: got %s", row.err, got)
		}
	}
}

// When the system has lost notifications, all watches compare their files.
func TestLostNotifications(t *testing.T) {
	system := &fsnotify.Watcher{Events: make(chan fsnotify.Event), Errors: make(chan error)}
	one, two := &watch{wake: make(chan struct{}, 1)}, &watch{wake: make(chan struct{}, 1)}
	h := &hub{
		users:   map[string]map[*watch]bool{"/a": {one: true}, "/b": {two: true}},
		folders: map[*watch]map[string]bool{one: {"/a": true}, two: {"/b": true}},
	}
	done := make(chan struct{})
	go func() { h.run(system); close(done) }()
	awake := func(w *watch) bool {
		select {
		case <-w.wake:
			return true
		case <-time.After(50 * time.Millisecond):
			return false
		}
	}
	system.Events <- fsnotify.Event{Name: "/a/x", Op: fsnotify.Write}
	if !awake(one) || awake(two) {
		t.Error("a change in a folder must wake the watch of this folder only")
	}
	system.Events <- fsnotify.Event{Name: "/a/x", Op: fsnotify.Chmod}
	if awake(one) {
		t.Error("a change of the mode has woken the watch")
	}
	system.Errors <- fsnotify.ErrEventOverflow
	if !awake(one) || !awake(two) {
		t.Error("an overflow has not woken the watches")
	}
	close(system.Events)
	<-done
}

// The executor does not wait for a hub that is busy with a slow disk.
func TestTheEndOfAWatchDoesNotWaitForTheHub(t *testing.T) {
	released := make(chan struct{})
	w := &watch{m: &module{hub: &hub{}, watches: 1}, closing: make(chan struct{}), release: func() { close(released) }}
	w.m.hub.mu.Lock()
	w.end()
	w.m.hub.mu.Unlock()
	<-released
	if w.m.watches != 0 {
		t.Errorf("%d watches are open", w.m.watches)
	}
}
