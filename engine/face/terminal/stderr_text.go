package terminal

import (
	"io"
	"log/slog"
	"strings"

	"moonlark/engine/safetext"
)

// stderrText writes text blocks and the lines of the log to standard error, as plain text.
type stderrText struct {
	out   *stickyWriter
	theme theme
}

func (s stderrText) logWriter() io.Writer { return safeWriter{s.out} }

func (s stderrText) log(level slog.Level, text string) {
	s.print(s.theme.logBlock(level, text))
}

// print writes text blocks without colour. Each text block begins on a new line.
func (s stderrText) print(blocks ...block) {
	for _, e := range blocks {
		indent := strings.Repeat(" ", e.indent)
		text := strings.TrimRight(safetext.Text(e.plainText()), "\n")
		label := strings.TrimLeft(s.theme.label(e.kind, 0), " ")
		io.WriteString(s.out, indent+label+strings.ReplaceAll(text, "\n", "\n"+indent)+"\n")
	}
}

// A safeWriter makes text safe for a terminal (see safetext.Text) and writes it to w.
type safeWriter struct{ w io.Writer }

func (s safeWriter) Write(p []byte) (int, error) {
	if _, err := io.WriteString(s.w, safetext.Text(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}
