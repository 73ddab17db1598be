package remote

import (
	"errors"
	"log/slog"
	"time"

	"moonlark/engine/agentsettings"
	"moonlark/engine/life"
	"moonlark/engine/screen"
)

// ErrNoScreen is the error of Touch without a screen.
var ErrNoScreen = errors.New("there is no screen")

// maxLater is how long a sentence waits for the beginning of a conversation.
const maxLater = 30 * time.Second

// A sentence is what a touch says for the user when the conversation has begun.
type sentence struct {
	text string
	at   time.Time // when the touch was
}

// Screen returns what the pages of a kiosk show. It is nil if there is no screen.
func (r *Remote) Screen() *screen.Screen { return r.parts.Load().Screen }

// Touch does what a touch of the kiosk's screen means. A sentence that the touch says for the user is sent
// to the agent; without a conversation, Touch asks for one, and the sentence is sent when it has begun. The
// error is one of those of screen.Touch, or says why nothing can be said.
func (r *Remote) Touch(t screen.Touch) error {
	s := r.parts.Load().Screen
	if s == nil {
		return ErrNoScreen
	}
	reaction, err := s.Touch(t)
	switch {
	case err != nil:
		return err
	case reaction.Say != "":
		return r.sayOrStart(reaction.Say)
	case reaction.Wake && r.dialog.Load() == nil:
		// if Moonlark does not wait for conversations, the touch only wakes the page
		if err := r.Start(agentsettings.Settings{}, false); err != nil {
			r.parts.Load().Bus.Log("", slog.LevelDebug, "screen: "+err.Error())
		}
	}
	return nil
}

// sayOrStart says text for the user, now or when the next conversation has begun.
func (r *Remote) sayOrStart(text string) error {
	err := r.Say(text)
	if !errors.Is(err, life.ErrNoConversation) {
		return err
	}
	r.later.Store(&sentence{text, time.Now()})
	if err := r.Start(agentsettings.Settings{}, false); err != nil && r.Status() != "connecting" && r.Status() != "reconnecting" {
		r.later.Store(nil)
		return err
	}
	r.SayPending() // the conversation may have begun meanwhile
	return nil
}

// SayPending says what a touch before the conversation wants to be said. Call it when a conversation has
// begun.
func (r *Remote) SayPending() {
	d := r.dialog.Load()
	if d == nil {
		return
	}
	s := r.later.Swap(nil)
	if s == nil || time.Since(s.at) > maxLater {
		return
	}
	if err := d.Say(s.text); err != nil {
		r.parts.Load().Bus.Log("", slog.LevelWarn, "screen: "+err.Error())
	}
}

// Levels returns how loud the speaker and the microphone are, in dBFS, from -96 (silence) to 0. The error is
// luastd.ErrNoSound when sound is off.
func (r *Remote) Levels() (speaker, microphone float64, err error) { return r.Sounds().Levels() }
