package luastd

import (
	"math"
	"runtime/metrics"

	lua "github.com/yuin/gopher-lua"
)

func baseCollectGarbage(L *lua.LState) int {
	option := "collect"
	if L.Get(1) != lua.LNil {
		option = checkString(L, 1)
	}
	switch option {
	case "count":
		L.Push(lua.LNumber(heapKB()))
	case "step":
		L.Push(lua.LTrue) // a cycle is over, whoever waits for that
	case "setpause", "setstepmul":
		L.Push(lua.LNumber(200)) // as they were
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

// heapKB is the memory that the whole program has in use.
func heapKB() float64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return float64(sample[0].Value.Uint64()) / 1024
}
