package value

import (
	"math"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// The times that scripts can use, in seconds since 1970: those from the year 1 to the year 9999.
const (
	minTime = -62135596800
	maxTime = 253402300799
)

// CheckTime returns argument n, which must be a time of day in seconds since 1970. It raises an
// error for any other argument.
func CheckTime(L *lua.LState, n int) time.Time {
	t, ok := Time(float64(L.CheckNumber(n)))
	if !ok {
		L.ArgError(n, "a time from the year 1 to the year 9999 expected: seconds are meant, not milliseconds")
	}
	return t
}

// OptTime is like CheckTime, but returns fallback if the argument is nil or left out.
func OptTime(L *lua.LState, n int, fallback time.Time) time.Time {
	if IsNone(L.Get(n)) {
		return fallback
	}
	return CheckTime(L, n)
}

// Time returns the time that is that many seconds after the start of 1970. ok is false if it is not
// from the year 1 to the year 9999.
func Time(seconds float64) (t time.Time, ok bool) {
	if math.IsNaN(seconds) || seconds < minTime || seconds > maxTime {
		return time.Time{}, false
	}
	whole := math.Floor(seconds)
	return time.Unix(int64(whole), int64((seconds-whole)*1e9)), true
}

// TimeNumber returns t in seconds since 1970.
func TimeNumber(t time.Time) lua.LNumber {
	return lua.LNumber(float64(t.Unix()) + float64(t.Nanosecond())/1e9)
}

// Zones has the time zone of the machine and those that have names. It is a part of luastd.Clock.
type Zones interface {
	Zone() *time.Location
	NamedZone(name string) (zone *time.Location, ok bool)
}

// CheckZone returns argument n, which must be the name of a time zone. It returns the zone of the
// machine if the argument is nil or left out, and raises an error for any other argument.
func CheckZone(L *lua.LState, n int, zones Zones) *time.Location {
	if IsNone(L.Get(n)) {
		return zones.Zone()
	}
	name := L.CheckString(n)
	zone, ok := zones.NamedZone(name)
	if !ok {
		L.ArgError(n, Quote(name)+" is not a time zone; Europe/Berlin and UTC are time zones")
	}
	return zone
}
