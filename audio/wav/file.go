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

// Longest is how much sound [ReadFile] and [Load] take when they are not told.
// It has 58 MB.
const Longest = 5 * time.Minute

// A Sound is what is in a file, mono.
type Sound struct {
	Samples []float32 // from -1 to 1
	Rate    int       // of them a second
}

// ReadFile reads the sound of a file at the rate that it has. More than most is
// an error; 0 means [Longest].
func ReadFile(name string, most time.Duration) (Sound, error) {
	f, r, err := open(name)
	if err != nil {
		return Sound{}, err
	}
	defer f.Close()
	s, err := readAll(r, most)
	if err != nil {
		return Sound{}, in(name, err)
	}
	return s, nil
}

// Load is ReadFile at [audio.Rate].
func Load(name string, most time.Duration) ([]float32, error) {
	s, err := ReadFile(name, most)
	if err != nil {
		return nil, err
	}
	return s.At(audio.Rate), nil
}

// Read reads the sound of a WAV file from in. More than most is an error; 0
// means [Longest].
func Read(in io.Reader, most time.Duration) (Sound, error) {
	r, err := NewReader(in)
	if err != nil {
		return Sound{}, err
	}
	return readAll(r, most)
}

// At is the sound at another rate.
func (s Sound) At(rate int) []float32 {
	if rate == s.Rate {
		return s.Samples
	}
	n := int(int64(len(s.Samples))*int64(rate)/int64(s.Rate)) + 1
	r := pcm.NewResampler(s.Rate, rate)
	return r.Flush(r.Append(make([]float32, 0, n), s.Samples))
}

func readAll(r *Reader, most time.Duration) (Sound, error) {
	if most <= 0 {
		most = Longest
	}
	// A high rate is not a way to get more memory.
	most = most * audio.Rate / time.Duration(max(r.Rate, audio.Rate))
	limit := int(most * time.Duration(r.Rate) / time.Second)
	var samples []float32
	piece := make([]float32, 4096)
	for {
		n, err := r.Read(piece)
		samples = append(samples, piece[:n]...)
		switch {
		case len(samples) > limit:
			return Sound{}, fmt.Errorf("it is longer than %v", most)
		case err == io.EOF:
			return Sound{samples, r.Rate}, nil
		case err != nil:
			return Sound{}, err
		}
	}
}

// open opens a file and reads up to its sound.
func open(name string) (*os.File, *Reader, error) {
	// What is no file, as a pipe that nobody writes to, can block for ever.
	if info, err := os.Stat(name); err != nil {
		return nil, nil, in(name, err)
	} else if !info.Mode().IsRegular() {
		return nil, nil, in(name, errors.New("not a file"))
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, in(name, err)
	}
	r, err := NewReader(f)
	if err != nil {
		f.Close()
		return nil, nil, in(name, err)
	}
	return f, r, nil
}

// in says in which file err happened.
func in(name string, err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		err = p.Err // it says the name too, and which call it was
	}
	return fmt.Errorf("%s: %w", name, err)
}
