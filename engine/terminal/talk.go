package terminal

import "time"

// A pushToTalk is the space bar that says whether the agent is to listen.
type pushToTalk struct {
	toggle func()
	last   time.Time // that it was pressed
}

// held is how soon after the last a press is none of its own: the key is held
// down, and repeats itself.
const held = 120 * time.Millisecond

// pushToTalk makes the space bar of an empty prompt that of talk, if there is
// one. It is called before run.
func (p *prompt) pushToTalk(talk *pushToTalk) {
	if talk == nil {
		return
	}
	p.keys.space = func() bool {
		if !p.screen.blank() {
			return false
		}
		now := time.Now()
		if now.Sub(talk.last) > held {
			talk.toggle()
		}
		talk.last = now
		return true
	}
}

// blank says whether nothing is typed.
func (s *screen) blank() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.prompt != nil && s.prompt.before+s.prompt.after == ""
}

// listened says whether the agent hears the person.
func (s *screen) listened(listening bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deaf = !listening
	s.update()
}

// invite is what stands in the prompt while nothing is typed. The caller holds
// mu, and there is a prompt.
func (s *screen) invite() string {
	switch p := s.prompt; {
	case !p.talks:
		return p.invite
	case s.deaf:
		return "not listening: space to talk"
	}
	return "listening: space to stop"
}
