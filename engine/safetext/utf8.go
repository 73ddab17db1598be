package safetext

import (
	"bytes"
	"errors"
)

var errUTF16 = errors.New("the text is UTF-16: save or send it as UTF-8")

// UTF8 returns text without the byte order mark that some editors write at the beginning of UTF-8
// text. text is a whole text, or its first line. The error says that text is UTF-16.
func UTF8(text []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(text, []byte("\xFF\xFE")), bytes.HasPrefix(text, []byte("\xFE\xFF")): // byte order marks
		return nil, errUTF16
	case len(text) > 1 && (text[0] == 0) != (text[1] == 0): // "a" is "a\x00" or "\x00a" in UTF-16
		return nil, errUTF16
	}
	return bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF")), nil
}
