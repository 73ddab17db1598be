package voice

import (
	"sync/atomic"

	"moonlark/audio"
	"moonlark/engine/bus"
	"moonlark/engine/health"
	"moonlark/engine/speech"
)

// noteDevice publishes whether a device works, and stores its state in known for Health.
func (v *Voice) noteDevice(device bus.Type, known *atomic.Pointer[health.Device], h audio.Health) {
	ev := bus.Event{Type: device, Device: h.Device}
	state := &health.Device{Name: h.Device}
	if h.Err != nil {
		without := "what the agent says is not heard"
		if device == bus.Microphone {
			without = "the agent hears silence"
		}
		state.Err = h.Err.Error()
		ev.Text = state.Err
		ev.Hint = without + " until the device is back; Moonlark keeps trying to open it"
		if h.Final {
			ev.Hint = without + " from now on"
		}
	}
	known.Store(state)
	v.opts.Bus.Publish(ev)
}

// noteRecogniser publishes whether the wake word recogniser works.
func (v *Voice) noteRecogniser(h audio.Health) {
	ev := bus.Event{Type: bus.WakeWord, Device: h.Device}
	if h.Err != nil {
		ev.Text = h.Err.Error()
		ev.Hint = "no wake word is heard until the recogniser is back; Moonlark keeps trying to reach it"
	}
	v.opts.Bus.Publish(ev)
}

// noteWake publishes that somebody has said a wake word, and calls Options.OnWake.
func (v *Voice) noteWake(d speech.Detection) {
	v.opts.Bus.Publish(bus.Event{Type: bus.Wake, Text: d.Word, Score: d.Score})
	v.opts.OnWake()
}

// Health returns the states of the speaker and the microphone, nil for a device that is not used.
func (v *Voice) Health() (speaker, microphone *health.Device) {
	state := func(used bool, known *atomic.Pointer[health.Device]) *health.Device {
		switch d := known.Load(); {
		case !used || d != nil:
			return d
		default:
			return &health.Device{Err: "the device has not been opened yet"}
		}
	}
	return state(v.opts.Speaker != nil, &v.speakerHealth), state(v.opts.Microphone != nil, &v.microphoneHealth)
}

// Counts returns how many faults of each kind the sound has had so far.
func (v *Voice) Counts() *health.SoundCounts {
	c := v.opts.Counts
	return &health.SoundCounts{
		Underruns: c.Underruns.Load(), Overruns: c.Overruns.Load(), Gaps: c.Gaps.Load(),
		Dropped: c.Dropped.Load(), Late: c.Late.Load(), WakeDropped: c.WakeDropped.Load(),
	}
}
