package terminal

import (
	"context"
	"log/slog"
	"strconv"
	"strings"

	"moonlark/engine/event"
)

// logEvent hands a Log event to the log, under the time it happened, and says
// whether it is of its level.
func logEvent(l *slog.Logger, e event.Event) bool {
	ctx, level := context.Background(), slog.LevelInfo
	switch e.Level {
	case "debug":
		level = slog.LevelDebug
	case "warn":
		level = slog.LevelWarn
	case "error":
		level = slog.LevelError
	}
	if !l.Enabled(ctx, level) {
		return false
	}
	r := slog.NewRecord(e.Time, level, e.Text, 0)
	if e.Script != "" {
		r.AddAttrs(slog.String("script", e.Script))
	}
	l.Handler().Handle(ctx, r)
	return true
}

// logged is a line of the log as an entry.
func (l look) logged(level slog.Level, text string) entry {
	e := entry{kind: note, hang: 2}
	switch {
	case level >= slog.LevelError:
		e.text = []span{{bad, l.cross + " "}, {normal, text}}
	case level >= slog.LevelWarn:
		e.text = []span{{dim, "warning: "}, {normal, text}}
	default:
		e.text = []span{{dim, text}}
	}
	for i := range e.text {
		e.text[i].text = neutral(e.text[i].text)
	}
	return e
}

// A handler puts a log record into one line in the wording of the rest: the
// script it is about, the message, then the attributes as key=value. When it
// happened is left to whoever keeps the log. Any goroutine may use it.
type handler struct {
	level  slog.Leveler                        // fixed
	emit   func(level slog.Level, text string) // fixed; takes care of its own locking
	script string                              // fixed; from an attribute of that name
	attrs  string                              // fixed; " key=value" for each that is set
	group  string                              // fixed; "name." for each that is open
}

func (h *handler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.level.Level()
}

func (h *handler) Handle(_ context.Context, r slog.Record) error {
	line := *h
	r.Attrs(func(a slog.Attr) bool {
		line.add(h.group, a)
		return true
	})
	h.emit(r.Level, blame(line.script, r.Message)+line.attrs)
	return nil
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	for _, a := range attrs {
		with.add(h.group, a)
	}
	return &with
}

func (h *handler) WithGroup(name string) slog.Handler {
	with := *h
	if name != "" {
		with.group += name + "."
	}
	return &with
}

func (h *handler) add(group string, a slog.Attr) {
	a.Value = a.Value.Resolve()
	switch {
	case a.Equal(slog.Attr{}):
	case a.Value.Kind() == slog.KindGroup:
		if a.Key != "" {
			group += a.Key + "."
		}
		for _, inner := range a.Value.Group() {
			h.add(group, inner)
		}
	case group+a.Key == "script":
		h.script = a.Value.String()
	default:
		h.attrs += " " + group + a.Key + "=" + quoted(a.Value.String())
	}
}

// quoted is a value in one word.
func quoted(s string) string {
	if s == "" || strings.ContainsAny(s, " \t\r\n\"=") {
		return strconv.Quote(s)
	}
	return s
}
