package std

import (
	"bytes"
	"math"
	"strconv"
)

// toUnsigned converts f to an unsigned integer for %x, %o and %u. A negative number becomes its
// two's complement.
func toUnsigned(f float64) uint64 {
	switch {
	case f >= math.MaxUint64:
		return math.MaxUint64
	case f >= math.MaxInt64:
		return uint64(f)
	}
	return uint64(truncate(f))
}

// sign returns the text that comes before the digits of a number: "-", or "+", " " or "" according
// to the flags.
func (s *formatSpec) sign(negative bool) string {
	switch {
	case negative:
		return "-"
	case s.plus:
		return "+"
	case s.space:
		return " "
	}
	return ""
}

func (s *formatSpec) appendSigned(out []byte, n int64) []byte {
	size := uint64(n)
	if n < 0 {
		size = -size
	}
	var buf [24]byte
	return s.appendDigits(out, s.sign(n < 0), strconv.AppendUint(buf[:0], size, 10), size == 0)
}

func (s *formatSpec) appendUnsigned(out []byte, n uint64, letter byte) []byte {
	base, prefix := 10, ""
	switch letter {
	case 'o':
		base = 8
	case 'x', 'X':
		base = 16
		if s.alt && n != 0 {
			prefix = "0" + string([]byte{letter})
		}
	}
	var buf [24]byte
	digits := strconv.AppendUint(buf[:0], n, base)
	if letter == 'X' {
		digits = bytes.ToUpper(digits)
	}
	if letter == 'o' && s.alt && n != 0 && s.prec <= len(digits) {
		prefixed := *s
		prefixed.prec = len(digits) + 1
		if s.prec < 0 && s.zero && !s.left { // with the flag 0, zeros also fill the width
			prefixed.prec = max(prefixed.prec, s.width)
		}
		return prefixed.appendDigits(out, "", digits, false)
	}
	return s.appendDigits(out, prefix, digits, n == 0 && !(letter == 'o' && s.alt))
}

// appendDigits appends prefix and digits, which are a whole number. It adds zeros up to the
// precision and spaces up to the width. If there is no precision and the flag 0 is set, it adds
// zeros up to the width. zero says that the number is 0; it has no digits if the precision is 0.
func (s *formatSpec) appendDigits(out []byte, prefix string, digits []byte, zero bool) []byte {
	if zero && s.prec == 0 {
		digits = nil
	}
	more := max(0, s.prec-len(digits))
	if s.prec < 0 && s.zero && !s.left {
		more = max(0, s.width-len(prefix)-len(digits))
	}
	return s.appendPadded(out, prefix, more, digits)
}

// appendPadded appends the prefix, as many zeros as the argument zeros says, and the digits. It
// adds spaces up to the width.
func (s *formatSpec) appendPadded(out []byte, prefix string, zeros int, digits []byte) []byte {
	fill := s.width - len(prefix) - zeros - len(digits)
	if !s.left {
		out = appendRepeated(out, ' ', fill)
	}
	out = append(out, prefix...)
	out = appendRepeated(out, '0', zeros)
	out = append(out, digits...)
	if s.left {
		out = appendRepeated(out, ' ', fill)
	}
	return out
}

func (s *formatSpec) appendFloat(out []byte, f float64, letter byte) []byte {
	sign := s.sign(math.Signbit(f))
	f = math.Abs(f)
	var buf [128]byte
	digits := buf[:0]
	switch {
	case math.IsInf(f, 0):
		digits = append(digits, "inf"...)
	case math.IsNaN(f):
		digits = append(digits, "nan"...)
	default:
		prec := s.prec
		if prec < 0 {
			prec = 6
		}
		digits = appendDecimal(digits, f, letter|0x20, prec, s.alt)
	}
	if letter < 'a' {
		digits = bytes.ToUpper(digits)
	}
	zeros := 0
	if s.zero && !s.left && isDigit(digits[0]) {
		zeros = max(0, s.width-len(sign)-len(digits))
	}
	return s.appendPadded(out, sign, zeros, digits)
}

// appendDecimal appends f in the format %e, %f or %g. f must be finite and not negative. alt is the
// flag #, with which the decimal point is always written, and %g keeps its trailing zeros.
func appendDecimal(dst []byte, f float64, letter byte, prec int, alt bool) []byte {
	if !alt {
		return strconv.AppendFloat(dst, f, letter, prec, 64)
	}
	if letter == 'g' {
		// The digits of %g are those of %e. If the exponent is small, they are written in the form
		// of %f.
		prec = max(prec, 1) - 1
		scientific := strconv.AppendFloat(nil, f, 'e', prec, 64)
		exponent, _ := strconv.Atoi(string(scientific[bytes.IndexByte(scientific, 'e')+1:]))
		letter = 'e'
		if -4 <= exponent && exponent <= prec {
			letter, prec = 'f', prec-exponent
		}
	}
	dst = strconv.AppendFloat(dst, f, letter, prec, 64)
	if prec > 0 {
		return dst
	}
	whole, exponent, scientific := bytes.Cut(dst, []byte("e"))
	if !scientific {
		return append(dst, '.')
	}
	tail := string(exponent)
	return append(append(whole, '.', 'e'), tail...)
}
