package device

import (
	"runtime"

	"moonlark/audio"
	"moonlark/audio/alsa"
	"moonlark/audio/coreaudio"
	"moonlark/audio/oto"
	"moonlark/audio/wasapi"
)

// newDirectSpeaker returns the usual speaker of this operating system without a sound server. counts
// may be nil.
func newDirectSpeaker(counts *audio.Counts) audio.Speaker {
	if runtime.GOOS == "windows" {
		return wasapi.NewSpeaker("", counts)
	}
	return oto.New(counts)
}

// newDirectMicrophone returns the usual microphone of this operating system without a sound server.
// counts may be nil.
func newDirectMicrophone(counts *audio.Counts) audio.Microphone {
	switch runtime.GOOS {
	case "windows":
		return wasapi.NewMicrophone("", counts)
	case "darwin":
		return coreaudio.NewMicrophone(counts)
	}
	return alsa.New("default", counts)
}
