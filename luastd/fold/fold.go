// Package fold removes accents from letters, so that texts can be compared without them.
package fold

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// bytesPerCall is how many bytes of a text Accents reads between two calls of its checkpoint.
const bytesPerCall = 64 << 10

// letters has the Latin letters that Unicode does not decompose into a letter and an accent.
var letters = map[rune]string{
	'ß': "ss", 'ẞ': "SS", 'æ': "ae", 'Æ': "AE", 'œ': "oe", 'Œ': "OE", 'ø': "o", 'Ø': "O",
	'đ': "d", 'Đ': "D", 'ð': "d", 'Ð': "D", 'þ': "th", 'Þ': "TH", 'ħ': "h", 'Ħ': "H",
	'ı': "i", 'ł': "l", 'Ł': "L", 'ŋ': "n", 'Ŋ': "N", 'ŧ': "t", 'Ŧ': "T",
}

// Accents returns s without the accents of Latin and Greek letters, in the normal form NFC. It
// replaces Latin letters such as ß by others. It keeps the marks of other scripts, because they
// distinguish letters there. Bytes that are not UTF-8 become U+FFFD. It calls checkpoint, unless
// that is nil, after each 64 KiB.
func Accents(s string, checkpoint func()) string {
	if isASCII(s) {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	var result, folded []byte
	var iter norm.Iter
	iter.InitString(norm.NFD, s)
	for next := bytesPerCall; !iter.Done(); {
		folded = appendFolded(folded[:0], iter.Next())
		result = norm.NFC.Append(result, folded...)
		if iter.Pos() > next && checkpoint != nil {
			next = iter.Pos() + bytesPerCall
			checkpoint()
		}
	}
	return string(result)
}

// appendFolded appends the letters in segment, which is in the normal form NFD, without accents.
func appendFolded(dst, segment []byte) []byte {
	base := rune(0) // the last rune that is not a mark
	for _, r := range string(segment) {
		isAccent := '\u0300' <= r && r <= '\u036F'
		if !isAccent {
			base = r
		}
		switch to, ok := letters[r]; {
		case ok:
			dst = append(dst, to...)
		case isAccent && unicode.In(base, unicode.Latin, unicode.Greek):
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
