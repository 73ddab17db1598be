package time

import (
	"fmt"
	"math"
	"strconv"

	lua "github.com/yuin/gopher-lua"
)

// units are the units of durations, in seconds.
var units = []struct {
	name    string
	seconds float64
}{{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}}

// human is the Lua function time.human. It shows the largest unit and the one after it.
func human(L *lua.LState) int {
	seconds := float64(L.CheckNumber(1))
	if math.IsNaN(seconds) || math.Abs(seconds) > 1e15 {
		L.ArgError(1, "seconds up to 1e15 expected")
	}
	text := duration(math.Abs(seconds))
	if seconds < 0 && text != "0 s" {
		text = "-" + text
	}
	L.Push(lua.LString(text))
	return 1
}

// duration returns a duration that is not negative as text.
func duration(seconds float64) string {
	if rounded := math.Round(seconds*10) / 10; rounded < 10 {
		return strconv.FormatFloat(rounded, 'f', -1, 64) + " s"
	}
	// Round to the unit after the largest one. That can make a larger unit: 59 min 59.9 s are 1 h.
	for i := len(units) - 1; i > 0; i-- {
		if seconds >= units[i-1].seconds || i == len(units)-1 {
			seconds = math.Round(seconds/units[i].seconds) * units[i].seconds
		}
	}
	for i, unit := range units {
		if seconds < unit.seconds {
			continue
		}
		count := math.Floor(seconds / unit.seconds)
		text := fmt.Sprintf("%.0f %s", count, unit.name)
		if rest := seconds - count*unit.seconds; i+1 < len(units) && rest > 0 {
			text += fmt.Sprintf(" %.0f %s", rest/units[i+1].seconds, units[i+1].name)
		}
		return text
	}
	return "0 s"
}
