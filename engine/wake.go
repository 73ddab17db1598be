package engine

import (
	"log/slog"

	"moonlark/audio/wake"
	"moonlark/engine/event"
	"moonlark/engine/voice"
)

// woken is told that somebody has said a wake word. What comes of it the scripts
// say; if none of them listens, and conversations are waited for, one begins.
func (e *Engine) woken(d wake.Detection) {
	e.out.post(event.Event{Type: event.Wake, Text: d.Word, Score: d.Score})
	if e.scripts.Listens(wakeEvent) {
		fields := map[string]any{"word": d.Word}
		if d.Score > 0 {
			fields["score"] = d.Score
		}
		e.dispatch(wakeEvent, fields)
		return
	}
	if !e.opts.Wait {
		return
	}
	if err := e.start(start{preroll: true}); err != nil {
		e.log("", slog.LevelInfo, "wake word: "+err.Error())
	}
}

// wakeHealthEvent is what became of what listens for wake words.
func wakeHealthEvent(h voice.WakeHealth) event.Event {
	ev := event.Event{Type: event.WakeWord, Device: h.Device}
	if h.Err != nil {
		ev.Text = h.Err.Error()
		ev.Hint = "until it is there no wake word is heard; it is tried again and again"
	}
	return ev
}

// SetListening says whether the agent hears the user, or silence: push to talk.
// Without sound it does nothing. It does not wait.
func (e *Engine) SetListening(listening bool) {
	if e.voice == nil || !e.voice.SetListening(listening) {
		return
	}
	e.out.post(event.Event{Type: event.Listening, Listening: &listening})
	e.dispatch(listeningEvent, map[string]any{"listening": listening})
}

// Listening says whether the agent hears the user, when there is one.
func (e *Engine) Listening() bool { return e.voice != nil && e.voice.Listening() }
