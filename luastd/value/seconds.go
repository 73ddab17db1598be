package value

import (
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// minTimeout is the minimal timeout.
const minTimeout = 10 * time.Millisecond

// Seconds returns the value of an option that must be a number of seconds from min to max, or
// fallback if it is not set.
func (o Options) Seconds(name string, fallback, min, max time.Duration) time.Duration {
	v := o.Get(name)
	if v == lua.LNil {
		return fallback
	}
	d, err := seconds(v, min, max)
	if err != nil {
		o.L.ArgError(o.arg, name+" must be "+err.Error())
	}
	return d
}

// Timeout returns the value of an option that must be a number of seconds from 0.01 to max, or
// fallback if it is not set.
func (o Options) Timeout(name string, fallback, max time.Duration) time.Duration {
	return o.Seconds(name, fallback, minTimeout, max)
}

// OptTimeout returns argument n, which must be a number of seconds from 0.01 to max, or fallback if
// it is nil or left out. It raises an error for any other argument.
func OptTimeout(L *lua.LState, n int, fallback, max time.Duration) time.Duration {
	v := L.Get(n)
	if v == lua.LNil || IsNull(v) {
		return fallback
	}
	return CheckTimeout(L, n, minTimeout, max)
}

// CheckTimeout returns argument n, which must be a timeout of min to max seconds. It raises an
// error for any other argument.
func CheckTimeout(L *lua.LState, n int, min, max time.Duration) time.Duration {
	d, err := seconds(L.CheckAny(n), min, max)
	if err != nil {
		L.ArgError(n, "the timeout must be "+err.Error())
	}
	return d
}

// seconds returns the duration of v seconds. The error says what v must be.
func seconds(v lua.LValue, min, max time.Duration) (time.Duration, error) {
	n, ok := v.(lua.LNumber)
	switch {
	case !ok:
		return 0, fmt.Errorf("a number of seconds, not %s", TypeName(v))
	case float64(n) > max.Seconds():
		return 0, fmt.Errorf("at most %v, not %v: seconds are meant, not milliseconds", lua.LNumber(max.Seconds()), n)
	case !(float64(n) >= min.Seconds()):
		return 0, fmt.Errorf("at least %v seconds, not %v", lua.LNumber(min.Seconds()), n)
	}
	return time.Duration(float64(n) * float64(time.Second)), nil
}
