package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"moonlark/audio"
	"moonlark/audio/device"
	"moonlark/audio/wake"
	"moonlark/engine/convai"
	"moonlark/engine/event"
	"moonlark/engine/script"
	"moonlark/engine/voice"
)

// The events a script gets of the sound.
const (
	speaking = "speaking" // event_id: a response begins to be heard
	spoken   = "spoken"   // event_id, text: words of it that have been heard
	silent   = "silent"   // event_id, interrupted: there is nothing left to be heard
	level    = "level"    // level (dBFS), voice: what the microphone hears

	wakeEvent      = "wake"      // word, score: a wake word was said
	listeningEvent = "listening" // listening: whether the agent hears the user has changed
)

// farewellTime is how long the last words may take to be heard when the
// conversation is over.
const farewellTime = 30 * time.Second

// A Voice says which devices there are. Its zero value is those of the machine.
type Voice struct {
	device.Choice
	Chunk time.Duration // how much of the user's sound is sent at a time, 20 to 250 ms; zero is 20 ms

	// Wake is what listens for wake words: see wake.New. Empty: nobody does.
	// WakeAlways lets it hear what is said in a conversation, too.
	Wake       string
	WakeAlways bool

	// PushToTalk begins with the agent not hearing the user: see SetListening.
	PushToTalk bool
}

// makeVoice chooses the devices, and opens none. The error is a mistake in the
// choice.
func (e *Engine) makeVoice(v Voice) error {
	log, counts := slog.New(logHandler{e: e}), new(audio.Counts)
	devices, err := device.Choose(v.Choice, device.Options{Counts: counts, Log: log})
	if err != nil {
		return err
	}
	e.devices = devices
	var listener *wake.Listener
	if v.Wake != "" {
		listener, err = wake.New(v.Wake, wake.Options{Counts: counts, Log: log})
		if err != nil {
			return fmt.Errorf("wake word: %w", err)
		}
	}
	e.voice = voice.New(voice.Options{
		Wake: listener, WakeAlways: v.WakeAlways,
		Speaker: devices.Speaker, Microphone: devices.Microphone, Echo: devices.Echo, Chunk: v.Chunk,
		Counts: counts, Log: log, Notify: e.noteSound,
		Levels: func() bool { return e.scripts.Listens(level) },
	})
	e.voice.SetListening(!v.PushToTalk)
	return nil
}

// closeVoice fades the sound out and lets the devices go.
func (e *Engine) closeVoice() {
	if e.voice == nil {
		return
	}
	e.voice.Close()
	if err := e.devices.Close(); err != nil {
		e.log("", slog.LevelWarn, err.Error())
	}
}

// noteSound is told what happens to the sound, on goroutines of the voice.
func (e *Engine) noteSound(notice any) {
	switch n := notice.(type) {
	case voice.Health:
		e.noteDevice(n)
		e.out.post(healthEvent(n))
	case voice.Speaking:
		e.out.post(event.Event{Type: event.Speaking, EventID: n.ID})
		e.dispatch(speaking, map[string]any{"event_id": n.ID})
	case voice.Silent:
		e.out.post(event.Event{Type: event.Silent, EventID: n.ID, Interrupted: n.Interrupted})
		e.dispatch(silent, map[string]any{"event_id": n.ID, "interrupted": n.Interrupted})
	case voice.Spoken:
		e.dispatch(spoken, map[string]any{"event_id": n.ID, "text": n.Text})
	case voice.WakeHealth:
		e.out.post(wakeHealthEvent(n))
	case wake.Detection:
		e.woken(n)
	case voice.Level:
		e.dispatch(level, map[string]any{"level": n.DBFS, "voice": n.Voice})
	}
}

// dispatch gives an event of our own to the scripts that listen for it.
func (e *Engine) dispatch(name string, fields map[string]any) {
	if !e.scripts.Listens(name) {
		return
	}
	ev := script.Event{Type: name}
	ev.Data, _ = json.Marshal(fields)
	if name == level { // the newest is the one that counts
		ev.Merge = func(script.Event) (script.Event, bool) { return ev, true }
	}
	e.scripts.Dispatch(ev)
}

// healthEvent is what became of a device.
func healthEvent(h voice.Health) event.Event {
	ev := event.Event{Type: event.Speaker, Device: h.Device}
	without := "what the agent says passes unheard"
	if h.Microphone {
		ev.Type, without = event.Microphone, "the agent hears silence"
	}
	if h.Err == nil {
		return ev
	}
	ev.Text = h.Err.Error()
	ev.Hint = "until it is there " + without + "; it is looked for all the time"
	if h.Final {
		ev.Hint = without + " from now on"
	}
	return ev
}

func (e *Engine) beginVoice(conv *convai.Conversation, preroll bool) {
	if e.voice == nil {
		return
	}
	var begun atomic.Bool
	err := e.voice.Begin(conv.Metadata(), preroll, func(chunk []byte) int {
		if !begun.Load() { // what was said before: more of it than may be late later
			return conv.SendEarlySound(chunk)
		}
		return conv.SendSound(chunk)
	})
	begun.Store(true)
	if err != nil {
		e.log("", slog.LevelWarn, err.Error())
	}
}

// expectVoice keeps what is said until beginVoice, or until forgetVoice.
func (e *Engine) expectVoice() {
	if e.voice != nil {
		e.voice.Expect()
	}
}

func (e *Engine) forgetVoice() {
	if e.voice != nil {
		e.voice.Forget()
	}
}

// endVoice lets the last words of a conversation that is over be heard, unless
// ctx is done: then they fade out.
func (e *Engine) endVoice(ctx context.Context) {
	if e.voice == nil {
		return
	}
	e.voice.End()
	farewell, cancel := context.WithTimeout(ctx, farewellTime)
	defer cancel()
	e.drainVoice(farewell)
}

// drainVoice waits until all that the agent said has been heard.
func (e *Engine) drainVoice(ctx context.Context) {
	if e.voice != nil {
		e.voice.Drain(ctx)
	}
}

// reportSound shows what went wrong with the sound so far.
func (e *Engine) reportSound() {
	if e.voice == nil {
		return
	}
	e.out.post(event.Event{Type: event.Sound, Sound: e.soundCounts()})
}

var errNoSound = errors.New("there is no sound: the program runs without a voice")

func (s session) sound(do func(*voice.Voice)) error {
	if s.e.voice == nil {
		return errNoSound
	}
	do(s.e.voice)
	return nil
}

func (s session) SetVolume(volume float64) error {
	return s.sound(func(v *voice.Voice) { v.SetVolume(volume) })
}

func (s session) Mute(muted bool) error { return s.sound(func(v *voice.Voice) { v.SetMuted(muted) }) }

func (s session) Listen(listening bool) error {
	return s.sound(func(*voice.Voice) { s.e.SetListening(listening) })
}

func (s session) Beep(hertz, seconds float64) error {
	if s.e.voice == nil {
		return errNoSound
	}
	return s.e.voice.Play(voice.Beep(hertz, time.Duration(seconds*float64(time.Second))))
}

// PlayFile plays a WAV file of a folder. It is called on a goroutine of its own.
func (s session) PlayFile(folder, name string) error {
	if s.e.voice == nil {
		return errNoSound
	}
	return s.e.voice.PlayFile(folder, name)
}
