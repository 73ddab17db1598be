package xmlreader

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
)

// A source gives a text to encoding/xml, byte by byte.
type source struct {
	text       string
	i          int
	checkpoint func()
}

// bytesPerCheckpoint is how many bytes are read between two calls of Checkpoint.
const bytesPerCheckpoint = 64 << 10

func (s *source) ReadByte() (byte, error) {
	if s.i == len(s.text) {
		return 0, io.EOF
	}
	c := s.text[s.i]
	if s.i++; s.i%bytesPerCheckpoint == 0 {
		s.checkpoint()
	}
	return c, nil
}

// Read makes a source an io.Reader. encoding/xml calls only ReadByte.
func (s *source) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c, err := s.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = c
	return 1, nil
}

// declaration matches the beginning of a text that declares its encoding.
var declaration = regexp.MustCompile(`^\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([^"'>]{1,40})["']`)

// toUTF8 returns text in UTF-8, without a byte order mark. Its encoding is what the byte order mark
// or the declaration at its beginning says, otherwise UTF-8.
func toUTF8(text string) (string, error) {
	label := "utf-8"
	switch {
	case strings.HasPrefix(text, "\xff\xfe"):
		label = "utf-16le"
	case strings.HasPrefix(text, "\xfe\xff"):
		label = "utf-16be"
	case strings.HasPrefix(text, "\ufeff"):
	default:
		if match := declaration.FindStringSubmatch(text); match != nil {
			label = match[1]
		}
		if strings.HasPrefix(strings.ToLower(label), "utf-16") {
			label = "utf-8" // the declaration could not be read in UTF-16
		}
	}
	encoding, name := charset.Lookup(label)
	if encoding == nil || name == "replacement" {
		return "", &Error{"unsupported", fmt.Sprintf("the encoding %q is not known", label)}
	}
	if name != "utf-8" {
		decoded, err := encoding.NewDecoder().String(text)
		if err != nil {
			return "", &Error{"invalid", fmt.Sprintf("the text is not in the encoding %q", label)}
		}
		text = decoded
	}
	return strings.TrimPrefix(text, "\ufeff"), nil
}

// permitted returns text with U+FFFD for each character that XML does not permit.
func permitted(text string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0xFFFE || c == 0xFFFF {
			return utf8.RuneError
		}
		return c
	}, strings.ToValidUTF8(text, "\uFFFD"))
}
