package sound

import (
	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// queueMetatable returns the metatable of queues.
func queueMetatable(L *lua.LState, p *Player) *lua.LTable {
	check := func(L *lua.LState) *queue {
		return value.CheckHandle[*queue](L, "a queue", "queue:add(...)")
	}
	return value.HandleMetatable[*queue](L, "sound queue", map[string]lua.LGFunction{
		"add": func(L *lua.LState) int { return check(L).push(L, 2, "queue:add") },
		"skip": func(L *lua.LState) int {
			check(L).skip(optFade(L, 2))
			return 0
		},
		"clear": func(L *lua.LState) int {
			check(L).clear()
			return 0
		},
		"stop": func(L *lua.LState) int {
			q, fade := check(L), optFade(L, 2)
			q.clear()
			q.skip(fade)
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
			q := check(L)
			q.setVolume(checkVolume(L, 2), optFade(L, 3))
			return 0
		},
		"length": func(L *lua.LState) int {
			q := check(L)
			q.mu.Lock()
			defer q.mu.Unlock()
			q.removeStopped()
			L.Push(lua.LNumber(len(q.waiting)))
			return 1
		},
		"current": func(L *lua.LState) int {
			q := check(L)
			q.mu.Lock()
			defer q.mu.Unlock()
			if q.current == nil || q.current.hasEnded() {
				L.Push(lua.LNil)
			} else {
				L.Push(p.pushable(L, q.current))
			}
			return 1
		},
	}, nil)
}
