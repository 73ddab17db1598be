// Package device creates the speaker and the microphone that the user has chosen on the command
// line, and lists the devices of the machine. A device is written in one of these forms:
//
//	auto                 the usual device of the machine; this is the default
//	pulse[:DEVICE]       a sink or source of PulseAudio or PipeWire
//	oto                  a speaker of the platform's sound system: macOS, Windows, ALSA
//	wasapi[:DEVICE]      a speaker or microphone of Windows, by its ID or name
//	coreaudio            the microphone of macOS
//	alsa:DEVICE          a microphone of ALSA, on Linux
//	exec:[RATE:]COMMAND  a command that plays or records raw sound: see package command
//	wav:FILE             a file to write, or to read in real time
//	browser              a page in a browser: see package browser
//	none                 no device
package device

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"moonlark/audio"
	"moonlark/audio/alsa"
	"moonlark/audio/browser"
	"moonlark/audio/command"
	"moonlark/audio/coreaudio"
	"moonlark/audio/oto"
	"moonlark/audio/pulse"
	"moonlark/audio/speex"
	"moonlark/audio/wasapi"
	"moonlark/audio/wav"
)

// A Choice contains the user's settings for the devices.
type Choice struct {
	Speaker, Microphone string // devices as in the package comment; empty means auto
	// how to remove the echo: auto, server, speex, gate or off; empty means auto
	Echo string
}

// A Sound contains the devices that Choose created for a Choice.
type Sound struct {
	Speaker    audio.Speaker    // nil if the choice has no speaker
	Microphone audio.Microphone // nil if the choice has no microphone
	// creates the EchoRemover for the recorder; nil if no echo needs to be removed
	Echo func(audio.Playback) audio.EchoRemover
	// nil if the sound server does not remove the echo
	canceller *pulse.EchoCanceller
	local     *speex.Canceller // the canceller that runs in this process; nil if Echo has created none
}

// Options are settings that do not depend on the choice of devices. The zero value works.
type Options struct {
	// Server is the address of the sound server, in the syntax of PULSE_SERVER. Empty means to look
	// for the server at the usual addresses.
	Server string

	Counts *audio.Counts // counts problems with the sound; may be nil
	Log    *slog.Logger  // receives messages for the user; may be nil

	// Browser carries the sound of the device "browser". If it is nil, there is no page, and choosing
	// this device is an error.
	Browser *browser.Device
}

// IsBrowser reports whether a setting chooses the device "browser".
func IsBrowser(setting string) bool { return setting == "browser" }

// ErrNoPage is the error of Choose for the device "browser" if there is no page.
var ErrNoPage = errors.New("browser: only moonlark run with --inspect or --screen has a page that plays and records sound")

// Choose creates the devices for a choice but does not open them. It returns an error if the choice
// is invalid or needs a library that is not installed. The caller must close the Sound after the
// last use of its devices.
func Choose(c Choice, opts Options) (*Sound, error) {
	b := &builder{Choice: c, Options: opts}
	if err := b.chooseEcho(); err != nil {
		return nil, err
	}
	var err error
	if b.sound.Speaker, err = b.speaker(); err == nil {
		b.sound.Microphone, err = b.microphone()
	}
	if err != nil {
		return nil, err
	}
	return &b.sound, nil
}

// Close unloads the echo canceller from the sound server, or frees the one of this process, if this
// Sound uses one. Call it after the last use of the EchoRemover that Echo has returned.
func (s *Sound) Close() error {
	if s.local != nil {
		s.local.Close()
	}
	if s.canceller == nil {
		return nil
	}
	return s.canceller.Close()
}

// A builder creates the devices for one choice.
type builder struct {
	Choice
	Options
	sound  Sound
	server *serverEcho // nil if the sound server does not remove the echo
}

