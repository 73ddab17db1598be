package terminal

import "io"

// Pasted text comes between marks while this is on: a newline in it does not
// send half of it.
const (
	pasteOn  = "\x1b[?2004h"
	pasteOff = "\x1b[?2004l"
)

// openPrompt shows the prompt.
func (s *screen) openPrompt(p *typing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prompt = p
	io.WriteString(s.out, pasteOn)
	s.update()
}

// noPrompt says that lines are typed without one: what the terminal echoes
// would get into the live part, so there is none either.
func (s *screen) noPrompt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.words.live = false
	s.update(s.words.stillConnecting()...)
}

// edit shows the line as it is now.
func (s *screen) edit(before, after string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.prompt == nil || s.prompt.before == before && s.prompt.after == after {
		return
	}
	s.prompt.before, s.prompt.after = before, after
	s.update()
}

// enter turns the line into one that was said. The User event that comes of it
// shows nothing more.
func (s *screen) enter(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.prompt == nil {
		return
	}
	s.prompt.before, s.prompt.after, s.prompt.invite = "", "", ""
	s.heard.add(line)
	s.update(entry{kind: you, text: []span{{normal, neutral(line)}}})
}

// refuse says that a line was not taken.
func (s *screen) refuse() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.update(s.words.trouble("not sent: too many lines are waiting", "the up key brings it back")...)
}

// clear empties the screen, but for the live part.
func (s *screen) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.prompt == nil {
		return
	}
	io.WriteString(s.out, "\x1b[2J\x1b[H")
	s.drawn, s.last = nil, nothing
	s.update()
}

// closePrompt takes the prompt away and gives the terminal back.
func (s *screen) closePrompt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endPrompt()
	s.update()
}

// endPrompt is closePrompt for who holds s.mu and updates.
func (s *screen) endPrompt() {
	if s.prompt == nil {
		return
	}
	io.WriteString(s.out, pasteOff)
	s.prompt.restore()
	s.prompt = nil
}
