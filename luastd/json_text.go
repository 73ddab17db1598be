package luastd

import (
	"math"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// maxJSONWhole is how far whole numbers are exact.
const maxJSONWhole = 1 << 53

// appendJSONNumber appends a finite number: a whole one up to maxJSONWhole digit
// by digit, any other by the shortest text that reads back as the same number.
func appendJSONNumber(dst []byte, f float64) []byte {
	size := math.Abs(f)
	if size <= maxJSONWhole && f == math.Trunc(f) && (f != 0 || !math.Signbit(f)) {
		return strconv.AppendInt(dst, int64(f), 10)
	}
	if size >= 1e-6 && size < 1e9 {
		// Most fractions that a script deals with have few decimals. When
		// the nearest with six of them is f, it is f's shortest text but for
		// its zeros: no two decimals of up to 15 digits read as one number.
		millionths := uint64(size*1e6 + 0.5)
		if float64(millionths)/1e6 == size {
			return appendJSONMillionths(dst, f < 0, millionths)
		}
	}
	if size == 0 || size >= 1e-6 && size < 1e21 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	if n := len(dst); dst[n-3] == '-' && dst[n-2] == '0' { // e-09 is e-9
		dst = append(dst[:n-2], dst[n-1])
	}
	return dst
}

func appendJSONMillionths(dst []byte, negative bool, n uint64) []byte {
	if negative {
		dst = append(dst, '-')
	}
	dst = strconv.AppendUint(dst, n/1e6, 10)
	dst = append(dst, '.')
	fraction := n % 1e6 // not 0: a whole number does not come here
	for unit := uint64(1e5); fraction > 0; unit /= 10 {
		dst = append(dst, byte('0'+fraction/unit))
		fraction %= unit
	}
	return dst
}

// appendJSONString appends s in quotes. What is not UTF-8 in it becomes U+FFFD.
func appendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	done := 0 // s[:done] has been appended
	for i := plainJSON(s); i < len(s); i += plainJSON(s[i:]) {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(dst, s[done:i]...)
				dst = append(dst, "\uFFFD"...)
				done = i + size
			}
			i += size
			continue
		}
		dst = append(dst, s[done:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\r':
			dst = append(dst, '\\', 'r')
		default:
			const hex = "0123456789abcdef"
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		done = i
	}
	dst = append(dst, s[done:]...)
	return append(dst, '"')
}

// plainJSON is how many bytes s begins with that stand for themselves in a
// JSON string: printing ASCII, but neither a quote nor a backslash.
func plainJSON(s string) int {
	const each, top = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; len(s)-i >= 8; i += 8 {
		b := s[i : i+8]
		w := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		// The top bit of a byte is set when it is set in w, or when the byte is
		// less than a space, or when it is a quote or a backslash: taking 1
		// from 0 sets it. A borrow can only mark bytes after one that counts.
		if marks := (w | (w - ' '*each) | ((w ^ '"'*each) - each) | ((w ^ '\\'*each) - each)) & top; marks != 0 {
			return i + bits.TrailingZeros64(marks)/8
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			break
		}
	}
	return i
}
