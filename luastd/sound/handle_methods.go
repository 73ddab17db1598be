package sound

import (
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/sockets"
	"moonlark/luastd/value"
)

// maxWait is the maximal timeout of handle:wait.
const maxWait = 24 * time.Hour

// handleMetatable returns the metatable of handles.
func handleMetatable(L *lua.LState, p *Player) *lua.LTable {
	check := func(L *lua.LState) *Handle {
		return value.CheckHandle[*Handle](L, "a sound", "sound:stop()")
	}
	return value.HandleMetatable[*Handle](L, "sound", map[string]lua.LGFunction{
		"stop": func(L *lua.LState) int {
			check(L).stop(optFade(L, 2))
			return 0
		},
		"pause": func(L *lua.LState) int {
			check(L).setPaused(true)
			return 0
		},
		"resume": func(L *lua.LState) int {
			check(L).setPaused(false)
			return 0
		},
		"volume": func(L *lua.LState) int {
			h := check(L)
			h.setVolume(checkVolume(L, 2), optFade(L, 3))
			return 0
		},
		"playing": func(L *lua.LState) int {
			L.Push(lua.LBool(check(L).isPlaying()))
			return 1
		},
		"position": func(L *lua.LState) int {
			L.Push(lua.LNumber(check(L).position().Seconds()))
			return 1
		},
		"wait": func(L *lua.LState) int { return p.wait(L, check(L)) },
	}, nil)
}

// checkVolume returns argument n, which must be a volume.
func checkVolume(L *lua.LState, n int) float64 {
	v := float64(L.CheckNumber(n))
	if !(v >= 0 && v <= 1) {
		L.ArgError(n, "a number from 0 to 1 expected")
	}
	return v
}

// wait is the Lua method handle:wait.
func (p *Player) wait(L *lua.LState, h *Handle) int {
	timeout := time.Duration(0)
	if !value.IsNone(L.Get(2)) {
		timeout = value.CheckTimeout(L, 2, 0, maxWait)
	}
	limit := p.rt.WaitLimit(timeout)
	ended := h.isDone()
	if !ended && (timeout > 0 || value.IsNone(L.Get(2))) {
		ended = p.awaitDone(L, h, limit)
	}
	switch err := h.failure(); {
	case !ended:
		return value.PushFailure(L, "timeout", "the sound has not ended in %s", sockets.Seconds(limit))
	case err != nil:
		return PushError(L, "sound:wait", h.source.name, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	L.Push(lua.LBool(!h.stopped))
	return 1
}

// awaitDone waits until the sound has ended, at most for the time limit unless that is 0. It reports
// whether the sound has ended.
func (p *Player) awaitDone(L *lua.LState, h *Handle, limit time.Duration) bool {
	ended, _ := p.rt.Await(L, func(done func(any)) func() {
		abandoned := make(chan struct{})
		go func() {
			var over <-chan time.Time
			if limit > 0 {
				timer := time.NewTimer(limit)
				defer timer.Stop()
				over = timer.C
			}
			select {
			case <-h.done:
				done(true)
			case <-over:
				done(false)
			case <-abandoned:
			}
		}()
		return func() { close(abandoned) }
	}).(bool)
	return ended
}
