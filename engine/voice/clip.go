package voice

import (
	"fmt"
	"math"
	"os"
	"time"

	"moonlark/audio"
	"moonlark/audio/wav"
)

// longestClip is how long a sound of a script may be.
const longestClip = time.Minute

// Beep is a tone, soft at both ends.
func Beep(hertz float64, length time.Duration) []float32 {
	sound := make([]float32, audio.Samples(length))
	soft := min(len(sound)/2, audio.Samples(10*time.Millisecond))
	for i := range sound {
		loud := 0.25
		if edge := min(i, len(sound)-1-i); edge < soft {
			loud *= float64(edge) / float64(soft)
		}
		sound[i] = float32(loud * math.Sin(2*math.Pi*hertz*float64(i)/audio.Rate))
	}
	return sound
}

// ReadFile reads a WAV file of a folder, or of one in it, up to a minute long.
// The error names the file.
func ReadFile(folder, name string) ([]float32, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, reason(err))
	}
	defer root.Close()
	info, err := root.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, reason(err))
	}
	if !info.Mode().IsRegular() { // to open a pipe may take for ever
		return nil, fmt.Errorf("%s: not a file", name)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, reason(err))
	}
	defer f.Close()
	sound, err := wav.Read(f, longestClip)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return sound.At(audio.Rate), nil
}

// reason is an error of a file without its path.
func reason(err error) error {
	if bad, ok := err.(*os.PathError); ok {
		return bad.Err
	}
	return err
}
