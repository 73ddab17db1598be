package device

import (
	"context"
	"fmt"

	"moonlark/audio/alsa"
	"moonlark/audio/pulse"
)

// An Entry is a device that there is.
type Entry struct {
	Name        string // as a person writes it: "pulse:bluez_output.1"
	Description string
	Default     bool
}

// List is what there is to choose from. The reasons say which kinds could not be
// asked, and why.
func List(ctx context.Context) (speakers, microphones []Entry, reasons []string) {
	sinks, sources, err := pulse.Devices(ctx, pulse.Options{})
	if err != nil {
		reasons = append(reasons, fmt.Sprintf("pulse: %v", err))
	}
	for _, d := range sinks {
		speakers = append(speakers, Entry{"pulse:" + d.Name, d.Description, d.Default})
	}
	for _, d := range sources {
		if !d.Monitor || d.Default {
			microphones = append(microphones, Entry{"pulse:" + d.Name, d.Description, d.Default})
		}
	}
	cards, err := alsa.Devices()
	if err != nil {
		reasons = append(reasons, err.Error())
	}
	for _, d := range cards {
		if d.Captures {
			microphones = append(microphones, Entry{"alsa:" + d.Name, d.Description, false})
		}
	}
	return speakers, microphones, reasons
}
