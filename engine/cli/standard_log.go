package cli

import (
	"io"
	"log"
	"log/slog"
	"strings"

	"moonlark/engine/bus"
	"moonlark/engine/safetext"
)

// dropStandardLog makes the standard logger of Go drop what is logged. Moonlark does not use it, but
// libraries do, for example net/http for an answer that nobody has asked for. They would write to
// stderr, in the middle of the line that a person types.
func dropStandardLog() {
	log.SetFlags(0)
	log.SetOutput(io.Discard)
}

// showStandardLog makes the standard logger write to the log of Moonlark, at the level debug. The
// function that it returns ends this.
func showStandardLog(events *bus.Bus) (stop func()) {
	log.SetOutput(busWriter{events})
	return dropStandardLog
}

// A busWriter writes each text to the log of Moonlark.
type busWriter struct{ events *bus.Bus }

func (w busWriter) Write(p []byte) (int, error) {
	w.events.Log("", slog.LevelDebug, safetext.Line(strings.TrimSuffix(string(p), "\n")))
	return len(p), nil
}
