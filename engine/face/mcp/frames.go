package mcp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxFrame is the maximum length of a message that a client sends on stdin, in bytes.
const maxFrame = 1 << 20

// errFrameTooLong says that a line was longer than maxFrame and was skipped.
var errFrameTooLong = errors.New("the message is longer than 1 MiB")

// A frameReader reads the lines of a client, each of which is a message. It never holds more than
// maxFrame bytes of one line. One goroutine uses it.
type frameReader struct {
	in *bufio.Reader
}

func newFrameReader(in io.Reader) *frameReader { return &frameReader{bufio.NewReaderSize(in, 64<<10)} }

// next returns the next line without its newline. The caller may keep it. For a line that is too
// long, next reads to its end and returns errFrameTooLong, with the id of the message as JSON in place of
// the line, or nil if the message has no id. At the end of the input, next returns what follows
// after the last newline, and then io.EOF.
func (r *frameReader) next() ([]byte, error) {
	var line []byte
	var skipped *idScanner // set when the line is too long
	for {
		part, err := r.in.ReadSlice('\n')
		switch {
		case skipped != nil:
			skipped.scan(part)
		case len(line)+len(bytes.TrimSuffix(part, []byte("\n"))) > maxFrame:
			skipped = new(idScanner)
			skipped.scan(line)
			skipped.scan(part)
			line = nil
		default:
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case skipped != nil && (err == nil || errors.Is(err, io.EOF)):
			return skipped.id(), errFrameTooLong
		case err != nil && (len(line) == 0 || !errors.Is(err, io.EOF)):
			return nil, err
		}
		return bytes.TrimSuffix(line, []byte("\n")), nil
	}
}

// maxScanned is the maximum length of a name or an id that an idScanner keeps, in bytes.
const maxScanned = 128

// An idScanner finds the id of a message without keeping the message. It gets the message in parts.
// For a text that is not JSON, what it finds means nothing.
type idScanner struct {
	depth   int    // how many objects and arrays are open
	quoted  bool   // whether the scanner is inside of a string
	escaped bool   // whether the last byte in the string was a backslash
	value   bool   // whether a colon has come since the last comma at depth 1
	name    []byte // the name of the present field at depth 1, with its quotes
	token   []byte // the string, number or word at depth 1 that was read last
	found   []byte // the value of the field id; nil if it has not come
}

// id returns the id as JSON, or nil if the message has none.
func (s *idScanner) id() []byte { return s.found }

// scan reads the next part of the message.
func (s *idScanner) scan(part []byte) {
	for _, b := range part {
		s.add(b)
	}
}

// add reads the next byte of the message.
func (s *idScanner) add(b byte) {
	if s.quoted {
		s.keep(b)
		switch {
		case s.escaped:
			s.escaped = false
		case b == '\\':
			s.escaped = true
		case b == '"':
			s.quoted = false
		}
		return
	}
	switch b {
	case '"':
		s.quoted = true
		s.keep(b)
	case '{', '[':
		s.depth++
		s.token = nil
	case '}', ']':
		s.endField()
		s.depth--
		s.token = nil
	case ':':
		if s.depth == 1 && !s.value {
			s.name, s.token, s.value = s.token, nil, true
		}
	case ',':
		s.endField()
	case ' ', '\t', '\r', '\n':
	default:
		s.keep(b)
	}
}

// keep adds a byte to the token, if the depth is 1 and the token is not too long.
func (s *idScanner) keep(b byte) {
	if s.depth == 1 && len(s.token) < maxScanned {
		s.token = append(s.token, b)
	}
}

// endField notes the value of the field that ends here, if the field is the id of the message.
func (s *idScanner) endField() {
	if s.depth != 1 {
		return
	}
	if s.value && string(s.name) == `"id"` && len(s.token) < maxScanned {
		s.found = s.token
	}
	s.name, s.token, s.value = nil, nil, false
}
