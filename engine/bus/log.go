package bus

import (
	"context"
	"log/slog"
)

// Log publishes a Log event. script is the file name of the script that the text is about, or
// empty.
func (b *Bus) Log(script string, level slog.Level, text string) {
	b.Publish(Event{Type: Log, Script: script, Level: levelName(level), Text: text})
}

func levelName(level slog.Level) string {
	switch {
	case level < slog.LevelInfo:
		return "debug"
	case level < slog.LevelWarn:
		return "info"
	case level < slog.LevelError:
		return "warn"
	}
	return "error"
}

// Logger returns a logger that publishes each record as a Log event, with prefix before the text.
func (b *Bus) Logger(prefix string) *slog.Logger { return slog.New(logHandler{bus: b, prefix: prefix}) }

// A logHandler publishes log records as events.
type logHandler struct {
	bus    *Bus
	prefix string
	attrs  string // attributes that With added to the logger, each as " name=value"
}

func (h logHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h logHandler) Handle(_ context.Context, r slog.Record) error {
	text := h.prefix + r.Message + h.attrs
	r.Attrs(func(a slog.Attr) bool {
		text += " " + a.String()
		return true
	})
	h.bus.Log("", r.Level, text)
	return nil
}

func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		h.attrs += " " + a.String()
	}
	return h
}

func (h logHandler) WithGroup(string) slog.Handler { return h }

// IsBelow reports whether the event is a line of the log with a level below level.
func (e Event) IsBelow(level slog.Level) bool {
	var own slog.Level
	return e.Type == Log && own.UnmarshalText([]byte(e.Level)) == nil && own < level
}
