package tools

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/guess"
	"moonlark/engine/tool"
	"moonlark/luastd/value"
)

// limits lists the fields that say which values a parameter may have, the types that may have each
// field, and how each is read.
var limits = []struct {
	field string
	types []string
	read  func(*tool.Schema, lua.LValue) error
}{
	{"minimum", numbers, func(s *tool.Schema, v lua.LValue) error { return readNumber(&s.Minimum, s.Type, v) }},
	{"maximum", numbers, func(s *tool.Schema, v lua.LValue) error { return readNumber(&s.Maximum, s.Type, v) }},
	{"minLength", texts, func(s *tool.Schema, v lua.LValue) error { return readCount(&s.MinLength, v) }},
	{"maxLength", texts, func(s *tool.Schema, v lua.LValue) error { return readCount(&s.MaxLength, v) }},
	{"pattern", texts, readPattern},
	{"format", texts, readFormat},
	{"minItems", arrays, func(s *tool.Schema, v lua.LValue) error { return readCount(&s.MinItems, v) }},
	{"maxItems", arrays, func(s *tool.Schema, v lua.LValue) error { return readCount(&s.MaxItems, v) }},
	{"enum", []string{"string", "number", "integer"}, readEnum},
	{"default", tool.Types, readDefault},
}

var (
	numbers = []string{"number", "integer"}
	texts   = []string{"string"}
	arrays  = []string{"array"}
)

// limitFields returns the names of the fields in limits.
func limitFields() []string {
	var names []string
	for _, limit := range limits {
		names = append(names, limit.field)
	}
	return names
}

// readLimits sets the limits, the enum and the default of the schema from the table that describes a
// parameter.
func readLimits(s *tool.Schema, fields *lua.LTable) error {
	for _, limit := range limits {
		v := fields.RawGetString(limit.field)
		if v == lua.LNil {
			continue
		}
		if !slices.Contains(limit.types, s.Type) {
			return fmt.Errorf("%s is allowed only with type = \"%s\"", limit.field, strings.Join(limit.types, "\" or \""))
		}
		if err := limit.read(s, v); err != nil {
			return fmt.Errorf("%s %w", limit.field, err)
		}
	}
	return nil
}

// readNumber reads a number for a parameter of the type kind, which is "number" or "integer".
func readNumber(into **float64, kind string, v lua.LValue) error {
	n, ok := v.(lua.LNumber)
	x := float64(n)
	switch {
	case !ok:
		return fmt.Errorf("must be a number, not %s", value.TypeName(v))
	case math.IsNaN(x) || math.IsInf(x, 0):
		return fmt.Errorf("must be a finite number")
	case kind == "integer" && x != math.Trunc(x):
		return fmt.Errorf("must be a whole number, because the type is integer")
	}
	*into = &x
	return nil
}

// maxCount is the maximal number of characters and items that a limit can have.
const maxCount = 1 << 30

func readCount(into **int, v lua.LValue) error {
	x, ok := v.(lua.LNumber)
	if !ok {
		return fmt.Errorf("must be a whole number, not %s", value.TypeName(v))
	}
	n := int(x)
	if lua.LNumber(n) != x || n < 0 || n > maxCount {
		return fmt.Errorf("must be a whole number from 0 to %d", maxCount)
	}
	*into = &n
	return nil
}

func readPattern(s *tool.Schema, v lua.LValue) error {
	text, ok := v.(lua.LString)
	if !ok {
		return fmt.Errorf("must be a string, not %s", value.TypeName(v))
	}
	var err error
	if s.Pattern, err = regexp.Compile(string(text)); err != nil {
		return fmt.Errorf("is not a regular expression: %w", err)
	}
	return nil
}

func readFormat(s *tool.Schema, v lua.LValue) error {
	name, ok := v.(lua.LString)
	if !ok {
		return fmt.Errorf("must be a string, not %s", value.TypeName(v))
	}
	if known := tool.Formats(); !slices.Contains(known, string(name)) {
		return fmt.Errorf("must be one of %s, not '%s'%s", strings.Join(known, ", "), string(name), guess.DidYouMean(string(name), known))
	}
	s.Format = string(name)
	return nil
}

// readEnum reads the list of the values that a string or a number may have.
func readEnum(s *tool.Schema, v lua.LValue) error {
	list, ok := v.(*lua.LTable)
	if !ok || list.Len() == 0 {
		return fmt.Errorf("must be a list of the values that the %s may have", s.Type)
	}
	for i := 1; i <= list.Len(); i++ {
		switch item := list.RawGetInt(i).(type) {
		case lua.LString:
			if s.Type == "string" {
				s.Enum = append(s.Enum, string(item))
				continue
			}
		case lua.LNumber:
			if s.Type != "string" {
				var number *float64
				if err := readNumber(&number, s.Type, item); err != nil {
					return fmt.Errorf("item %d %w", i, err)
				}
				s.Numbers = append(s.Numbers, *number)
				continue
			}
		}
		return fmt.Errorf("item %d must be a %s, not %s", i, strings.Replace(s.Type, "integer", "number", 1), value.TypeName(list.RawGetInt(i)))
	}
	return nil
}

// maxDefault is the maximal length of a default as JSON, in bytes.
const maxDefault = 16 << 10

func readDefault(s *tool.Schema, v lua.LValue) error {
	if t, ok := v.(*lua.LTable); ok && s.Type == "array" {
		if k, _ := t.Next(lua.LNil); k == lua.LNil {
			s.Default = []byte("[]") // without this, an empty table would be an object
			return nil
		}
	}
	var err error
	if s.Default, err = value.Append(nil, v, maxDefault); err != nil {
		return fmt.Errorf("cannot be JSON: %w", err)
	}
	return nil
}
