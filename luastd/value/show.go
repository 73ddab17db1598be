package value

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/safetext"
)

const (
	maxShownDepth = 20 // tables deeper than this are shown as {...}
	shownWidth    = 72 // a table that needs more bytes is shown with one line for each field
)

// MaxShown is how many bytes of keys, strings and other values Show shows, about.
const MaxShown = 64 << 10

// Show returns v for people to read: strings in quotes, and tables as in the source of a program, with
// their keys sorted. A table that contains itself, and one that is very deep, is shown as {...}. What
// is more than MaxShown bytes long is shown in part.
func Show(v lua.LValue) string {
	s := shower{open: map[*lua.LTable]bool{}}
	return s.show(v, "")
}

// A shower shows one value.
type shower struct {
	open map[*lua.LTable]bool // the tables that contain what is being shown
	size int                  // number of bytes of keys and values so far
}

func (s *shower) show(v lua.LValue, indent string) string {
	text := v.String()
	switch v := v.(type) {
	case lua.LString:
		if left := max(MaxShown-s.size, 0); len(v) > left {
			text = fmt.Sprintf("%s... (%d bytes)", quoteLua(string(v[:left])), len(v))
		} else {
			text = quoteLua(string(v))
		}
	case *lua.LTable:
		return s.table(v, indent)
	case *lua.LUserData:
		if IsNull(v) {
			return "json.null"
		}
		if t, ok := v.Value.(fmt.Stringer); ok {
			text = safetext.Line(t.String())
		}
	}
	s.size += len(text)
	return text
}

// quoteLua returns s as a Lua string in quotes. Control characters and bytes that are not UTF-8 are
// escaped.
func quoteLua(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\%03d`, c)
		case c == 0xfffd && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\%03d`, s[i])
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// table shows a table. indent is the white space at the beginning of the line on which it begins.
func (s *shower) table(t *lua.LTable, indent string) string {
	if s.open[t] || len(s.open) >= maxShownDepth {
		return "{...}"
	}
	s.open[t] = true
	defer delete(s.open, t)
	inner := indent + "  "
	var fields []string
	n := 0
	for ; t.RawGetInt(n+1) != lua.LNil; n++ {
		if s.size > MaxShown {
			fields = append(fields, "...")
			break
		}
		fields = append(fields, s.show(t.RawGetInt(n+1), inner))
	}
	var keys []lua.LValue
	t.ForEach(func(k, _ lua.LValue) {
		if i, ok := k.(lua.LNumber); !ok || i < 1 || i > lua.LNumber(n) || i != lua.LNumber(int(i)) {
			keys = append(keys, k)
		}
	})
	slices.SortFunc(keys, compareKeys)
	for _, k := range keys {
		if s.size > MaxShown {
			fields = append(fields, "...")
			break
		}
		name := ""
		if key, ok := k.(lua.LString); ok && canFollowDot(string(key)) {
			name = string(key)
			s.size += len(name)
		} else {
			name = "[" + s.show(k, inner) + "]"
		}
		fields = append(fields, name+" = "+s.show(t.RawGet(k), inner))
	}
	if len(fields) == 0 {
		return "{}"
	}
	line := "{ " + strings.Join(fields, ", ") + " }"
	if len(indent)+len(line) <= shownWidth && !strings.Contains(line, "\n") {
		return line
	}
	return "{\n" + inner + strings.Join(fields, ",\n"+inner) + ",\n" + indent + "}"
}

// compareKeys sorts the keys of a table: numbers, then strings, then the others.
func compareKeys(a, b lua.LValue) int {
	if c := cmp.Compare(keyRank(a), keyRank(b)); c != 0 {
		return c
	}
	if x, ok := a.(lua.LNumber); ok {
		return cmp.Compare(x, b.(lua.LNumber))
	}
	return cmp.Compare(a.String(), b.String())
}

func keyRank(k lua.LValue) int {
	switch k.Type() {
	case lua.LTNumber:
		return 0
	case lua.LTString:
		return 1
	}
	return 2
}

// maxComparedDepth is how deeply tables may be nested that Equal compares. The stack of a goroutine is
// limited.
const maxComparedDepth = 10_000

// Equal reports whether two values are equal, as == says, or are tables with equal contents. Different
// tables that are nested more deeply than maxComparedDepth are not equal.
func Equal(a, b lua.LValue) bool { return equal(a, b, 0, map[[2]*lua.LTable]bool{}) }

// equal is Equal. depth is the number of tables around the values. assumed has the pairs of tables that
// have been compared or are being compared, which count as equal.
func equal(a, b lua.LValue, depth int, assumed map[[2]*lua.LTable]bool) bool {
	if a == b {
		return true
	}
	x, xOK := a.(*lua.LTable)
	y, yOK := b.(*lua.LTable)
	if !xOK || !yOK || depth > maxComparedDepth {
		return false
	}
	pair := [2]*lua.LTable{x, y}
	if assumed[pair] {
		return true
	}
	assumed[pair] = true
	same, n := true, 0
	x.ForEach(func(k, v lua.LValue) {
		n++
		same = same && equal(v, y.RawGet(k), depth+1, assumed)
	})
	y.ForEach(func(lua.LValue, lua.LValue) { n-- })
	return same && n == 0
}
