//go:build !nohub

package hub

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"

	"moonlark/engine/repeat"
	"moonlark/engine/safetext"
)

const (
	maxLine = 1000 // bytes of a line of the log
	maxKeys = 500  // how many different lines are counted; then the counts begin anew
)

// A logger is the log of the server. Its methods are called from any goroutine.
type logger struct {
	out    func(slog.Level, string) // nil without a log
	broken chan struct{}            // receives a value when the store cannot be written

	mu    sync.Mutex     // guards the fields below
	fatal error          // why the server did not start
	seen  map[string]int // how often a line has been written, by repeat.Key
}

func newLogger(out func(slog.Level, string)) *logger {
	return &logger{out: out, broken: make(chan struct{}, 1), seen: make(map[string]int)}
}

// fatalError returns why the server did not start, and forgets it.
func (l *logger) fatalError() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.fatal
	l.fatal = nil
	return err
}

// write writes a line, unless it is often repeated. Clients have chosen parts of some lines.
func (l *logger) write(level slog.Level, line string) {
	if l.out == nil {
		return
	}
	line = safetext.Line(safetext.Cut(line, maxLine, "…"))
	l.mu.Lock()
	if len(l.seen) >= maxKeys {
		clear(l.seen)
	}
	key := repeat.Key(line)
	l.seen[key]++
	n := l.seen[key]
	l.mu.Unlock()
	if repeat.Shown(n) {
		l.out(level, line+repeat.Suffix(n))
	}
}

// Noticef implements server.Logger.
func (l *logger) Noticef(format string, v ...any) {
	l.write(slog.LevelDebug, fmt.Sprintf(format, v...))
}

// Warnf implements server.Logger.
func (l *logger) Warnf(format string, v ...any) { l.fault(slog.LevelWarn, fmt.Sprintf(format, v...)) }

// Errorf implements server.Logger.
func (l *logger) Errorf(format string, v ...any) { l.fault(slog.LevelError, fmt.Sprintf(format, v...)) }

// fault writes a line about a fault. It sends to broken if the store cannot be written.
func (l *logger) fault(level slog.Level, line string) {
	// Lines about a client begin with its address, and can contain what the client has sent.
	own := strings.HasPrefix(line, "File") || strings.HasPrefix(line, "RAFT [")
	if own && (strings.Contains(line, writeFault) || strings.Contains(line, writeForbidden)) {
		select {
		case l.broken <- struct{}{}:
		default: // the fault before is not handled yet
		}
	}
	l.write(level, line)
}

// These texts are in the lines that the server logs when it stops writing a stream, or all streams, for
// good. The lines begin with "Filestore [", "File system", "Filesystem" or "RAFT [".
const (
	writeFault     = "Critical write error"
	writeForbidden = "disabling JetStream"
)

// Fatalf implements server.Logger. The server cannot start.
func (l *logger) Fatalf(format string, v ...any) {
	err := errors.New("nats-server: " + fmt.Sprintf(format, v...))
	for _, arg := range v {
		if e, ok := arg.(*net.OpError); ok { // it names the address
			err = e
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fatal == nil {
		l.fatal = err
	}
}

// Debugf implements server.Logger. The server does not call it.
func (*logger) Debugf(string, ...any) {}

// Tracef implements server.Logger. The server does not call it.
func (*logger) Tracef(string, ...any) {}
