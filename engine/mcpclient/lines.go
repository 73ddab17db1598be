package mcpclient

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"moonlark/engine/safetext"
)

const (
	maxLinesPerSecond = 100  // of the standard error of a server that are logged
	maxLine           = 1000 // bytes of a line that are logged
)

// A lineLog writes what a server says outside of the protocol to the log, at the debug level. Any
// goroutine may use it.
type lineLog struct {
	log    *slog.Logger // nil drops everything
	prefix string

	mu      sync.Mutex // guards the fields below
	second  time.Time  // when the current second began
	lines   int        // in the current second
	dropped int        // lines that were not logged
	last    string     // the last line
}

// add logs a line.
func (l *lineLog) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	line = safetext.Cut(safetext.Line(line), maxLine, "…")
	l.last = line
	if l.log == nil || !l.log.Enabled(context.Background(), slog.LevelDebug) {
		return
	}
	if now := time.Now(); now.Sub(l.second) >= time.Second {
		l.second, l.lines = now, 0
		if l.dropped > 0 {
			l.log.Debug(fmt.Sprintf("%s%d lines were left out", l.prefix, l.dropped))
			l.dropped = 0
		}
	}
	if l.lines++; l.lines > maxLinesPerSecond {
		l.dropped++
		return
	}
	l.log.Debug(l.prefix + line)
}

// lastLine returns the last line, or "" if there was none.
func (l *lineLog) lastLine() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}
