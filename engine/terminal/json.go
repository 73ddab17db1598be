package terminal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"

	"moonlark/engine/event"
)

// jsonLines is the view for programs: each event is a JSON object on a line of
// its own, and nothing else is written to standard output.
type jsonLines struct {
	side
	out *output
}

func (j *jsonLines) show(e event.Event) {
	if len(e.Args) > 0 && !json.Valid(e.Args) {
		e.Args, _ = json.Marshal(string(e.Args)) // a string cannot fail
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

// escapeControls escapes the control characters that JSON lets through as they
// are: DEL and C1, some of which a terminal obeys. They can only stand in
// strings.
func escapeControls(line []byte) []byte {
	if !bytes.ContainsFunc(line, beyondASCIIControl) {
		return line
	}
	var b bytes.Buffer
	for _, r := range string(line) {
		if beyondASCIIControl(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.Bytes()
}

func beyondASCIIControl(r rune) bool { return r >= 0x7f && r <= 0x9f }

func (j *jsonLines) typed(string) {}
func (j *jsonLines) close()       {}
