package time

import (
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/sun"
	"moonlark/luastd/value"
	"moonlark/luastd/zone"
)

// sun is the Lua function time.sun. It is about the day of t in the zone of the machine.
func (m module) sun(L *lua.LState) int {
	latitude, longitude := checkDegrees(L, 1, 90), checkDegrees(L, 2, 180)
	t := value.OptTime(L, 3, m.Now()).In(m.Zone())
	year, month, date := t.Date()
	midday := zone.InZone(time.Date(year, month, date, 12, 0, 0, 0, time.UTC), m.Zone())
	day := sun.On(midday, latitude, longitude)
	result := L.CreateTable(0, 6)
	for name, t := range map[string]time.Time{"rise": day.Rise, "set": day.Set, "noon": day.Noon, "dawn": day.Dawn, "dusk": day.Dusk} {
		if !t.IsZero() {
			result.RawSetString(name, lua.LNumber(t.Round(time.Second).Unix()))
		}
	}
	if day.Up != "" {
		result.RawSetString("up", lua.LString(day.Up))
	}
	L.Push(result)
	return 1
}

// checkDegrees returns argument n, which must be a number from -limit to limit.
func checkDegrees(L *lua.LState, n int, limit lua.LNumber) float64 {
	degrees := L.CheckNumber(n)
	if !(degrees >= -limit && degrees <= limit) {
		L.ArgError(n, "degrees from -"+limit.String()+" to "+limit.String()+" expected")
	}
	return float64(degrees)
}
