package gpio

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/pins"
	"moonlark/luastd/value"
)

// maxOffset is the maximal number of a line of a chip.
const maxOffset = 1023

// checkLine returns the line that v, which is argument 1 or an element of it, means.
func checkLine(L *lua.LState, v lua.LValue) pins.Name {
	switch v := v.(type) {
	case lua.LNumber:
		if !value.IsWhole(float64(v)) || v < 0 || v > maxOffset {
			L.ArgError(1, fmt.Sprintf("the number of a line is a whole number from 0 to %d, not %s", maxOffset, v))
		}
		return pins.Name{Offset: int(v)}
	case lua.LString:
		text := string(v)
		if _, err := strconv.Atoi(text); err == nil {
			L.ArgError(1, fmt.Sprintf("%q is a text: write the number without quotes", text))
		}
		if text == "" || len(text) > 32 || strings.ContainsFunc(text, unicode.IsControl) {
			L.ArgError(1, value.Quote(text)+" is not the name of a line")
		}
		return pins.Name{Line: text}
	}
	L.ArgError(1, "the number or the name of a line expected, such as 17 or \"GPIO17\", not "+value.TypeName(v))
	panic("ArgError does not return")
}

// checkChip sets the chip of the lines.
func checkChip(o value.Options, names []pins.Name) {
	chip := o.String("chip", "")
	if len(chip) > 64 || strings.ContainsFunc(chip, unicode.IsControl) || strings.Contains(strings.TrimPrefix(chip, "/dev/"), "/") {
		o.RaiseString("chip", "the name, the label or the path of a chip, such as gpiochip0")
	}
	for i := range names {
		names[i].Chip = strings.TrimPrefix(chip, "/dev/")
	}
}

// boolOption returns an option that is true, false, 0 or 1. ok is false if it is not set.
func boolOption(o value.Options, name string) (v, ok bool) {
	option := o.Get(name)
	if option == lua.LNil {
		return false, false
	}
	v, ok = toBool(option)
	if !ok {
		o.Raise(name, "true, false, 0 or 1", option)
	}
	return v, true
}

// toBool returns a value of a pin. ok is false if v is none.
func toBool(v lua.LValue) (on, ok bool) {
	switch v {
	case lua.LTrue, lua.LNumber(1):
		return true, true
	case lua.LFalse, lua.LNumber(0):
		return false, true
	}
	return false, false
}

// outputOptions are the options of outputs.
type outputOptions struct {
	request pins.Request // without the chip, the lines and the values
	initial []bool
	atClose []bool // nil if nothing is written
}

// checkOutputOptions returns the options in argument 2 for these lines. It sets their chip.
func checkOutputOptions(L *lua.LState, names []pins.Name) outputOptions {
	o := value.CheckOptions(L, 2, "initial", "active_low", "drive", "at_close", "chip")
	checkChip(o, names)
	opts := outputOptions{request: pins.Request{Output: true}}
	opts.request.ActiveLow = o.Bool("active_low", false)
	opts.request.Drive = pins.Drive(o.Choice("drive", "push_pull", "open_drain", "open_source"))
	if opts.initial = valuesOption(o, "initial", len(names)); opts.initial == nil {
		opts.initial = make([]bool, len(names))
	}
	opts.atClose = valuesOption(o, "at_close", len(names))
	return opts
}

// valuesOption returns an option with a value for each of n lines, or with one value for all. It returns
// nil if the option is not set.
func valuesOption(o value.Options, name string, n int) []bool {
	if t, ok := o.Get(name).(*lua.LTable); ok {
		values, err := toValues(t, n)
		if err != nil {
			o.L.ArgError(2, name+": "+err.Error())
		}
		return values
	}
	v, ok := boolOption(o, name)
	if !ok {
		return nil
	}
	return slices.Repeat([]bool{v}, n)
}

// toValues returns the values of a list, which must have n.
func toValues(t *lua.LTable, n int) ([]bool, error) {
	if t.Len() != n {
		return nil, fmt.Errorf("a list of %d values expected, one for each line, not of %d", n, t.Len())
	}
	values := make([]bool, n)
	for i := range values {
		var ok bool
		if values[i], ok = toBool(t.RawGetInt(i + 1)); !ok {
			return nil, fmt.Errorf("the value %d of the list must be true, false, 0 or 1", i+1)
		}
	}
	return values, nil
}
