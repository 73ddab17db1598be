package terminal

import (
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"moonlark/engine/event"
)

// A side is the standard error of a view that has no prompt to take care of.
type side struct {
	out  *output
	look look
}

func (s side) logWriter() io.Writer { return neutralWriter{s.out} }

func (s side) log(level slog.Level, text string) {
	s.print(s.look.logged(level, text))
}

// print writes entries one under the other, without their looks.
func (s side) print(entries ...entry) {
	for _, e := range entries {
		left := strings.Repeat(" ", e.indent)
		text := strings.TrimRight(neutral(e.plain()), "\n")
		label := strings.TrimLeft(s.look.label(e.kind, 0), " ")
		io.WriteString(s.out, left+label+strings.ReplaceAll(text, "\n", "\n"+left)+"\n")
	}
}

// A neutralWriter writes text on, neutral.
type neutralWriter struct{ w io.Writer }

func (n neutralWriter) Write(p []byte) (int, error) {
	if _, err := io.WriteString(n.w, neutral(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// plain is the view for a standard output that is no terminal: the agent's
// replies there, each ended by a newline, and all the rest on standard error.
type plain struct {
	side
	out *output // the replies

	mu    sync.Mutex // guards what follows
	words wording
	heard lines // typed where the terminal shows it
}

// plainColumns is where plain text shortens calls and results.
const plainColumns = 160

func newPlain(out *output, s side) *plain {
	return &plain{side: s, out: out, words: wording{look: s.look}}
}

func (p *plain) show(e event.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Type == event.User && p.heard.take(e.Text) {
		return
	}
	p.print(p.words.say(e, plainColumns))
}

func (p *plain) print(entries []entry) {
	for _, e := range entries {
		if e.kind != agent {
			p.side.print(e)
			continue
		}
		io.WriteString(p.out, strings.TrimSuffix(e.plain(), "\n")+"\n")
	}
}

func (p *plain) typed(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard.add(line)
}

func (p *plain) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.print(p.words.rest(plainColumns))
}

// lines are those that were typed at a terminal, which shows them, and that
// the agent has not been heard to get yet: they are not shown again.
type lines []string

func (l *lines) add(line string) {
	if len(*l) == maxLines {
		*l = (*l)[1:]
	}
	*l = append(*l, line)
}

// take forgets line, and those before it that never got through. It says
// whether it was there.
func (l *lines) take(line string) bool {
	i := slices.IndexFunc(*l, func(s string) bool { return strings.TrimSpace(s) == strings.TrimSpace(line) })
	*l = (*l)[i+1:]
	return i >= 0
}
