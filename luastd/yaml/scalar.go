package yaml

import (
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"go.yaml.in/yaml/v3"

	"moonlark/luastd/value"
)

var (
	integerForm = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*|0[0-7]+|0o[0-7]+|0x[0-9a-fA-F]+|0b[01]+)$`)
	floatForm   = regexp.MustCompile(`^[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$`)
)

// isPlain reports whether a scalar has neither quotes nor a tag.
func isPlain(n *yaml.Node) bool { return n.Style == 0 }

// scalar returns the value of a string, a number, a boolean or null.
func (d *decoder) scalar(n *yaml.Node) lua.LValue {
	if n.Style&yaml.TaggedStyle != 0 {
		switch n.ShortTag() {
		case "!!int", "!!float", "!!bool", "!!null":
			return d.plain(n.Value)
		case "!!str":
			return lua.LString(n.Value)
		}
	}
	if n.Style&^yaml.TaggedStyle != 0 {
		return lua.LString(n.Value)
	}
	return d.plain(n.Value)
}

// plain returns the value of a text without quotes.
func (d *decoder) plain(s string) lua.LValue {
	switch s {
	case "", "~", "null", "Null", "NULL":
		return value.Null(d.L)
	case "true", "True", "TRUE":
		return lua.LTrue
	case "false", "False", "FALSE":
		return lua.LFalse
	case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF":
		return lua.LNumber(math.Inf(1))
	case "-.inf", "-.Inf", "-.INF":
		return lua.LNumber(math.Inf(-1))
	case ".nan", ".NaN", ".NAN":
		return lua.LNumber(math.NaN())
	}
	if c := s[0]; c != '-' && c != '+' && c != '.' && (c < '0' || c > '9') {
		return lua.LString(s)
	}
	switch {
	case integerForm.MatchString(s):
		return integer(s)
	case floatForm.MatchString(s):
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return lua.LNumber(f)
		}
	}
	return lua.LString(s)
}

// integer returns the value of an integer in one of the forms of integerForm.
func integer(s string) lua.LValue {
	if n, err := strconv.ParseInt(s, 0, 64); err == nil {
		return value.Integer(n)
	}
	const maxDigits = 1000 // the time for a conversion grows with the square of the number of digits
	if n, ok := new(big.Int).SetString(s, 0); len(s) <= maxDigits && ok {
		return lua.LString(n.String())
	}
	return lua.LString(strings.TrimPrefix(s, "+"))
}
