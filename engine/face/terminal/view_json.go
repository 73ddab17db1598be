package terminal

import (
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
	line, err := e.Line()
	if err != nil {
		j.log(slog.LevelError, "json: "+err.Error())
		return
	}
	j.out.Write(line)
}

func (j *jsonView) result(text string) { io.WriteString(j.out, text+"\n") }
func (j *jsonView) setHint(string)     {}
func (j *jsonView) echoed(string)      {}
func (j *jsonView) close()             {}
