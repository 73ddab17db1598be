package terminal

import "time"

// pushToTalk is what the space bar does at an empty prompt: it calls toggle, which switches on and
// off whether the agent hears the user.
type pushToTalk struct {
	toggle    func()
	lastPress time.Time
}

// keyRepeatGap is the maximum time between two spaces that a terminal sends while the space bar is
// held down.
const keyRepeatGap = 120 * time.Millisecond

// press handles one space from the terminal. It calls toggle, unless the space was sent because the
// space bar is still held down. Only the goroutine of the prompt calls press.
func (p *pushToTalk) press() {
	now := time.Now()
	if now.Sub(p.lastPress) > keyRepeatGap {
		p.toggle()
	}
	p.lastPress = now
}
