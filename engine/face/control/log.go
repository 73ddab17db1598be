package control

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/repeat"
	"moonlark/engine/safetext"
)

// These constants limit how much of the log is kept in memory.
const (
	maxLines     = 500
	maxLogBytes  = 256 << 10 // maximum size of the texts of all lines together
	maxLineBytes = 4 << 10   // maximum size of the text of one line
)

// A logLine is one line in the response to /log. docs/http.md documents its JSON names, so they
// must not change.
type logLine struct {
	Time   time.Time `json:"time"`
	Level  string    `json:"level"`
	Script string    `json:"script,omitempty"`
	Text   string    `json:"text"`
}

// A logBuffer keeps the newest lines of the log. Any goroutine may call its methods.
type logBuffer struct {
	mu    sync.Mutex // guards the fields below
	lines []logLine
	bytes int // the size of the texts of all lines together
}

func (b *logBuffer) add(l logLine) {
	l.Text = safetext.Cut(l.Text, maxLineBytes, "...")
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, l)
	b.bytes += len(l.Text)
	for len(b.lines) > maxLines || b.bytes > maxLogBytes {
		b.bytes -= len(b.lines[0].Text)
		b.lines[0] = logLine{}
		b.lines = b.lines[1:]
	}
}

// last returns the n newest lines, or all if there are fewer. The oldest line comes first.
func (b *logBuffer) last(n int) []logLine {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]logLine{}, b.lines[max(0, len(b.lines)-n):]...)
}

// logLineOf returns the line of the log for an event. ok is false if the event has a level below
// minLevel or is not logged at all. For privacy, the log does not contain what the user and the
// agent say.
func logLineOf(e bus.Event, minLevel slog.Level) (l logLine, ok bool) {
	l = logLine{Time: e.Time, Level: "info", Script: e.Script, Text: e.Text}
	switch e.Type {
	case bus.Log:
		l.Level = e.Level
	case bus.Print:
		l.Level = "print"
	case bus.Connecting:
		l.Text = "connecting to " + e.URL
	case bus.Connected:
		l.Text = "connected: " + e.ConversationID
	case bus.Retrying:
		if !repeat.Shown(e.Count) {
			return logLine{}, false
		}
		l.Level, l.Text = "warn", fmt.Sprintf("%s%s; trying again in %.1f s", e.Text, repeat.Suffix(e.Count), e.Seconds)
	case bus.Disconnected:
		l.Text = fmt.Sprintf("disconnected (%d): %s", e.Code, e.Text)
	case bus.Loaded, bus.Reloaded, bus.ToolsChanged:
		l.Text = fmt.Sprintf("%s: %d tools", e.Type, len(e.Tools))
	case bus.ReloadFailed:
		l.Level, l.Text = "error", "not reloaded: "+e.Text
	case bus.Speaker, bus.Microphone, bus.WakeWord:
		l.Text = string(e.Type) + ": " + e.Device
		if e.Text != "" {
			l.Level, l.Text = "warn", string(e.Type)+": "+e.Text
		}
	case bus.Error:
		l.Level = "error"
	case bus.Dropped:
		l.Level, l.Text = "warn", fmt.Sprintf("%d events were lost", e.Count)
	default:
		return logLine{}, false
	}
	if e.Hint != "" {
		l.Text += "\nhint: " + e.Hint
	}
	var level slog.Level
	if level.UnmarshalText([]byte(l.Level)) == nil && level < minLevel {
		return logLine{}, false
	}
	return l, true
}

// serveLog serves GET /log, which returns the newest lines of the log. An example is
// /log?n=100&format=json.
func (s *server) serveLog(w http.ResponseWriter, r *http.Request) error {
	n, query := maxLines, r.URL.Query()
	if query.Has("n") {
		var err error
		if n, err = strconv.Atoi(query.Get("n")); err != nil || n < 0 {
			return badRequest("n: want the number of lines")
		}
	}
	lines := s.control.log.last(n)
	switch query.Get("format") {
	case "json":
		w.Header().Set("Content-Type", "application/json")
		return json.NewEncoder(w).Encode(lines)
	case "", "text":
	default:
		return badRequest("format: want text or json")
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	for _, l := range lines {
		script := ""
		if l.Script != "" {
			script = l.Script + ": "
		}
		text := strings.ReplaceAll(safetext.Text(script+l.Text), "\n", "\n  ")
		io.WriteString(w, fmt.Sprintf("%s %s %s\n", l.Time.Format(time.RFC3339), l.Level, text))
	}
	return nil
}
