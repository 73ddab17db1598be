package flags

import (
	"errors"
	"fmt"
	"time"

	"moonlark/audio/device"
	"moonlark/engine"
	"moonlark/engine/event"
	"moonlark/engine/localagent/speechcmd"
)

// Sound is the devices.
type Sound struct {
	Speaker string        `placeholder:"DEVICE" help:"What the agent is heard by: auto, pulse[:SINK], oto, exec:COMMAND, wav:FILE or none."`
	Mic     string        `placeholder:"DEVICE" help:"What hears you: auto, pulse[:SOURCE], alsa:DEVICE, exec:COMMAND, wav:FILE[,loop] or none."`
	Echo    string        `default:"auto" enum:"auto,server,speex,gate,off" help:"What keeps the agent from hearing itself: ${enum}."`
	Chunk   time.Duration `name:"mic-chunk" default:"20ms" help:"How much sound is sent at a time, up to 250ms (${default})."`

	Wake       string `placeholder:"RECOGNISER" help:"What listens for wake words: wyoming:HOST[:PORT][,NAME] or exec:COMMAND. With --wait."`
	WakeAlways bool   `help:"Listen for wake words in a conversation too."`
	PushToTalk bool   `help:"Do not hear you before the space bar is pressed, or a script says session.listen(true)."`
}

// Asked says whether a device has been named.
func (s Sound) Asked() bool { return s.Speaker != "" || s.Mic != "" || s.Wake != "" || s.PushToTalk }

// Apply sets the devices in opts.
func (s Sound) Apply(opts *engine.Options) error {
	if s.Chunk < 20*time.Millisecond || s.Chunk > 250*time.Millisecond {
		return fmt.Errorf("--mic-chunk %v: want 20ms to 250ms", s.Chunk)
	}
	if s.Mic == "none" && s.Wake != "" {
		return errors.New("--wake needs something to hear by: --mic none is nothing")
	}
	if s.WakeAlways && s.Wake == "" {
		return errors.New("--wake-always: there is no --wake")
	}
	opts.Voice = &engine.Voice{
		Wake: s.Wake, WakeAlways: s.WakeAlways, PushToTalk: s.PushToTalk,
		Choice: device.Choice{Speaker: s.Speaker, Microphone: s.Mic, Echo: s.Echo}, Chunk: s.Chunk,
	}
	return nil
}

// Speech is the voice and the ears of the embedded agent.
type Speech struct {
	TTS string `name:"tts" placeholder:"exec:COMMAND" help:"The embedded agent speaks: by a command that makes sound of text, by espeak-ng (auto), or not (none)."`
	STT string `name:"stt" placeholder:"exec:COMMAND" help:"The embedded agent hears: by a command that makes text of sound, or not (none)."`
}

// Asked says whether the embedded agent is to speak or to hear.
func (s Speech) Asked() bool {
	given := func(flag string) bool { return flag != "" && flag != "none" }
	return given(s.TTS) || given(s.STT)
}

// Apply has the agent in opts speak and hear.
func (s Speech) Apply(opts *engine.Options) error {
	speaker, err := speechcmd.NewSpeaker(s.TTS)
	if err != nil {
		return fmt.Errorf("--tts %w", err)
	}
	recogniser, err := speechcmd.NewRecogniser(s.STT)
	if err != nil {
		return fmt.Errorf("--stt %w", err)
	}
	if (s.TTS != "" || s.STT != "") && opts.Target != (engine.Target{}) {
		return errors.New("--tts and --stt are for the embedded agent: say --local")
	}
	if speaker != nil {
		opts.LocalAgent.TTS = speaker.Speak
	} else if s.TTS == "auto" {
		opts.Show(event.Event{
			Type: event.Log, Time: time.Now(), Level: "warn", Text: "--tts auto: there is no espeak-ng here, so the embedded agent writes",
		})
	}
	if recogniser != nil {
		opts.LocalAgent.STT = recogniser.Transcribe
	}
	return nil
}
