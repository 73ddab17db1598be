package calendar

import (
	"fmt"
	"strings"
)

const (
	maxDepth      = 10   // components that contain each other
	maxParameters = 2000 // bytes of the parameters of a property
)

// prepare returns the text of a calendar, changed so that the decoder of the library reads it with
// little memory and time: the decoder is recursive, and slow with long parameters. Each property is on
// one line, and has no parameters if they are too long. prepare returns an error if too many
// components contain each other.
func prepare(text string) (string, error) {
	var b strings.Builder
	b.Grow(len(text) + 2)
	depth := 0
	for line := range unfolded(text) {
		name, rest := line, ""
		if i := strings.IndexAny(line, ";:"); i >= 0 {
			name, rest = line[:i], line[i:]
		}
		switch strings.ToUpper(name) {
		case "BEGIN":
			if depth++; depth > maxDepth {
				return "", fmt.Errorf("more than %d components contain each other", maxDepth)
			}
		case "END":
			depth--
		}
		if i := endOfParameters(rest); i > maxParameters {
			rest = rest[i:]
		}
		b.WriteString(name)
		b.WriteString(rest)
		b.WriteString("\r\n")
	}
	return b.String(), nil
}

// unfolded passes the lines of a calendar on. A line that begins with a space or a tab continues the
// line before it.
func unfolded(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		var whole strings.Builder
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
			if line != "" && (line[0] == ' ' || line[0] == '\t') {
				whole.WriteString(line[1:])
				continue
			}
			if whole.Len() > 0 && !yield(whole.String()) {
				return
			}
			whole.Reset()
			whole.WriteString(line)
		}
		yield(whole.String())
	}
}

// endOfParameters returns the index of the colon after the parameters, or the length of s if there is
// none.
func endOfParameters(s string) int {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ':' && !quoted:
			return i
		}
	}
	return len(s)
}
