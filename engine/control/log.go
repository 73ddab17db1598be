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
	"unicode"

	"moonlark/engine/event"
)

const (
	mostLines = 500
	mostBytes = 256 << 10 // of their texts
	mostLine  = 4 << 10   // of one
)

// A line is one of the log. Its names are interface: docs/device.md.
type line struct {
	Time   time.Time `json:"time"`
	Level  string    `json:"level"`
	Script string    `json:"script,omitempty"`
	Text   string    `json:"text"`
}

// A ring has the last lines. Any goroutine may use it.
type ring struct {
	mu    sync.Mutex // guards what follows
	lines []line
	bytes int
}

func (r *ring) add(l line) {
	if len(l.Text) > mostLine {
		l.Text = strings.ToValidUTF8(l.Text[:mostLine], "") + "..."
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, l)
	r.bytes += len(l.Text)
	for len(r.lines) > mostLines || r.bytes > mostBytes {
		r.bytes -= len(r.lines[0].Text)
		r.lines[0] = line{}
		r.lines = r.lines[1:]
	}
}

// last are the n newest, the oldest of them first.
func (r *ring) last(n int) []line {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]line{}, r.lines[max(0, len(r.lines)-n):]...)
}

// lineOf is what the log says of an event, if it is one of its level: what went
// on in the program, but nothing of what was talked about.
func lineOf(e event.Event, least slog.Level) (line, bool) {
	l := line{Time: e.Time, Level: "info", Script: e.Script, Text: e.Text}
	switch e.Type {
	case event.Log:
		l.Level = e.Level
	case event.Print:
		l.Level = "print"
	case event.Connecting:
		l.Text = "connecting to " + e.URL
	case event.Connected:
		l.Text = "connected: " + e.ConversationID
	case event.Retrying:
		l.Level, l.Text = "warn", fmt.Sprintf("%s; trying again in %.1f s", e.Text, e.Seconds)
	case event.Disconnected:
		l.Text = fmt.Sprintf("disconnected (%d): %s", e.Code, e.Text)
	case event.Loaded, event.Reloaded:
		l.Text = fmt.Sprintf("%s: %d tools", e.Type, len(e.Tools))
	case event.ReloadFailed:
		l.Level, l.Text = "error", "not reloaded: "+e.Text
	case event.Speaker, event.Microphone:
		l.Text = string(e.Type) + ": " + e.Device
		if e.Text != "" {
			l.Level, l.Text = "warn", string(e.Type)+": "+e.Text
		}
	case event.Error:
		l.Level = "error"
	case event.Dropped:
		l.Level, l.Text = "warn", fmt.Sprintf("%d events were lost", e.Count)
	default:
		return line{}, false
	}
	if e.Hint != "" {
		l.Text += "\nhint: " + e.Hint
	}
	var level slog.Level
	if level.UnmarshalText([]byte(l.Level)) == nil && level < least {
		return line{}, false
	}
	return l, true
}

// printable is text on one line, without anything that a terminal would obey.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\n':
			return r
		case unicode.IsControl(r):
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// log is GET /log?n=100&format=json.
func (s *server) log(w http.ResponseWriter, r *http.Request) error {
	n, query := mostLines, r.URL.Query()
	if query.Has("n") {
		var err error
		if n, err = strconv.Atoi(query.Get("n")); err != nil || n < 0 {
			return mistaken("n: the number of lines is wanted")
		}
	}
	lines := s.control.lines.last(n)
	switch query.Get("format") {
	case "json":
		w.Header().Set("Content-Type", "application/json")
		return json.NewEncoder(w).Encode(lines)
	case "", "text":
	default:
		return mistaken("format: text or json is wanted")
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	for _, l := range lines {
		who := ""
		if l.Script != "" {
			who = l.Script + ": "
		}
		text := strings.ReplaceAll(printable(who+l.Text), "\n", "\n  ")
		io.WriteString(w, fmt.Sprintf("%s %s %s\n", l.Time.Format(time.RFC3339), l.Level, text))
	}
	return nil
}
