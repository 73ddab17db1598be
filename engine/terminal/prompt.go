package terminal

import (
	"fmt"
	"io"
	"strings"

	"golang.org/x/term"
)

// A prompt is a person typing lines on a screen. Its goroutine (run) belongs
// to the Terminal; it reads keys and tells the screen what has been typed.
//
// The line is kept by [term.Terminal], which knows the keys and the history,
// but drawn by the screen: x/term counts one column for every character, and
// a line with wide ones in it would come apart at the next event. Nothing that
// x/term writes is used. What it holds becomes known through its completion
// callback, which it calls for each key it does not know, like the keyNone
// that [keys] sends after the others.
type prompt struct {
	screen *screen
	input  *input
	fd     int
	keys   *keys
	editor *term.Terminal
}

func newPrompt(s *screen, in *input, stdin io.Reader, fd int) *prompt {
	p := &prompt{screen: s, input: in, fd: fd, keys: &keys{in: stdin, clear: s.clear}}
	p.editor = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{p.keys, io.Discard}, "")
	p.editor.History = &history{}
	p.editor.AutoCompleteCallback = func(line string, pos int, key rune) (string, int, bool) {
		if key == keyNone {
			s.edit(line[:pos], line[pos:])
		}
		return "", 0, false
	}
	return p
}

// open shows the prompt. It says false when there can be none here, and then
// nothing has changed.
func (p *prompt) open(invite string, talk *pushToTalk) bool {
	if !p.screen.moves {
		return false
	}
	before, err := term.MakeRaw(p.fd)
	if err != nil {
		return false
	}
	p.pushToTalk(talk)
	p.screen.openPrompt(&typing{
		invite:  invite,
		talks:   talk != nil,
		raw:     func() { term.MakeRaw(p.fd) },
		restore: func() { term.Restore(p.fd, before) },
	})
	return true
}

// run reads lines until the input ends. It gives the terminal back before it
// says so: from then on Ctrl-C is a signal again.
func (p *prompt) run() {
	defer p.screen.closePrompt() // also when this goroutine panics
	for {
		line, err := p.editor.ReadLine()
		switch {
		case p.input.isClosed():
			return
		case err != nil:
			p.screen.closePrompt()
			p.input.end(p.reason(err))
			return
		case strings.TrimSpace(line) == "":
		case p.input.full():
			p.screen.refuse()
		default:
			p.screen.enter(line)
			p.input.put(line)
		}
	}
}

// reason tells the two keys apart that x/term takes for the end.
func (p *prompt) reason(err error) error {
	switch {
	case err != io.EOF:
		return fmt.Errorf("stdin: %w", err)
	case p.keys.last == keyCtrlC:
		return ErrInterrupted
	}
	return io.EOF
}

// A history is the lines typed last, without blank ones and repetitions.
type history struct {
	lines []string // the oldest first
}

func (h *history) Add(line string) {
	if strings.TrimSpace(line) == "" || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return
	}
	if len(h.lines) == 200 {
		h.lines = h.lines[1:]
	}
	h.lines = append(h.lines, line)
}

func (h *history) Len() int        { return len(h.lines) }
func (h *history) At(i int) string { return h.lines[len(h.lines)-1-i] }
