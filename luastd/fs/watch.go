package fs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/files"
	"moonlark/luastd/value"
)

const (
	// Changes are reported when nothing has changed for quietTime, or when they began maxDelay ago.
	quietTime = 100 * time.Millisecond
	maxDelay  = 2 * time.Second

	// Files are also compared every pollInterval, because the system does not notify Moonlark of
	// all changes: those that other machines make on a network drive, and those in a folder that
	// did not exist before. A watch that takes long to compare its files does so less often.
	pollInterval = 5 * time.Second
	pollShare    = 50 // the time between two polls is at least this many times the time of a poll

	// maxEvents is how many events of a watch wait for its function. When there are more, the
	// oldest are dropped.
	maxEvents = 256
)

// A watch calls a Lua function when files change. It compares the files with what they were before,
// whenever the system says that something has changed. So it needs to know nothing about how
// programs save files, and no change is lost when the system loses notifications.
type watch struct {
	m         *module
	path      string // as the script has passed it
	recursive bool
	fn        *lua.LFunction
	release   func() // undoes Runtime.Own
	closed    bool   // belongs to the executor's goroutine
	pending   bool   // the watch was made while the script was loading, and has not started

	seen map[string]state // the files by path relative to the watched folder; belongs to run after start

	wake    chan struct{} // has a value when something may have changed
	closing chan struct{} // closed by stop
	stopped sync.Once

	mu      sync.Mutex // guards the fields below
	events  []event
	dropped int
	problem string    // why changes are not noticed, or only late, if that has not been logged; or ""
	waiting func(any) // done of the Await in next; nil if the task does not wait
}

// An event is a change of one file.
type event struct{ path, kind string }

func (m *module) watch(L *lua.LState) int {
	path, fn := files.CheckPath(L, 1), L.CheckFunction(2)
	recursive := value.CheckOptions(L, 3, "recursive").Bool("recursive", false)
	if m.watches >= maxWatches {
		L.RaiseError("fs.watch: there are %d watches: close those that are not needed any more", m.watches)
	}
	w := &watch{m: m, path: path, recursive: recursive, fn: fn, wake: make(chan struct{}, 1), closing: make(chan struct{})}
	m.watches++
	w.release = m.rt.Own(func() {
		w.stop()
		m.hub.forget(w)
	})
	begun := false
	defer func() {
		if !begun {
			w.end()
		}
	}()
	// While the script loads, only the permission is checked. The watch starts with the script.
	w.pending = m.rt.Loading()
	start := w.start
	if w.pending {
		start = w.check
	}
	if _, err := m.run(L, "watch", files.Timeout, start); err != nil {
		return files.PushFailure(L, path, err)
	}
	if _, err := m.rt.Start(luastd.TaskSpec{Name: "fs.watch", Fn: L.NewFunction(w.deliver)}); err != nil {
		value.Raise(L, fmt.Errorf("fs.watch: %w", err))
	}
	begun = true
	L.Push(&lua.LUserData{Value: w, Env: L.Env, Metatable: m.methods.watch})
	return 1
}

// check returns an error if the script may not read what it wants to watch.
func (w *watch) check(context.Context) (any, error) {
	_, err := w.m.runner.Resolve(w.path, false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // the data folder will be watched when it exists
	}
	return nil, err
}

// start looks at the files for the first time, and starts the goroutine of the watch.
func (w *watch) start(ctx context.Context) (any, error) {
	seen, folders, err := w.look(ctx)
	if err != nil {
		return nil, err
	}
	w.seen = seen
	w.setProblem(w.m.hub.follow(w, folders))
	// Between the look and the notifications of the system, something may have changed.
	w.notify()
	go w.run()
	return nil, nil
}

// notify makes run compare the files soon.
func (w *watch) notify() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// end closes the watch. It runs on the executor's goroutine. The hub can be busy with a slow disk,
// so another goroutine tells it to forget the watch.
func (w *watch) end() {
	if w.closed {
		return
	}
	w.closed = true
	w.m.watches--
	w.stop()
	go func() {
		w.m.hub.forget(w)
		w.release()
	}()
}

// stop ends run and deliver. Any goroutine may call it, more than once.
func (w *watch) stop() {
	w.stopped.Do(func() {
		close(w.closing)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.events = nil
		w.answer(nil)
	})
}

// run compares the files when something has changed, until the watch is stopped.
func (w *watch) run() {
	interval := pollInterval
	for {
		poll := time.NewTimer(interval)
		select {
		case <-w.closing:
			poll.Stop()
			return
		case <-w.wake:
			poll.Stop()
			if !w.awaitQuiet() {
				return
			}
			w.compare(true)
		case <-poll.C:
			began := time.Now()
			if w.compare(false) {
				w.notify() // reported when nothing changes any more
			}
			interval = max(pollInterval, pollShare*time.Since(began))
		}
	}
}

// awaitQuiet waits until nothing has changed for a while. It returns false if the watch is stopped.
func (w *watch) awaitQuiet() bool {
	end := time.Now().Add(maxDelay)
	for {
		quiet := time.NewTimer(min(quietTime, time.Until(end)))
		select {
		case <-w.closing:
			quiet.Stop()
			return false
		case <-w.wake:
			quiet.Stop()
		case <-quiet.C:
			return true
		}
	}
}

// compare looks at the files and reports whether they have changed. If report is true, it queues
// the events.
func (w *watch) compare(report bool) bool {
	now, folders, err := w.look(context.Background())
	w.setProblem(err)
	if err != nil {
		return false
	}
	w.setProblem(w.m.hub.follow(w, folders))
	events := changes(w.seen, now, w.path)
	if report {
		w.seen = now
		w.queue(events)
	}
	return len(events) > 0
}

// setProblem records why changes are not noticed, or only late. It does nothing if err is nil.
func (w *watch) setProblem(err error) {
	if err == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.problem = files.Explain(w.path, err).Error()
	w.answer(event{})
}

func (w *watch) queue(events []event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, events...)
	if more := len(w.events) - maxEvents; more > 0 {
		w.events = append([]event(nil), w.events[more:]...)
		w.dropped += more
	}
	if len(w.events) > 0 {
		w.answer(event{})
	}
}

// answer ends the wait of the task that delivers the events. The caller holds w.mu.
func (w *watch) answer(v any) {
	if w.waiting != nil {
		w.waiting(v)
		w.waiting = nil
	}
}

// String describes the watch for tostring.
func (w *watch) String() string {
	if w.closed {
		return "watch " + w.path + " (closed)"
	}
	return "watch " + w.path
}

func watchClose(L *lua.LState) int {
	value.CheckHandle[*watch](L, "a watch", "watch:close()").end()
	L.Push(lua.LTrue)
	return 1
}

// warn logs what the author of the script should know about the watch.
func (w *watch) warn(format string, args ...any) {
	w.m.rt.Log(slog.LevelWarn, "fs.watch "+w.path+": "+fmt.Sprintf(format, args...))
}
