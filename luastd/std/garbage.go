package std

import (
	"math"
	"runtime/metrics"

	lua "github.com/yuin/gopher-lua"
)

// baseCollectGarbage is the Lua function collectgarbage. The option "count" returns the used
// memory. The other options do nothing, because the Go runtime collects the garbage of the whole
// program. They return what Lua 5.1 would return.
func baseCollectGarbage(L *lua.LState) int {
	option := "collect"
	if L.Get(1) != lua.LNil {
		option = checkString(L, 1)
	}
	switch option {
	case "count":
		L.Push(lua.LNumber(heapKB()))
	case "step":
		// true means that a collection has ended; some scripts loop until step returns true
		L.Push(lua.LTrue)
	case "setpause", "setstepmul":
		L.Push(lua.LNumber(200)) // Lua 5.1 returns the previous setting, which is 200 by default
	case "collect", "stop", "restart":
		L.Push(lua.LNumber(0))
	default:
		argError(L, 1, "invalid option '"+option+"'")
	}
	return 1
}

func baseGCInfo(L *lua.LState) int {
	L.Push(lua.LNumber(math.Floor(heapKB())))
	return 1
}

// heapKB returns how much memory the whole program uses, in KB.
func heapKB() float64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return float64(sample[0].Value.Uint64()) / 1024
}
