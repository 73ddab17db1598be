package bus

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Line returns the event as one line of JSON with a newline at its end. --json, the pages in the browser
// and recordings have events in this form. Control characters are escaped, so the line may be
// written to a terminal.
func (e Event) Line() ([]byte, error) {
	if len(e.Args) > 0 && !json.Valid(e.Args) {
		e.Args, _ = json.Marshal(string(e.Args)) // encoding a string as JSON cannot fail
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return nil, err
	}
	return escapeControls(b.Bytes()), nil
}

// escapeControls returns a line of JSON with \u escapes for DEL and the C1 control characters.
// encoding/json does not escape them, but some terminals obey them.
func escapeControls(line []byte) []byte {
	if !bytes.ContainsFunc(line, isUpperControl) {
		return line
	}
	var b bytes.Buffer
	for _, r := range string(line) {
		if isUpperControl(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.Bytes()
}

// isUpperControl reports whether r is DEL or a C1 control character (0x80 to 0x9f).
func isUpperControl(r rune) bool { return r >= 0x7f && r <= 0x9f }
