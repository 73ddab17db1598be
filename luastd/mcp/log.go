package mcp

import (
	"context"
	"log/slog"
	"sync/atomic"
)

const levelError = slog.LevelError

// A logSink is a handler of a log that passes lines to the generation that uses a server now. Lines
// that come while there is none are dropped. Any goroutine may use it.
type logSink struct {
	current atomic.Pointer[func(slog.Level, string)]
}

// use makes log get the lines. stop ends that, unless another function gets them meanwhile.
func (s *logSink) use(log func(slog.Level, string)) (stop func()) {
	s.current.Store(&log)
	return func() { s.current.CompareAndSwap(&log, nil) }
}

func (s *logSink) logger() *slog.Logger { return slog.New(s) }

// Enabled implements slog.Handler.
func (s *logSink) Enabled(context.Context, slog.Level) bool { return s.current.Load() != nil }

// Handle implements slog.Handler.
func (s *logSink) Handle(_ context.Context, r slog.Record) error {
	if log := s.current.Load(); log != nil {
		(*log)(r.Level, r.Message)
	}
	return nil
}

// WithAttrs implements slog.Handler. The lines have no attributes.
func (s *logSink) WithAttrs([]slog.Attr) slog.Handler { return s }

// WithGroup implements slog.Handler.
func (s *logSink) WithGroup(string) slog.Handler { return s }
