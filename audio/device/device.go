// Package device makes speakers and microphones of what a person writes for
// them on the command line, and lists which there are.
//
//	auto                 what this machine has: the default
//	pulse[:DEVICE]       PulseAudio or PipeWire, by the name of the sink or source
//	oto                  a speaker by the platform's own way: macOS, Windows, ALSA
//	alsa:DEVICE          a microphone by ALSA, on Linux
//	exec:[RATE:]COMMAND  a command that takes, or gives, raw sound: see package command
//	wav:FILE             a file that is written, or read as if it were spoken
//	none                 none
package device

import (
	"cmp"
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
	"moonlark/audio/command"
	"moonlark/audio/oto"
	"moonlark/audio/pulse"
	"moonlark/audio/wav"
)

// A Choice is what a person wrote.
type Choice struct {
	Speaker, Microphone string // as above; empty is auto
	Echo                string // auto, server, speex, gate or off; empty is auto
}

// A Sound is the devices that were chosen.
type Sound struct {
	Speaker    audio.Speaker                // nil for none
	Microphone audio.Microphone             // nil for none
	Echo       func(audio.Heard) audio.Echo // nil for none
	canceller  *pulse.Canceller             // nil for none
}

// Options are what all devices are made with. The zero value works.
type Options struct {
	Counts *audio.Counts
	Log    *slog.Logger
}

// Choose makes the devices of a choice. The error is a mistake in it, or that
// what it asks for is not installed; no device is opened yet. The sound is to be
// closed after the last use of its devices.
func Choose(c Choice, opts Options) (*Sound, error) {
	m := &maker{Choice: c, Options: opts}
	if err := m.chooseEcho(); err != nil {
		return nil, err
	}
	var err error
	if m.sound.Speaker, err = m.speaker(); err == nil {
		m.sound.Microphone, err = m.microphone()
	}
	if err != nil {
		return nil, err
	}
	return &m.sound, nil
}

// Close takes the sound server's echo canceller away, if there is one.
func (s *Sound) Close() error {
	if s.canceller == nil {
		return nil
	}
	return s.canceller.Close()
}

// A maker makes the devices of one choice.
type maker struct {
	Choice
	Options
	sound Sound
	echo  *echo // the sound server's canceller, and what stands in for it; nil for none
}

func (m *maker) speaker() (audio.Speaker, error) {
	kind, name, err := spec(m.Speaker, "exec", "wav")
	if err != nil {
		return nil, err
	}
	server := pulse.Options{Device: name, Counts: m.Counts, Log: m.Log}
	if m.echo != nil {
		server.Find = m.echo.speaker
	}
	switch {
	case kind == "auto" && name == "":
		return newAutoSpeaker(pulse.NewSpeaker(server), oto.New(m.Counts)), nil
	case kind == "pulse":
		return pulse.NewSpeaker(server), nil
	case kind == "oto" && name == "":
		return oto.New(m.Counts), nil
	case kind == "exec":
		line, rate := commandLine(name)
		return command.NewSpeaker(line, command.Options{Rate: rate, Counts: m.Counts, Log: m.Log}), nil
	case kind == "wav":
		return wav.NewSpeaker(name, wav.SpeakerOptions{Counts: m.Counts}), nil
	case kind == "none" && name == "":
		return nil, nil
	}
	return nil, fmt.Errorf("%s: no such speaker: want auto, pulse[:SINK], oto, exec:COMMAND, wav:FILE or none", m.Speaker)
}

func (m *maker) microphone() (audio.Microphone, error) {
	kind, name, err := spec(m.Microphone, "exec", "wav", "alsa")
	if err != nil {
		return nil, err
	}
	server := pulse.Options{Device: name, Counts: m.Counts, Log: m.Log}
	if m.echo != nil {
		server.Find = m.echo.microphone
	}
	switch {
	case kind == "auto" && name == "":
		return newAutoMicrophone(pulse.NewMicrophone(server), alsa.New("default", m.Counts)), nil
	case kind == "pulse":
		return pulse.NewMicrophone(server), nil
	case kind == "alsa":
		return alsa.New(name, m.Counts), nil
	case kind == "exec":
		line, rate := commandLine(name)
		return command.NewMicrophone(line, command.Options{Rate: rate, Counts: m.Counts, Log: m.Log}), nil
	case kind == "wav":
		file, loop := strings.CutSuffix(name, ",loop")
		return wav.NewMicrophone(file, wav.MicrophoneOptions{Loop: loop, Counts: m.Counts}), nil
	case kind == "none" && name == "":
		return nil, nil
	}
	return nil, fmt.Errorf("%s: no such microphone: want auto, pulse[:SOURCE], alsa:DEVICE, exec:COMMAND, wav:FILE[,loop] or none", m.Microphone)
}

// spec takes apart what a person wrote. Some kinds of device need a name behind
// their colon.
func spec(text string, naming ...string) (kind, name string, err error) {
	kind, name, _ = strings.Cut(cmp.Or(text, "auto"), ":")
	if slices.Contains(naming, kind) && strings.TrimSpace(name) == "" {
		return "", "", fmt.Errorf("%s: there is nothing behind the colon", text)
	}
	return kind, name, nil
}

// commandLine takes the rate off the front of a command, if there is one.
func commandLine(text string) (line string, rate int) {
	if digits, rest, ok := strings.Cut(text, ":"); ok {
		if rate, err := strconv.Atoi(digits); err == nil && rate >= 4000 && rate <= 192000 {
			return rest, rate
		}
	}
	return text, 0
}

// cards says whether the machine may have devices of its own that a sound
// server would otherwise own.
func cards() bool {
	if runtime.GOOS != "linux" {
		return true
	}
	found, _ := filepath.Glob("/dev/snd/pcm*")
	return len(found) > 0 || os.Getenv("ALSA_CONFIG_PATH") != ""
}
