package std

import (
	"strings"

	"moonlark/luastd/value"

	lua "github.com/yuin/gopher-lua"
)

// A formatSpec has the flags, width and precision of a conversion such as %-5.2f.
type formatSpec struct {
	left  bool // flag -: pads on the right
	plus  bool // flag +: writes a sign before positive numbers too
	space bool // flag " ": writes a space before positive numbers
	alt   bool // flag #: uses the alternative form of C's printf
	zero  bool // flag 0: pads numbers with zeros
	width int  // minimal number of characters to write
	prec  int  // the number after the point, as in %.2f; -1 if there is none
}

// stringFormat is the Lua function string.format. It writes its arguments as C's printf does.
func stringFormat(L *lua.LState) int {
	format := checkString(L, 1)
	var out []byte
	for arg := 1; ; {
		at := strings.IndexByte(format, '%')
		if at < 0 {
			out = append(out, format...)
			break
		}
		out = append(out, format[:at]...)
		format = format[at+1:]
		if strings.HasPrefix(format, "%") {
			out = append(out, '%')
			format = format[1:]
			continue
		}
		arg++
		if arg > L.GetTop() {
			argError(L, arg, "no value")
		}
		var s formatSpec
		s, format = readFormat(L, format)
		if format == "" {
			L.RaiseError("%s", "invalid option '%' to 'format'")
		}
		out = appendItem(out, L, arg, s, format[0])
		format = format[1:]
		if len(out) > value.MaxText {
			value.RaiseTooLong(L, len(out))
		}
	}
	L.Push(lua.LString(out))
	return 1
}

// readFormat reads the flags, width and precision at the beginning of format. It returns them and
// the rest of format.
func readFormat(L *lua.LState, format string) (formatSpec, string) {
	s := formatSpec{prec: -1}
	n := 0
flags:
	for ; n < len(format); n++ {
		switch format[n] {
		case '-':
			s.left = true
		case '+':
			s.plus = true
		case ' ':
			s.space = true
		case '#':
			s.alt = true
		case '0':
			s.zero = true
		default:
			break flags
		}
	}
	if n > len("-+ #0") {
		L.RaiseError("invalid format (repeated flags)")
	}
	format = format[n:]
	s.width, format = readDigits(format)
	if strings.HasPrefix(format, ".") {
		s.prec, format = readDigits(format[1:])
	}
	if format != "" && isDigit(format[0]) {
		L.RaiseError("invalid format (width or precision too long)")
	}
	return s, format
}

// readDigits reads up to two digits at the beginning of format. It returns their number, or 0 if
// there are no digits, and the rest of format.
func readDigits(format string) (int, string) {
	n, i := 0, 0
	for ; i < len(format) && i < 2 && isDigit(format[i]); i++ {
		n = n*10 + int(format[i]-'0')
	}
	return n, format[i:]
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// appendItem formats argument arg and appends the text to out. s and letter are the conversion: for
// %5.2f, s has the width 5 and the precision 2, and letter is f.
func appendItem(out []byte, L *lua.LState, arg int, s formatSpec, letter byte) []byte {
	switch letter {
	case 'c':
		code := byte(truncate(checkNumber(L, arg)))
		return s.appendText(out, string([]byte{code}))
	case 'd', 'i':
		return s.appendSigned(out, truncate(checkNumber(L, arg)))
	case 'o', 'u', 'x', 'X':
		return s.appendUnsigned(out, toUnsigned(checkNumber(L, arg)), letter)
	case 'e', 'E', 'f', 'g', 'G':
		return s.appendFloat(out, checkNumber(L, arg), letter)
	case 'q':
		return appendQuoted(out, L, checkString(L, arg))
	case 's':
		text := checkString(L, arg)
		if s.prec >= 0 && s.prec < len(text) {
			text = text[:s.prec]
		}
		if size := len(out) + len(text); size > value.MaxText {
			value.RaiseTooLong(L, size)
		}
		return s.appendText(out, text)
	}
	L.RaiseError("invalid option '%%%s' to 'format'", string([]byte{letter}))
	return nil
}

// appendText appends text, padded with spaces to the width.
func (s *formatSpec) appendText(out []byte, text string) []byte {
	if !s.left {
		out = appendRepeated(out, ' ', s.width-len(text))
	}
	out = append(out, text...)
	if s.left {
		out = appendRepeated(out, ' ', s.width-len(text))
	}
	return out
}

func appendRepeated(out []byte, c byte, n int) []byte {
	for ; n > 0; n-- {
		out = append(out, c)
	}
	return out
}

// appendQuoted appends text as a string literal of Lua.
func appendQuoted(out []byte, L *lua.LState, text string) []byte {
	size := len(out) + len(text) + len(`""`) + strings.Count(text, `"`) + strings.Count(text, `\`) + strings.Count(text, "\n") +
		strings.Count(text, "\r") + 3*strings.Count(text, "\x00")
	if size > value.MaxText {
		value.RaiseTooLong(L, size)
	}
	out = append(out, '"')
	for i := range len(text) {
		switch c := text[i]; c {
		case '"', '\\', '\n':
			out = append(out, '\\', c)
		case '\r':
			out = append(out, `\r`...)
		case 0:
			out = append(out, `\000`...)
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}
