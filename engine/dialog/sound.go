package dialog

import (
	"context"
	"sync/atomic"

	"moonlark/engine/bus"
	"moonlark/engine/convai"
	"moonlark/engine/voice"
)

// beginSound connects the microphone and the speaker to the conversation. preroll says that the
// agent must first hear the sound that the microphone recorded just before the conversation.
func (d *Dialog) beginSound(preroll bool) {
	if d.opts.Voice == nil {
		return
	}
	m := d.conv.Metadata()
	formats := voice.Formats{Speaker: m.AgentOutputAudioFormat, Microphone: m.UserInputAudioFormat}
	var begun atomic.Bool
	err := d.opts.Voice.Begin(formats, preroll, func(chunk []byte) (dropped int) {
		// Voice.Begin is still sending the preroll, whose chunks may wait in the send queue
		if !begun.Load() {
			return d.conv.SendEarlySound(chunk)
		}
		return d.conv.SendSound(chunk)
	})
	begun.Store(true)
	if err != nil {
		d.warn("%v", err)
	}
}

// playSound plays a piece of the agent's speech. It runs on the goroutine that reads the socket.
func (d *Dialog) playSound(m *convai.Audio) {
	if d.opts.Voice == nil {
		return
	}
	var words *voice.Words
	if a := m.Alignment; a != nil && len(a.Chars) == len(a.StartsMS) {
		words = &voice.Words{Chars: a.Chars, StartsMS: a.StartsMS}
	}
	d.opts.Voice.Audio(m.EventID, m.Sound, words)
}

// endSound disconnects the microphone after the conversation has ended. It then waits until the
// agent's last words have been heard, but stops waiting when the program ends.
func (d *Dialog) endSound() {
	if d.opts.Voice == nil {
		return
	}
	d.opts.Voice.End()
	ctx, cancel := context.WithTimeout(d.ctx, lastWordsTimeout)
	defer cancel()
	d.awaitSilence(ctx)
}

// awaitSilence waits until all speech of the agent has been heard, or ctx is done.
func (d *Dialog) awaitSilence(ctx context.Context) {
	if d.opts.Voice != nil {
		d.opts.Voice.Drain(ctx)
	}
}

// reportSound publishes how many faults the sound has had so far.
func (d *Dialog) reportSound() {
	if d.opts.Voice != nil {
		d.opts.Bus.Publish(bus.Event{Type: bus.Sound, Sound: d.opts.Voice.Counts()})
	}
}
