package serial

import (
	"bytes"
	"strings"
)

// A buffer has the bytes that a port has received and the script has not read. The zero value is
// empty.
type buffer struct {
	bytes    []byte
	searched int  // how many bytes at the beginning of bytes do not contain the end of a line
	skipping bool // the beginning of the line is lost, so what is there of it is not a line
	dropped  int  // number of bytes that were dropped
}

// A lineResult says whether there is a line.
type lineResult int

const (
	noLine      lineResult = iota // no end of a line has been received
	oneLine                       // there is a line
	tooLongLine                   // a line with more than maxLine bytes has been dropped
)

// add adds p, and drops the oldest bytes if there are too many. It returns how many were dropped.
func (b *buffer) add(p []byte) int {
	b.bytes = append(b.bytes, p...)
	over := len(b.bytes) - maxBuffer
	if over <= 0 {
		return 0
	}
	over = min(over+maxBuffer/8, len(b.bytes)) // not at every call, because it copies all bytes
	b.remove(over)
	b.bytes = append([]byte(nil), b.bytes...)
	b.dropped += over
	b.skipping = true
	return over
}

// remove removes the first n bytes.
func (b *buffer) remove(n int) {
	b.bytes = b.bytes[n:]
	b.searched = max(0, b.searched-n)
	if len(b.bytes) == 0 {
		b.bytes = nil // the memory of a full buffer
	}
}

// find returns the position of the first end of a line, or -1 if there is none.
func (b *buffer) find(ending string) int {
	from := max(0, b.searched-len(ending)+1)
	n := bytes.Index(b.bytes[from:], []byte(ending))
	if n < 0 {
		b.searched = len(b.bytes)
		return -1
	}
	b.searched = from + n
	return from + n
}

// takeLine removes the first line, without its end. Before the end "\n", a "\r" belongs to the end.
func (b *buffer) takeLine(ending string) (string, lineResult) {
	for {
		n := b.find(ending)
		if n < 0 {
			return "", b.dropLongLine(ending)
		}
		line := string(b.bytes[:min(n, maxLine+1)])
		b.remove(n + len(ending))
		if b.skipping {
			b.skipping = false
			continue
		}
		if len(line) > maxLine {
			return "", tooLongLine
		}
		if ending == "\n" {
			line = strings.TrimSuffix(line, "\r")
		}
		return line, oneLine
	}
}

// dropLongLine drops what has been received of a line if that is too long. It returns tooLongLine
// only once for a line.
func (b *buffer) dropLongLine(ending string) lineResult {
	if len(b.bytes) <= maxLine {
		return noLine
	}
	b.remove(len(b.bytes) - len(ending) + 1) // the rest may be the beginning of an end
	if b.skipping {
		return noLine
	}
	b.skipping = true
	return tooLongLine
}

// take removes the first n bytes.
func (b *buffer) take(n int) string {
	data := string(b.bytes[:n])
	b.remove(n)
	b.skipping = false
	return data
}

// clear drops all bytes.
func (b *buffer) clear() { b.bytes, b.searched, b.skipping = nil, 0, false }

// cut drops what follows after the last end of a line, because the rest of the line will not come.
func (b *buffer) cut(ending string) {
	n := bytes.LastIndex(b.bytes, []byte(ending))
	if n < 0 {
		b.clear()
		return
	}
	b.bytes = b.bytes[:n+len(ending)]
	b.searched = min(b.searched, len(b.bytes))
}
