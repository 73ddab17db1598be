package voice

import (
	"sync"
	"time"

	"moonlark/engine/bus"
)

const (
	// speechScore is the score of the agent's voice detection from which the user speaks.
	speechScore = 0.5
	// scorePause is how long the score must be lower before the user has stopped speaking.
	scorePause = 300 * time.Millisecond
)

// A hearing finds out when the user begins and stops speaking during a conversation: from the scores that
// the agent sends, or from the sound of the microphone if the agent sends none. Any goroutine may call the
// methods. The zero value is ready to use.
type hearing struct {
	mu        sync.Mutex // guards the fields below
	active    bool       // there is a conversation
	hasScores bool       // the agent has sent a score in this conversation
	on        bool       // the user speaks
	lastVoice time.Time  // when the last score of speech came
}

// begin begins a conversation.
func (h *hearing) begin() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.active, h.hasScores, h.on = true, false, false
}

// end ends the conversation. It publishes that the user has stopped speaking, if necessary.
func (h *hearing) end(b *bus.Bus) {
	h.mu.Lock()
	source := h.source()
	changed := h.set(false)
	h.active = false
	h.mu.Unlock()
	if changed {
		publishHearing(b, false, source, 0)
	}
}

// source returns Event.Source for the present conversation. The caller holds h.mu.
func (h *hearing) source() string {
	if h.hasScores {
		return "agent"
	}
	return "microphone"
}

// set stores whether the user speaks, and reports whether that has changed. The caller holds h.mu.
func (h *hearing) set(on bool) (changed bool) {
	changed = h.active && on != h.on
	h.on = h.active && on
	return changed
}

// noteScore notes a score of the agent, from 0 to 1.
func (h *hearing) noteScore(b *bus.Bus, score float64) {
	h.mu.Lock()
	now := time.Now()
	if h.active && !h.hasScores { // if the microphone has noticed speech, this is the newest that is known of it
		h.hasScores, h.lastVoice = true, now
	}
	if score >= speechScore {
		h.lastVoice = now
	}
	ago := now.Sub(h.lastVoice)
	on := score >= speechScore || h.on && ago < scorePause
	changed := h.set(on)
	h.mu.Unlock()
	if changed {
		publishHearing(b, on, "agent", ago)
	}
}

// noteMicrophone notes whether there is a voice in the sound of the microphone, and since when.
func (h *hearing) noteMicrophone(b *bus.Bus, voice bool, ago time.Duration) {
	h.mu.Lock()
	changed := !h.hasScores && h.set(voice)
	h.mu.Unlock()
	if changed {
		publishHearing(b, voice, "microphone", ago)
	}
}

func publishHearing(b *bus.Bus, on bool, source string, ago time.Duration) {
	b.Publish(bus.Event{Type: bus.Hearing, On: &on, Source: source, Seconds: ago.Seconds()})
}

// listen publishes that the user has begun or stopped speaking, if the sound of the microphone says so.
// The user does not speak to the agent while the agent does not hear the microphone.
func (v *Voice) listen() {
	if v.opts.Microphone == nil {
		return
	}
	voice, ago := v.recorder.VoiceChange()
	if !v.recorder.Listening() {
		voice, ago = false, 0
	}
	v.hearing.noteMicrophone(v.opts.Bus, voice, ago)
}

// NoteScore notes how probable the agent considers it that the user speaks, from 0 to 1. Once the agent
// has sent a score, Hearing events come from the scores and not from the sound of the microphone, until
// the next conversation. Any goroutine may call NoteScore.
func (v *Voice) NoteScore(score float64) { v.hearing.noteScore(v.opts.Bus, score) }
