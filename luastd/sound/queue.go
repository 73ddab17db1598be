package sound

import (
	"slices"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

// maxQueued is how many sounds can wait in a queue.
const maxQueued = 1000

// A queue plays sounds one after the other. While there are any, a goroutine plays them.
type queue struct {
	p        *Player
	defaults playOptions   // of the sounds
	gap      time.Duration // between two sounds
	polite   bool          // each sound waits until nobody speaks

	mu      sync.Mutex // guards the fields below
	waiting []*Handle  // in the order in which they will be played
	current *Handle    // the sound that plays, or nil
	running bool       // the goroutine runs
	paused  bool
	volume  float64
	resumed chan struct{} // closed when the queue is resumed; nil while it is not paused
}

// newQueue is the Lua function audio.queue.
func (p *Player) newQueue(L *lua.LState) int {
	o := value.CheckOptions(L, 1, append([]string{"gap"}, optionNames...)...)
	q := &queue{p: p, volume: 1, gap: o.Seconds("gap", 0, 0, maxFade)}
	q.defaults = checkPlayOptions(L, 1, playOptions{Volume: 1, Ducked: defaultDucked}, nil, "gap")
	if p.made++; p.made > maxQueues {
		L.RaiseError("audio.queue: the script has %d queues already", maxQueues)
	}
	L.Push(&lua.LUserData{Value: q, Env: L.Env, Metatable: p.queues})
	return 1
}

// announce is the Lua function audio.announce.
func (p *Player) announce(L *lua.LState) int {
	if p.announcements == nil {
		p.announcements = &queue{p: p, volume: 1, polite: true, defaults: playOptions{Volume: 1, Speech: true}}
	}
	return p.announcements.push(L, 1, "audio.announce")
}

// push adds the sound in argument n, with the options in argument n+1, and pushes its handle.
func (q *queue) push(L *lua.LState, n int, function string) int {
	p := q.p
	s := p.checkSource(L, n, function)
	o := checkPlayOptions(L, n+1, q.defaults, s, "priority")
	o.Priority = value.CheckOptions(L, n+1, append([]string{"priority"}, optionNames...)...).Int("priority", 0, -100, 100)
	luastd.CheckLoaded(L, p.rt, function)
	if p.rt.Fakes() != nil {
		return p.pushRecorded(L, s, o)
	}
	if s.check != nil {
		err, _ := p.rt.Await(L, func(done func(any)) func() {
			go func() { done(s.check(p.ctx)) }()
			return nil
		}).(error)
		if err != nil {
			return PushError(L, function, s.name, err)
		}
	}
	h, full := q.add(s, o)
	if full {
		return value.PushFailure(L, "full", "%d sounds wait in the queue", maxQueued)
	}
	L.Push(p.pushable(L, h))
	return 1
}

// add adds a sound behind those with the same or a higher priority. full is true if there is no room.
func (q *queue) add(s *source, o playOptions) (h *Handle, full bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.removeStopped()
	if len(q.waiting) >= maxQueued {
		return nil, true
	}
	h = q.p.newHandle(s, o)
	h.scale = q.volume
	i := len(q.waiting)
	for i > 0 && q.waiting[i-1].options.Priority < o.Priority {
		i--
	}
	q.waiting = slices.Insert(q.waiting, i, h)
	if !q.running {
		q.running = true
		q.p.running.Go(q.run)
	}
	return h, false
}

// removeStopped removes the sounds that have been stopped while they waited. The caller holds mu.
func (q *queue) removeStopped() {
	q.waiting = slices.DeleteFunc(q.waiting, func(h *Handle) bool {
		if h.ctx.Err() == nil {
			return false
		}
		h.end(nil)
		return true
	})
}

// run plays the sounds until there are no more.
func (q *queue) run() {
	for {
		h, resumed := q.next()
		switch {
		case resumed != nil:
			select {
			case <-resumed:
			case <-q.p.ctx.Done():
			}
		case h == nil:
			return
		default:
			q.play(h)
			q.wait(q.gap)
		}
	}
}

// next takes the next sound. It returns nil at the end of the queue. If the queue is paused, it
// returns a channel that is closed when the queue is resumed.
func (q *queue) next() (h *Handle, resumed <-chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.current = nil
	q.removeStopped()
	switch {
	case len(q.waiting) == 0:
		q.running = false
		return nil, nil
	case q.paused:
		return nil, q.resumed
	}
	h = q.waiting[0]
	q.waiting = slices.Delete(q.waiting, 0, 1)
	q.current = h
	return h, nil
}

// play plays one sound. In a queue of announcements, it first waits for its turn.
func (q *queue) play(h *Handle) {
	if q.polite {
		release, err := q.p.rt.Sounds().AwaitTurn(h.ctx)
		if err != nil {
			h.end(err)
			return
		}
		defer release()
	}
	h.play()
}

// wait waits for the time d, or until the generation has ended.
func (q *queue) wait(d time.Duration) {
	if d == 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-q.p.ctx.Done():
	}
}

// clear removes the sounds that wait.
func (q *queue) clear() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, h := range q.waiting {
		h.stop(0)
	}
	q.removeStopped()
}

// skip ends the sound that plays. If none plays, it removes the one that would be played next.
func (q *queue) skip(fade time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.removeStopped()
	switch {
	case q.current != nil:
		q.current.stop(fade)
	case len(q.waiting) > 0:
		q.waiting[0].stop(0)
	}
}

// setPaused interrupts the queue, or continues it.
func (q *queue) setPaused(paused bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.paused == paused {
		return
	}
	if q.paused = paused; paused {
		q.resumed = make(chan struct{})
	} else {
		close(q.resumed)
		q.resumed = nil
	}
	if q.current != nil {
		q.current.setPaused(paused)
	}
}

// setVolume sets the volume of all sounds of the queue.
func (q *queue) setVolume(volume float64, fade time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.volume = volume
	for _, h := range q.waiting {
		h.setScale(volume, 0)
	}
	if q.current != nil {
		q.current.setScale(volume, fade)
	}
}
