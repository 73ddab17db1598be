package value

import (
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Choice returns the value of an option that must be one of the strings in choices. choices[0] is
// the value of an option that is not set.
func (o Options) Choice(name string, choices ...string) string {
	s := o.String(name, choices[0])
	if !slices.Contains(choices, s) {
		o.RaiseString(name, "one of "+strings.Join(choices, ", "))
	}
	return s
}

// RaiseString is like Raise for an option that is a string. The error has the string.
func (o Options) RaiseString(name, want string) {
	s, _ := o.Get(name).(lua.LString)
	o.L.ArgError(o.arg, name+" must be "+want+", not "+Quote(string(s)))
}
