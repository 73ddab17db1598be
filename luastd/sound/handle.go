package sound

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/audio"
	"moonlark/luastd"
	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

// A Handle is a sound of a script, from the call that has asked for it to its end.
type Handle struct {
	p       *Player
	source  *source
	options playOptions
	ctx     context.Context // done when the sound is stopped, or the generation has ended
	cancel  context.CancelFunc
	begun   chan struct{} // closed when the first sound has come, or when done is closed
	done    chan struct{} // closed when nothing more will be heard

	setBegun func()         // closes begun
	value    *lua.LUserData // only the executor's goroutine uses it
	once     sync.Once      // for end

	mu      sync.Mutex   // guards the fields below
	track   *audio.Track // nil before the first sound
	scale   float64      // volume of the queue
	paused  bool
	started bool          // play has been called
	fade    time.Duration // of the stop
	stopped bool          // the script has stopped the sound
	err     error         // why the sound was not played to its end
}

func (p *Player) newHandle(s *source, o playOptions) *Handle {
	h := &Handle{p: p, source: s, options: o, scale: 1, begun: make(chan struct{}), done: make(chan struct{})}
	h.setBegun = sync.OnceFunc(func() { close(h.begun) })
	h.ctx, h.cancel = context.WithCancel(p.ctx)
	p.add(h)
	return h
}

// Start plays a sound and pushes its handle, when the sound has begun.
func (p *Player) Start(L *lua.LState, function string, s *source, o playOptions) int {
	luastd.CheckLoaded(L, p.rt, function)
	if p.rt.Fakes() != nil {
		return p.pushRecorded(L, s, o)
	}
	h := p.newHandle(s, o)
	p.running.Go(h.play)
	timeout := p.rt.WaitLimit(openTimeout)
	begun, _ := p.rt.Await(L, func(done func(any)) func() {
		timer := time.AfterFunc(timeout, func() { done(false) })
		go func() {
			defer timer.Stop()
			<-h.begun
			done(true)
		}()
		return func() { h.stop(0) }
	}).(bool)
	if !begun {
		h.stop(0)
		return value.PushFailure(L, "timeout", "%s: no sound has come in %s", s.name, sockets.Seconds(timeout))
	}
	if err := h.failure(); err != nil {
		return PushError(L, function, s.name, err)
	}
	L.Push(p.pushable(L, h))
	return 1
}

// pushRecorded records that a script that is being tested plays a sound, and pushes a sound that has
// ended already.
func (p *Player) pushRecorded(L *lua.LState, s *source, o playOptions) int {
	p.rt.Fakes().Asked("session.play", cmp.Or(s.recorded, s.name), o.json())
	h := p.newHandle(s, playOptions{Volume: 1})
	h.end(nil)
	L.Push(p.pushable(L, h))
	return 1
}

// pushable returns the Lua value of h, which is always the same.
func (p *Player) pushable(L *lua.LState, h *Handle) *lua.LUserData {
	if h.value == nil {
		h.value = &lua.LUserData{Value: h, Env: L.Env, Metatable: p.handles}
	}
	return h.value
}

// play plays the sound and returns when it has ended. It runs on a goroutine of its own.
func (h *Handle) play() {
	h.mu.Lock()
	h.started = true
	h.mu.Unlock()
	err := h.feed()
	h.mu.Lock()
	t, fade, stopped := h.track, h.fade, h.stopped
	h.mu.Unlock()
	if t != nil {
		t.End()
		if h.ctx.Err() != nil {
			t.Stop(fade)
		}
		h.awaitEnd(t)
	}
	if stopped || errors.Is(err, audio.ErrTrackEnded) {
		err = nil
	}
	h.end(err)
}

// awaitEnd waits until nothing more of the track will be heard.
func (h *Handle) awaitEnd(t *audio.Track) {
	select {
	case <-t.Done():
		return
	case <-h.ctx.Done():
	}
	h.mu.Lock()
	fade := h.fade
	h.mu.Unlock()
	t.Stop(fade)
	if h.p.ctx.Err() == nil { // otherwise the script must not wait for the fade
		<-t.Done()
	}
}

// feed writes the sound of the source to a track.
func (h *Handle) feed() error {
	for {
		if h.ctx.Err() != nil {
			return context.Cause(h.ctx)
		}
		wrote := false
		err := h.source.run(h.ctx, func(sound []float32) error {
			t, err := h.begin()
			if err != nil {
				return err
			}
			wrote = wrote || len(sound) > 0
			return t.Write(h.ctx, sound)
		})
		if err != nil || !h.options.Loop || !wrote {
			return err
		}
	}
}

// begin returns the track of the sound, and starts it at the first call.
func (h *Handle) begin() (*audio.Track, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.track != nil {
		return h.track, nil
	}
	sounds := h.p.rt.Sounds()
	t, err := sounds.NewTrack(h.options.track(h.scale))
	if err != nil {
		return nil, err
	}
	t.Pause(h.paused)
	if err := sounds.Play(t); err != nil {
		return nil, sockets.Fail("busy", "%s", err)
	}
	h.track = t
	h.setBegun()
	return t, nil
}

// end notes that the sound has ended. Only the first call has an effect.
func (h *Handle) end(err error) {
	h.once.Do(func() {
		h.mu.Lock()
		if !h.stopped {
			h.err = err
		}
		h.mu.Unlock()
		h.cancel()
		h.p.remove(h)
		h.setBegun()
		close(h.done)
	})
}

// stop ends the sound within the time fade. If the sound waits in a queue, it is not played.
func (h *Handle) stop(fade time.Duration) {
	h.mu.Lock()
	h.fade, h.stopped = fade, true
	t, started := h.track, h.started
	h.mu.Unlock()
	if t != nil {
		t.Stop(fade)
	}
	h.cancel()
	if !started {
		h.end(nil)
	}
}

// setPaused interrupts the sound, or continues it.
func (h *Handle) setPaused(paused bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.paused = paused
	if h.track != nil {
		h.track.Pause(paused)
	}
}

// setVolume sets the volume of the sound.
func (h *Handle) setVolume(volume float64, fade time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.options.Volume = volume
	h.applyVolume(fade)
}

// setScale sets the volume of the queue of the sound.
func (h *Handle) setScale(scale float64, fade time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.scale = scale
	h.applyVolume(fade)
}

// applyVolume passes the volume to the track. The caller holds mu.
func (h *Handle) applyVolume(fade time.Duration) {
	if h.track != nil {
		h.track.SetVolume(h.options.Volume*h.scale, fade)
	}
}

// isPlaying reports whether the sound is to be heard now. A sound that fades out is not.
func (h *Handle) isPlaying() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.track != nil && !h.paused && !h.stopped && !h.isDone()
}

func (h *Handle) isDone() bool {
	select {
	case <-h.done:
		return true
	default:
		return false
	}
}

// hasEnded reports whether the sound has ended, or has been stopped and fades out.
func (h *Handle) hasEnded() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.stopped || h.isDone()
}

// failure returns why the sound was not played to its end, or nil.
func (h *Handle) failure() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}

// position returns how much of the sound has been played.
func (h *Handle) position() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.track == nil {
		return 0
	}
	return h.track.Played()
}

// String returns the text of tostring.
func (h *Handle) String() string {
	state := "waiting"
	switch {
	case h.isDone():
		state = "ended"
	case h.isPlaying():
		state = "playing"
	case h.position() > 0:
		state = "paused"
	}
	return fmt.Sprintf("sound %s (%s)", h.source.name, state)
}
