package wav

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
)

// A Sound is the sound of a WAV file, with all channels mixed into one.
type Sound struct {
	Samples []float32 // values from -1 to 1
	Rate    int       // samples per second
}

// Read reads a WAV file from in and returns its sound. It returns an error if the sound is longer
// than maxDuration. The samples of a minute take at most 12 MB.
func Read(in io.Reader, maxDuration time.Duration) (Sound, error) {
	r, err := NewReader(in)
	if err != nil {
		return Sound{}, err
	}
	return readAll(r, maxDuration)
}

// At returns the samples of the sound at another sample rate. If rate is the sound's own rate, the
// result shares memory with the sound.
func (s Sound) At(rate int) []float32 {
	if rate == s.Rate {
		return s.Samples
	}
	n := int(int64(len(s.Samples))*int64(rate)/int64(s.Rate)) + 1
	r := pcm.NewResampler(s.Rate, rate)
	return r.Flush(r.Append(make([]float32, 0, n), s.Samples))
}

// readAll reads the rest of the sound from r. It returns an error if that is longer than
// maxDuration.
func readAll(r *Reader, maxDuration time.Duration) (Sound, error) {
	// At a sample rate above audio.Rate, the maximum length is shorter, so that the samples need no
	// more memory.
	maxDuration = maxDuration * audio.Rate / time.Duration(max(r.Rate, audio.Rate))
	maxSamples := int(maxDuration * time.Duration(r.Rate) / time.Second)
	var samples []float32
	piece := make([]float32, 4096)
	for {
		n, err := r.Read(piece)
		samples = append(samples, piece[:n]...)
		switch {
		case len(samples) > maxSamples:
			return Sound{}, fmt.Errorf("the sound is longer than %v", maxDuration)
		case err == io.EOF:
			return Sound{samples, r.Rate}, nil
		case err != nil:
			return Sound{}, err
		}
	}
}

// openFile opens a WAV file and reads its header. The caller closes the file. The text of an error
// begins with the name of the file.
func openFile(name string) (*os.File, *Reader, error) {
	// Do not open anything but regular files: opening a pipe without a writer, for example, would
	// block.
	if info, err := os.Stat(name); err != nil {
		return nil, nil, fileError(name, err)
	} else if !info.Mode().IsRegular() {
		return nil, nil, fileError(name, errors.New("not a file"))
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, fileError(name, err)
	}
	r, err := NewReader(f)
	if err != nil {
		f.Close()
		return nil, nil, fileError(name, err)
	}
	return f, r, nil
}

// fileError returns err with the name of the file before its text.
func fileError(name string, err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		err = p.Err // use only the cause, without the operation and the file name in a PathError
	}
	return fmt.Errorf("%s: %w", name, err)
}
