package store

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

const (
	maxQueued     = 256     // maximal number of changes that wait for the function of a watch
	maxQueuedText = 8 << 20 // maximal length of their values, in bytes
)

// watchers are the watches of a database. Any goroutine may use it.
type watchers struct {
	mu     sync.Mutex // guards the fields below
	all    []*watcher
	logger func(slog.Level, string) // writes to the log of the latest script that uses the database
}

// A watcher has the changes of keys with a prefix for which the function of a watch has not been
// called. Any goroutine may use it.
type watcher struct {
	prefix string
	// countDropped is called, with the mutex locked, with the number of changes that were dropped
	countDropped func(n int)

	mu      sync.Mutex // guards the fields below
	queue   []change
	size    int       // length of the values in queue
	waiting func(any) // takes the next change, or nil at the end; nil: nobody waits
	closed  bool
}

func (ws *watchers) add(w *watcher) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.all = append(ws.all, w)
}

func (ws *watchers) remove(w *watcher) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.all = slices.DeleteFunc(ws.all, func(other *watcher) bool { return other == w })
}

// publish passes changes, which are on the disk, to the watchers.
func (ws *watchers) publish(changes []change) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for _, w := range ws.all {
		for _, c := range changes {
			if strings.HasPrefix(c.key, w.prefix) {
				w.push(c)
			}
		}
	}
}

func (ws *watchers) setLog(log func(slog.Level, string)) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.logger = log
}

// warn writes a line to the log of the script.
func (ws *watchers) warn(level slog.Level, text string) {
	ws.mu.Lock()
	log := ws.logger
	ws.mu.Unlock()
	if log != nil {
		log(level, text)
	}
}

// push adds a change. If the queue is full, the oldest changes are dropped.
func (w *watcher) push(c change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	if w.waiting != nil {
		w.waiting(c)
		w.waiting = nil
		return
	}
	w.queue = append(w.queue, c)
	w.size += len(c.text)
	for len(w.queue) > maxQueued || w.size > maxQueuedText {
		w.size -= len(w.queue[0].text)
		w.queue = slices.Delete(w.queue, 0, 1)
		w.countDropped(1)
	}
}

// next calls done with the next change, or with nil after close.
func (w *watcher) next(done func(any)) (cancel func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closed:
		done(nil)
	case len(w.queue) > 0:
		done(w.queue[0])
		w.size -= len(w.queue[0].text)
		w.queue = slices.Delete(w.queue, 0, 1)
	default:
		w.waiting = done
	}
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.waiting = nil
	}
}

func (w *watcher) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed, w.queue = true, nil
	if w.waiting != nil {
		w.waiting(nil)
		w.waiting = nil
	}
}

// watch is the Lua function store.watch.
func (s *store) watch(L *lua.LState) int {
	prefix, fn := checkPrefix(L, 1), L.CheckFunction(2)
	if s.watches >= maxWatches {
		L.RaiseError("store.watch: the script has %d watches, which is the maximum", maxWatches)
	}
	s.use(L, "watch", false)
	w := &watcher{prefix: prefix, countDropped: func(n int) { s.rt.CountDropped("store", "changes of watches", n) }}
	value.Raise(L, s.rt.Spawn(L.NewFunction(func(L *lua.LState) int { return s.follow(L, w, fn) }), nil))
	s.db.add(w)
	s.watches++
	release := s.rt.Own(func() { s.db.remove(w) })
	L.Push(s.watchHandle(L, w, func() {
		s.watches--
		s.db.remove(w)
		w.close()
		release()
	}))
	return 1
}

// follow runs fn for each change that w gets, as a task of its own, so that an error or a kill ends
// only that task. follow is the function of a task.
func (s *store) follow(L *lua.LState, w *watcher, fn *lua.LFunction) int {
	for {
		c, ok := s.rt.Rest(L, w.next).(change)
		if !ok {
			return 0
		}
		v := lua.LValue(lua.LNil)
		if c.text != "" {
			v, _ = value.ParseString(L, c.text)
		}
		s.rt.Rest(L, func(done func(any)) func() {
			args := []lua.LValue{lua.LString(c.key), v}
			_, err := s.rt.Start(luastd.TaskSpec{Name: "store.watch", Fn: fn, Args: args, Ended: func(luastd.Outcome) bool {
				done(nil)
				return false
			}})
			if err != nil {
				s.rt.Log(slog.LevelWarn, fmt.Sprintf("store.watch: the function was not called for the key %s: %s", value.Quote(c.key), err))
				done(nil)
			}
			return nil
		})
	}
}

// watchHandle returns the handle of a watch, whose method close calls end once.
func (s *store) watchHandle(L *lua.LState, w *watcher, end func()) *lua.LUserData {
	end = sync.OnceFunc(end)
	closeWatch := func(*lua.LState) int { end(); return 0 }
	meta := value.HandleMetatable[*watcher](L, "watch", map[string]lua.LGFunction{"close": closeWatch}, nil)
	return &lua.LUserData{Value: w, Env: L.Env, Metatable: meta}
}

// String returns the text of tostring.
func (w *watcher) String() string { return "watch of keys that begin with " + value.Quote(w.prefix) }
