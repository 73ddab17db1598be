package terminal

import (
	"io"

	"moonlark/engine/safetext"
)

// A promptLine has what the screen must know to draw the prompt.
type promptLine struct {
	before, after string // the typed text before and after the cursor
	pushToTalk    bool   // whether the empty prompt shows if the agent hears the user

	makeRaw func() // puts the terminal into raw mode
	restore func() // restores the mode that the terminal had before the prompt
	stop    func() // stops the process until it is continued; nil if the system cannot do that
}

// pasteMarksOn makes the terminal send marks before and after pasted text. So a newline in pasted
// text can be distinguished from the Enter key, which would send half of the text.
const (
	pasteMarksOn  = "\x1b[?2004h"
	pasteMarksOff = "\x1b[?2004l"
)

// openPrompt shows the prompt. The caller has put the terminal into raw mode.
func (s *screenView) openPrompt(p *promptLine) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prompt = p
	io.WriteString(s.out, pasteMarksOn)
	s.update()
}

// withoutPrompt must be called if lines are read without a prompt. The terminal then shows what the
// user types, and a live part of the screen would be mixed with that text. So withoutPrompt
// switches the live part off.
func (s *screenView) withoutPrompt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.describer.live = false
	s.update(s.describer.announceTarget()...)
}

// setLine changes the line at the prompt. before and after are its text before and after the
// cursor.
func (s *screenView) setLine(before, after string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.prompt == nil || s.prompt.before == before && s.prompt.after == after {
		return
	}
	s.prompt.before, s.prompt.after = before, after
	s.update()
}

// enterLine prints a finished line as a text of the user and empties the prompt. When the User
// event for the line comes, it is not shown again.
func (s *screenView) enterLine(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.prompt == nil {
		return
	}
	s.prompt.before, s.prompt.after = "", ""
	s.onScreen.add(line)
	s.update(block{kind: userBlock, text: []span{{normal, safetext.Text(line)}}})
}

// refuseLine shows that a line was not sent because too many lines are queued.
func (s *screenView) refuseLine() {
	s.problem("not sent: too many lines are waiting", "press the up key to get it back")
}

// problem shows a problem of the prompt, with a hint.
func (s *screenView) problem(text, hint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.update(s.describer.problem(text, hint)...)
}

// suspend stops the process until the shell continues it, like Ctrl-Z in other programs. It removes
// the prompt before that and shows it again afterwards. It does nothing on systems without job
// control.
func (s *screenView) suspend() {
	s.mu.Lock()
	if s.prompt == nil || s.prompt.stop == nil {
		s.mu.Unlock()
		return
	}
	w, _ := s.size()
	s.out.Write(append(s.erase(nil, w), pasteMarksOff...))
	s.prompt.restore()
	stop := s.prompt.stop
	s.mu.Unlock()
	stop()
	s.redraw()
}

// clear erases the screen and draws only its live part again.
func (s *screenView) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.prompt == nil {
		return
	}
	io.WriteString(s.out, "\x1b[2J\x1b[H")
	s.drawn, s.lastKind = nil, noBlock
	s.update()
}

// closePrompt removes the prompt and restores the terminal's mode. It may be called more than once.
func (s *screenView) closePrompt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removePrompt()
	s.update()
}

// removePrompt does the same as closePrompt, but does not draw the screen again. The caller holds
// s.mu.
func (s *screenView) removePrompt() {
	if s.prompt == nil {
		return
	}
	io.WriteString(s.out, pasteMarksOff)
	s.prompt.restore()
	s.prompt = nil
}

// setListening changes whether the prompt shows that the agent hears the user.
func (s *screenView) setListening(listening bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.muted = !listening
	s.update()
}

// setHint changes the text that the prompt shows while nothing is typed.
func (s *screenView) setHint(hint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hint != hint {
		s.hint = hint
		s.update()
	}
}

// note prints a note above the prompt.
func (s *screenView) note(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.update(s.describer.dimNote(safetext.Text(text)))
}

// result prints a text that the program was asked for.
func (s *screenView) result(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.update(block{kind: noteBlock, text: []span{{normal, safetext.Text(text)}}})
}

// placeholder returns the text that the prompt shows while nothing is typed. The caller holds s.mu,
// and s.prompt is not nil.
func (s *screenView) placeholder() string {
	switch {
	case s.hint != "":
		return s.hint
	case !s.prompt.pushToTalk:
		return ""
	case s.muted:
		return "not listening: space to talk"
	}
	return "listening: space to stop"
}
