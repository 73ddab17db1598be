package luastd

import (
	"bytes"
	"math"
	"strconv"
)

// wholeUnsigned is f as %x has it: a negative number is the one that it is in
// two's complement.
func wholeUnsigned(f float64) uint64 {
	switch {
	case f >= math.MaxUint64:
		return math.MaxUint64
	case f >= math.MaxInt64:
		return uint64(f)
	}
	return uint64(whole(f))
}

// sign is what a number begins with.
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
		if s.prec < 0 && s.zero && !s.left { // the 0 flag still fills the width
			prefixed.prec = max(prefixed.prec, s.width)
		}
		return prefixed.appendDigits(out, "", digits, false)
	}
	return s.appendDigits(out, prefix, digits, n == 0 && !(letter == 'o' && s.alt))
}

// appendDigits appends a whole number: zeros up to the precision, spaces, or
// zeros when there is no precision, up to the width. A precision of 0 leaves
// nothing of a zero.
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

// appendPadded appends a prefix, zeros and digits, filled up with spaces.
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

// appendDecimal appends f, which is finite and not negative, as %e, %f or %g.
// alt keeps the point, and the zeros of %g.
func appendDecimal(dst []byte, f float64, letter byte, prec int, alt bool) []byte {
	if !alt {
		return strconv.AppendFloat(dst, f, letter, prec, 64)
	}
	if letter == 'g' {
		// Its digits are those of %e; %f has them when there are places for all.
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