func (b *builder) speaker() (audio.Speaker, error) {
	kind, name, err := parse(b.Speaker, "exec", "wav")
	if err != nil {
		return nil, err
	}
	options := pulse.Options{Server: b.Server, Device: name, Counts: b.Counts, Log: b.Log}
	if b.server != nil {
		options.Find = b.server.findSpeaker
	}
	switch {
	case kind == "auto" && name == "" && b.Server == "":
		return newAutoSpeaker(pulse.NewSpeaker(options), newDirectSpeaker(b.Counts)), nil
	case kind == "pulse", kind == "auto" && name == "":
		return pulse.NewSpeaker(options), nil
	case kind == "oto" && name == "":
		return oto.New(b.Counts), nil
	case kind == "wasapi":
		return wasapi.NewSpeaker(name, b.Counts), nil
	case kind == "exec":
		line, rate := commandLine(name)
		return command.NewSpeaker(line, command.Options{Rate: rate, Counts: b.Counts, Log: b.Log}), nil
	case kind == "wav":
		return wav.NewSpeaker(name, wav.SpeakerOptions{Counts: b.Counts}), nil
	case IsBrowser(b.Speaker):
		if b.Browser == nil {
			return nil, ErrNoPage
		}
		return b.Browser.Speaker(b.Counts), nil
	case kind == "none" && name == "":
		return nil, nil
	}
	return nil, fmt.Errorf("%s: unknown speaker: want auto, pulse[:SINK], wasapi[:DEVICE], oto, exec:COMMAND, wav:FILE, browser or none", b.Speaker)
}

func (b *builder) microphone() (audio.Microphone, error) {
	kind, name, err := parse(b.Microphone, "exec", "wav", "alsa")
	if err != nil {
		return nil, err
	}
	options := pulse.Options{Server: b.Server, Device: name, Counts: b.Counts, Log: b.Log}
	if b.server != nil {
		options.Find = b.server.findMicrophone
	}
	switch {
	case kind == "auto" && name == "" && b.Server == "":
		return newAutoMicrophone(pulse.NewMicrophone(options), newDirectMicrophone(b.Counts)), nil
	case kind == "pulse", kind == "auto" && name == "":
		return pulse.NewMicrophone(options), nil
	case kind == "wasapi":
		return wasapi.NewMicrophone(name, b.Counts), nil
	case kind == "coreaudio" && name == "":
		return coreaudio.NewMicrophone(b.Counts), nil
	case kind == "alsa":
		return alsa.New(name, b.Counts), nil
	case kind == "exec":
		line, rate := commandLine(name)
		return command.NewMicrophone(line, command.Options{Rate: rate, Counts: b.Counts, Log: b.Log}), nil
	case kind == "wav":
		file, loop := strings.CutSuffix(name, ",loop")
		return wav.NewMicrophone(file, wav.MicrophoneOptions{Loop: loop, Counts: b.Counts}), nil
	case IsBrowser(b.Microphone):
		if b.Browser == nil {
			return nil, ErrNoPage
		}
		return b.Browser.Microphone(b.Counts), nil
	case kind == "none" && name == "":
		return nil, nil
	}
	return nil, fmt.Errorf("%s: unknown microphone: want auto, pulse[:SOURCE], alsa:DEVICE, wasapi[:DEVICE], coreaudio, exec:COMMAND, wav:FILE[,loop], browser or none", b.Microphone)
}

// parse splits a setting such as "wav:out.wav" at the first colon into a kind and a name. An empty
// setting means "auto". parse returns an error if the kind is listed in needName and the name is
// empty.
func parse(text string, needName ...string) (kind, name string, err error) {
	kind, name, _ = strings.Cut(cmp.Or(text, "auto"), ":")
	if slices.Contains(needName, kind) && strings.TrimSpace(name) == "" {
		return "", "", fmt.Errorf("%q: a file, device or command must follow %q", text, kind+":")
	}
	return kind, name, nil
}

// commandLine splits text of the form [RATE:]COMMAND. If text does not begin with a sample rate
// from 4000 to 192000, it returns all of text and 0.
func commandLine(text string) (line string, rate int) {
	if digits, rest, ok := strings.Cut(text, ":"); ok {
		if rate, err := strconv.Atoi(digits); err == nil && rate >= 4000 && rate <= 192000 {
			return rest, rate
		}
	}
	return text, 0
}

// hasSoundCard reports whether this machine may have a sound device that works without a sound
// server. On systems other than Linux it always returns true.
func hasSoundCard() bool {
	if runtime.GOOS != "linux" {
		return true
	}
	found, _ := filepath.Glob("/dev/snd/pcm*")
	return len(found) > 0 || os.Getenv("ALSA_CONFIG_PATH") != ""
}
