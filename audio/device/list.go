package device

import (
	"context"
	"fmt"
	"runtime"

	"moonlark/audio/alsa"
	"moonlark/audio/pulse"
	"moonlark/audio/wasapi"
)

// An Entry is a device in the result of List.
type Entry struct {
	// the device as it is written in a Choice, for example "pulse:bluez_output.1"
	Name        string
	Description string
	Default     bool
}

// A list collects the devices of the machine.
type list struct {
	speakers, microphones []Entry
	problems              []string
}

// List returns the devices of the machine. problems contains a message for each backend whose
// devices could not be listed.
func List(ctx context.Context) (speakers, microphones []Entry, problems []string) {
	var l list
	if runtime.GOOS == "linux" || pulse.Found() {
		l.addPulse(ctx)
	}
	switch runtime.GOOS {
	case "linux":
		l.addALSA()
	case "windows":
		l.addWASAPI()
	case "darwin": // the packages for macOS use the default devices only
		l.speakers = append(l.speakers, Entry{"oto", "the default speaker", true})
		l.microphones = append(l.microphones, Entry{"coreaudio", "the default microphone", true})
	}
	return l.speakers, l.microphones, l.problems
}

func (l *list) addPulse(ctx context.Context) {
	sinks, sources, err := pulse.Devices(ctx, pulse.Options{})
	if err != nil {
		l.problems = append(l.problems, fmt.Sprintf("pulse: %v", err))
	}
	for _, d := range sinks {
		l.speakers = append(l.speakers, Entry{"pulse:" + d.Name, d.Description, d.Default})
	}
	for _, d := range sources {
		if !d.Monitor || d.Default {
			l.microphones = append(l.microphones, Entry{"pulse:" + d.Name, d.Description, d.Default})
		}
	}
}

func (l *list) addALSA() {
	cards, err := alsa.Devices()
	if err != nil {
		l.problems = append(l.problems, err.Error())
	}
	for _, d := range cards {
		if d.Captures {
			l.microphones = append(l.microphones, Entry{"alsa:" + d.Name, d.Description, false})
		}
	}
}

func (l *list) addWASAPI() {
	speakers, microphones, err := wasapi.Devices()
	if err != nil {
		l.problems = append(l.problems, err.Error())
	}
	for _, d := range speakers {
		l.speakers = append(l.speakers, Entry{"wasapi:" + d.Name, d.Description, d.Default})
	}
	for _, d := range microphones {
		l.microphones = append(l.microphones, Entry{"wasapi:" + d.Name, d.Description, d.Default})
	}
}
