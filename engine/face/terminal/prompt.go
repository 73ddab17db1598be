package terminal

import (
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/term"
)

// A prompt reads keys from a terminal, lets the user edit a line with them, and adds finished lines
// to a queue. The Terminal starts run on a goroutine of its own. The screen draws the line.
type prompt struct {
	screen *screenView // screen and the fields down to talk never change
	lines  *lineQueue  // gets the finished lines
	stdin  io.Reader   // the terminal from which keys are read
	fd     int         // the file descriptor of stdin
	// talk says what the space bar does while the line is empty. Nil means that it inserts a space.
	talk *pushToTalk
	// complete is Options.Complete
	complete func(text string) (start int, names []string)

	restore func() // restores the terminal's mode; set by open

	decoder keyDecoder // decoder and editor are used only on the goroutine of run
	editor  lineEditor
}

func newPrompt(s *screenView, lines *lineQueue, stdin io.Reader, fd int, talk *pushToTalk, complete func(string) (int, []string)) *prompt {
	return &prompt{screen: s, lines: lines, stdin: stdin, fd: fd, talk: talk, complete: complete}
}

// open puts the terminal into raw mode and shows the prompt. It returns false, and changes nothing, if
// the terminal cannot show a prompt.
func (p *prompt) open() bool {
	if !p.screen.canMove {
		return false
	}
	before, err := term.MakeRaw(p.fd)
	if err != nil {
		return false
	}
	p.restore = func() { term.Restore(p.fd, before) }
	p.screen.openPrompt(&promptLine{
		pushToTalk: p.talk != nil,
		makeRaw:    func() { term.MakeRaw(p.fd) },
		restore:    p.restore,
		stop:       stopProcess,
	})
	return true
}

// run reads and handles keys until the input ends or the queue is closed. When the input ends, run
// first restores the terminal's mode, so that Ctrl-C sends a signal again, and then ends the queue.
func (p *prompt) run() {
	defer p.screen.closePrompt() // restores the terminal's mode even if run panics
	var chunk [1024]byte
	for {
		n, err := p.stdin.Read(chunk[:])
		if p.lines.isClosed() {
			return
		}
		p.decoder.feed(chunk[:n], time.Now())
		if end := p.handleKeys(); end != nil {
			p.end(end)
			return
		}
		switch {
		case n > 0 || err == nil: // if n > 0, the next Read will return the error again
		case err == io.EOF:
			p.end(io.EOF)
			return
		default:
			p.end(fmt.Errorf("stdin: %w", err))
			return
		}
	}
}

func (p *prompt) end(err error) {
	p.screen.closePrompt()
	p.lines.end(err)
}

// handleKeys handles all keys that have come, and then shows the line. It returns ErrInterrupted
// after Ctrl-C in an empty line, io.EOF after Ctrl-D in an empty line, and otherwise nil.
func (p *prompt) handleKeys() error {
	var chars []rune // characters that have come and are not inserted yet
	for {
		k, ok := p.decoder.next()
		talks := k == key{code: keyChar, char: ' '} && p.talk != nil && p.editor.isEmpty() && len(chars) == 0
		if ok && k.code == keyChar && !talks {
			chars = append(chars, k.char)
			continue
		}
		p.editor.insert(chars)
		chars = chars[:0]
		if !ok {
			p.screen.setLine(p.editor.text())
			p.reportLeftOut()
			return nil
		}
		switch {
		case k.code == keyCtrlC && p.editor.isEmpty():
			return ErrInterrupted
		case k.code == keyCtrlC:
			p.editor.clear()
		case k.code == keyCtrlZ:
			p.screen.setLine(p.editor.text())
			p.screen.suspend()
		case k.code == keyCtrlD && p.editor.isEmpty():
			return io.EOF
		case k.code == keyCtrlL:
			p.screen.clear()
		case k.code == keyTab:
			p.completeName()
		case k.code == keyEnter:
			p.enter(p.editor.enter())
		case talks:
			p.talk.press()
		default:
			p.editor.press(k)
		}
	}
}

// reportLeftOut shows how many characters were left out because the line is full. While text is
// being pasted, it waits for the end of the text. It does nothing when it has shown that already for
// this line.
func (p *prompt) reportLeftOut() {
	if p.editor.leftOut == 0 || p.decoder.pasting || p.editor.toldFull {
		return
	}
	p.screen.problem(fmt.Sprintf("the line is full: %d characters were left out", p.editor.leftOut),
		fmt.Sprintf("a line has at most %d characters; a file can be piped to moonlark run --text", maxTyped))
	p.editor.leftOut, p.editor.toldFull = 0, true
}

// enter shows a finished line as a text of the user, and adds it to the queue. If the queue is
// full, it shows an error instead. Blank lines are ignored.
func (p *prompt) enter(line string) {
	switch {
	case strings.TrimSpace(line) == "":
	case p.lines.isFull():
		p.screen.refuseLine()
	default:
		p.screen.enterLine(line)
		p.lines.put(line)
	}
}
