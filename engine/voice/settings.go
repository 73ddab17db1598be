package voice

import (
	"fmt"
	"time"

	"moonlark/audio"
	"moonlark/audio/browser"
	"moonlark/audio/device"
	"moonlark/engine/bus"
	"moonlark/engine/speech/wake"
)

// Settings say which devices a Voice uses. The zero value means the default speaker and microphone
// of the machine.
type Settings struct {
	device.Choice
	// Server is the address of the sound server, in the syntax of PULSE_SERVER. Empty means the
	// server of the environment.
	Server string
	// Browser carries the sound of the device "browser". Nil means that this device cannot be chosen.
	Browser *browser.Device
	// Chunk is the length of the chunks of the user's sound that are sent, 20 to 250 ms. Zero means
	// 20 ms.
	Chunk time.Duration

	// Wake names the recogniser of wake words, in the form that wake.New accepts. Empty means that
	// wake words are off. With WakeAlways the recogniser also hears the microphone during a
	// conversation.
	Wake       string
	WakeAlways bool

	// PushToTalk says that the agent hears silence until SetListening(true) is called.
	PushToTalk bool
}

// FromSettings makes a Voice with the devices that s names. It does not open them; Start does. It
// uses onWake as Options.OnWake. It returns an error when s contains a mistake.
func FromSettings(s Settings, b *bus.Bus, onWake func()) (*Voice, error) {
	log, counts := b.Logger(""), new(audio.Counts)
	devices, err := device.Choose(s.Choice, device.Options{Server: s.Server, Counts: counts, Log: log, Browser: s.Browser})
	if err != nil {
		return nil, err
	}
	var listener *wake.Listener
	if s.Wake != "" {
		listener, err = wake.New(s.Wake, wake.Options{Counts: counts, Log: log})
		if err != nil {
			devices.Close()
			return nil, fmt.Errorf("wake word: %w", err)
		}
	}
	v := New(Options{
		Bus: b, Wake: listener, WakeAlways: s.WakeAlways, OnWake: onWake,
		Speaker: devices.Speaker, Microphone: devices.Microphone, Echo: devices.Echo,
		Chunk: s.Chunk, Counts: counts, Log: log,
	})
	v.closer = devices.Close
	v.recorder.SetListening(!s.PushToTalk)
	return v, nil
}
