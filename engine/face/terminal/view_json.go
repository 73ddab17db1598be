package terminal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"

	"moonlark/engine/bus"
)

// jsonView is the view for --json, whose output other programs read. It writes each event to
// standard output, as one line with a JSON object. It writes everything else to standard error.
type jsonView struct {
	stderrText
	out *stickyWriter
}

func (j *jsonView) show(e bus.Event) {
	if len(e.Args) > 0 && !json.Valid(e.Args) {
		e.Args, _ = json.Marshal(string(e.Args)) // encoding a string as JSON cannot fail
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		j.log(slog.LevelError, "json: "+err.Error())
		return
	}
	j.out.Write(escapeControls(b.Bytes()))
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

func (j *jsonView) result(text string) { io.WriteString(j.out, text+"\n") }
func (j *jsonView) setHint(string)     {}
func (j *jsonView) echoed(string)      {}
func (j *jsonView) close()             {}
