package terminal

import (
	"context"
	"log/slog"
	"strconv"
	"strings"

	"moonlark/engine/bus"
	"moonlark/engine/safetext"
)

// logEvent logs the Log event e with l. The time in the log is that of the event. logEvent returns
// false, and logs nothing, if l does not log events of that level.
func logEvent(l *slog.Logger, e bus.Event) bool {
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

// logBlock returns the text block that shows one line of the log on the screen.
func (t theme) logBlock(level slog.Level, text string) block {
	e := block{kind: noteBlock, hang: 2}
	switch {
	case level >= slog.LevelError:
		e.text = []span{{bad, t.cross + " "}, {normal, text}}
	case level >= slog.LevelWarn:
		e.text = []span{{dim, "warning: "}, {normal, text}}
	default:
		e.text = []span{{dim, text}}
	}
	for i := range e.text {
		e.text[i].text = safetext.Text(e.text[i].text)
	}
	return e
}

// A logHandler formats each log record as one line for people: the script, the message, and the
// attributes as key=value, without the time. Any goroutine may call its methods.
type logHandler struct {
	level  slog.Leveler                        // level and the fields below never change
	emit   func(level slog.Level, text string) // shows a line; any goroutine may call it
	script string                              // the value of the attribute "script"; may be empty
	attrs  string                              // the other attributes, each as " key=value"
	// group has the names of the open groups, each followed by a dot.
	group string
}

func (h *logHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.level.Level()
}

func (h *logHandler) Handle(_ context.Context, r slog.Record) error {
	line := *h
	r.Attrs(func(a slog.Attr) bool {
		line.add(h.group, a)
		return true
	})
	h.emit(r.Level, withScript(line.script, r.Message)+line.attrs)
	return nil
}

func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	for _, a := range attrs {
		with.add(h.group, a)
	}
	return &with
}

func (h *logHandler) WithGroup(name string) slog.Handler {
	with := *h
	if name != "" {
		with.group += name + "."
	}
	return &with
}

func (h *logHandler) add(group string, a slog.Attr) {
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
		h.attrs += " " + group + a.Key + "=" + quoteIfNeeded(a.Value.String())
	}
}

// quoteIfNeeded puts s in quotes if it is empty or contains spaces, quotes or "=".
func quoteIfNeeded(s string) string {
	if s == "" || strings.ContainsAny(s, " \t\r\n\"=") {
		return strconv.Quote(s)
	}
	return s
}
