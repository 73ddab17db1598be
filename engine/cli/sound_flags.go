package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"moonlark/audio/browser"
	"moonlark/audio/device"
	"moonlark/engine"
	"moonlark/engine/bus"
	"moonlark/engine/face/control"
	"moonlark/engine/face/web"
	"moonlark/engine/localagent"
	"moonlark/engine/screen"
	"moonlark/engine/speech"
	"moonlark/engine/speech/choice"
	"moonlark/engine/voice"
)

// soundFlags select the speaker, the microphone and the wake word recogniser.
type soundFlags struct {
	Speaker string        `placeholder:"DEVICE" help:"Speaker: auto, pulse[:SINK], wasapi[:DEVICE], oto, exec:COMMAND, wav:FILE, browser or none."`
	Mic     string        `placeholder:"DEVICE" help:"Microphone: auto, pulse[:SOURCE], alsa:DEVICE, wasapi[:DEVICE], coreaudio, exec:COMMAND, wav:FILE[,loop], browser (a page of --inspect or --screen) or none."`
	Echo    string        `default:"auto" enum:"auto,server,speex,gate,off" help:"What keeps the agent from hearing itself: ${enum}."`
	Chunk   time.Duration `name:"mic-chunk" default:"20ms" help:"How much sound is sent at a time, 20ms to 250ms (${default})."`

	Wake       string `placeholder:"RECOGNISER" help:"What listens for wake words: wyoming:HOST[:PORT][,NAME] or exec:COMMAND. With --wait."`
	WakeAlways bool   `help:"Listen for wake words during a conversation too."`
	PushToTalk bool   `help:"Let the agent hear you only after the space bar is pressed, or a script calls session.listen(true)."`
}

// isSet reports whether a flag asks for sound.
func (f soundFlags) isSet() bool {
	return f.Speaker != "" || f.Mic != "" || f.Wake != "" || f.PushToTalk
}

// page returns what carries the sound of a page in a browser, if the flags choose one; nil if not.
// hasPage says whether there is a page.
func (f soundFlags) page(hasPage bool) (*browser.Device, error) {
	use := browser.Use{Microphone: device.IsBrowser(f.Mic), Speaker: device.IsBrowser(f.Speaker)}
	switch {
	case use == browser.Use{}:
		return nil, nil
	case hasPage:
		return browser.New(use), nil
	case use.Microphone:
		return nil, errors.New("--mic browser needs a page that records the user: add --inspect or --screen")
	}
	return nil, errors.New("--speaker browser needs a page that plays the agent: add --inspect or --screen")
}

// mountSound adds the connection of a page that carries the sound to an HTTP server. device may be nil.
func mountSound(server *control.Control, device *browser.Device, screen *screen.Screen, log *slog.Logger) {
	if device == nil {
		return
	}
	device.Observe(screen.SetSound)
	server.Mount(control.Mount{Path: "/sound", Handler: web.SoundHandler(device, log), ForScreen: true, MaxOpen: web.MaxSounds})
}

// settings returns the settings of the flags. It returns an error when the flags contain a mistake.
func (f soundFlags) settings() (*voice.Settings, error) {
	if f.Chunk < 20*time.Millisecond || f.Chunk > 250*time.Millisecond {
		return nil, fmt.Errorf("--mic-chunk %v: want 20ms to 250ms", f.Chunk)
	}
	if f.Mic == "none" && f.Wake != "" {
		return nil, errors.New("--wake needs a microphone: leave out --mic none")
	}
	if f.WakeAlways && f.Wake == "" {
		return nil, errors.New("--wake-always needs --wake")
	}
	return &voice.Settings{
		Wake: f.Wake, WakeAlways: f.WakeAlways, PushToTalk: f.PushToTalk,
		Choice: device.Choice{Speaker: f.Speaker, Microphone: f.Mic, Echo: f.Echo}, Chunk: f.Chunk,
	}, nil
}

// speechFlags say how the embedded agent, and the scripts, turn text into speech and speech into text.
type speechFlags struct {
	TTS string `name:"tts" placeholder:"VOICE" help:"How the embedded agent and the Lua module tts speak: exec:COMMAND, auto (espeak-ng), wyoming:HOST[:PORT][,VOICE], elevenlabs[:VOICE], openai[:VOICE], URL[#VOICE], or not at all (none)."`
	STT string `name:"stt" placeholder:"RECOGNISER" help:"How the embedded agent and the Lua module stt hear: exec:COMMAND, only the tools' phrases (grammar), wyoming:HOST[:PORT], vosk:HOST[:PORT], deepgram[:MODEL], openai[:MODEL], groq, URL[#MODEL], or not at all (none)."`

	Patience string `placeholder:"HOW" help:"How soon the embedded agent answers and lets itself be interrupted: relaxed (after 1.25 s of silence), default (0.7 s) or aggressive (0.25 s). With --stt or --realtime-vad off."`
}

// isSet reports whether the embedded agent is to speak or to listen.
func (f speechFlags) isSet() bool {
	given := func(flag string) bool { return flag != "" && flag != "none" }
	return given(f.TTS) || given(f.STT)
}

// localAgent returns options for an embedded agent that uses the speech programs of the flags.
func (f speechFlags) localAgent() (opts localagent.Options, err error) {
	tts, stt, err := f.backends()
	if err != nil {
		return opts, err
	}
	if tts != nil {
		opts.TTS = tts.Speak
	}
	if stt != nil {
		opts.STT = stt.Transcribe
	}
	if s, ok := stt.(speech.Streamer); ok {
		opts.StreamSTT = s.Stream
	}
	if opts.Patience, err = localagent.ParsePatience(clean(f.Patience)); err != nil {
		return opts, fmt.Errorf("--patience: %w", err)
	}
	return opts, nil
}

// backends returns the text to speech and the speech to text that the flags name, nil for one that
// is not chosen. It returns an error when the flags contain a mistake.
func (f speechFlags) backends() (speech.TextToSpeech, speech.SpeechToText, error) {
	tts, err := choice.TextToSpeech(f.TTS, os.Getenv)
	if err != nil {
		return nil, nil, fmt.Errorf("--tts: %w", err)
	}
	stt, err := choice.SpeechToText(f.STT, os.Getenv)
	if err != nil {
		return nil, nil, fmt.Errorf("--stt: %w", err)
	}
	return tts, stt, nil
}

// warnWithoutVoice logs a warning when --tts auto has found no program that speaks.
func warnWithoutVoice(events *bus.Bus, f speechFlags, opts engine.Options) {
	if f.TTS == "auto" && opts.LocalAgent.TTS == nil {
		events.Log("", slog.LevelWarn, "--tts auto: espeak-ng is not installed, so the embedded agent only writes")
	}
}
