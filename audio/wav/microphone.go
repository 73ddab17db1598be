package wav

import (
	"context"
	"io"
	"os"

	"moonlark/audio"
	"moonlark/audio/pace"
	"moonlark/audio/pcm"
)

// MicrophoneOptions are the settings of a [Microphone]. The zero value works.
type MicrophoneOptions struct {
	Loop   bool          // repeat the file endlessly; otherwise silence follows the end of the file
	Counts *audio.Counts // counts late wake-ups; may be nil
}

// A Microphone records the sound of a WAV file in real time.
type Microphone struct {
	name string            // never changes after NewMicrophone
	opts MicrophoneOptions // never changes after NewMicrophone
}

// NewMicrophone returns a microphone that records the sound of a WAV file. name is the name of the
// file. Each call of Record starts at the beginning of the file. Record reads the file in small
// parts, so the file may be of any length.
func NewMicrophone(name string, opts MicrophoneOptions) *Microphone {
	return &Microphone{name: name, opts: opts}
}

// String implements [audio.Microphone]. It returns the file as it is written on the command line.
func (m *Microphone) String() string {
	if m.opts.Loop {
		return "wav:" + m.name + ",loop"
	}
	return "wav:" + m.name
}

// Record implements [audio.Microphone]. It calls sink on the caller's goroutine, with 20 ms of
// sound at a time.
func (m *Microphone) Record(ctx context.Context, sink audio.Sink) error {
	p := &filePlayer{name: m.name, loop: m.opts.Loop}
	if err := p.rewind(); err != nil {
		return err
	}
	defer p.close()
	piece := make([]float32, pace.Samples)
	if err := p.read(piece); err != nil {
		return err
	}
	clock := pace.Start(m.opts.Counts)
	defer clock.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-clock.C():
			sink.Take(piece, 0)
			clock.Next()
			if err := p.read(piece); err != nil { // read the sound of the next period
				return err
			}
		}
	}
}

// A filePlayer returns the sound of a file at the sample rate audio.Rate. After the end of the file
// it returns the same sound again, or silence if loop is not set.
type filePlayer struct {
	name string // never changes
	loop bool   // never changes

	file      *os.File // nil after the end of the file, when only silence is left to return
	in        *Reader
	resampler *pcm.Resampler
	raw       []float32 // buffer for sound at the sample rate of the file
	sound     []float32 // sound at audio.Rate that read has not returned yet
	empty     bool      // no sample has been read from the file yet
}

// rewind closes the file if it is open, and opens it at the beginning. The file may have been
// replaced in the meantime.
func (p *filePlayer) rewind() error {
	p.close()
	file, in, err := openFile(p.name)
	if err != nil {
		return err
	}
	if p.resampler == nil || p.in.Rate != in.Rate {
		p.resampler = pcm.NewResampler(in.Rate, audio.Rate)
		p.raw = make([]float32, in.Rate/50)
	}
	p.file, p.in, p.empty = file, in, true
	return nil
}

func (p *filePlayer) close() {
	if p.file != nil {
		p.file.Close()
	}
	p.file = nil
}

// read fills piece with the next sound. It returns an error if the file cannot be read.
func (p *filePlayer) read(piece []float32) error {
	for len(p.sound) < len(piece) && p.file != nil {
		if err := p.readFile(); err != nil {
			return err
		}
	}
	n := copy(piece, p.sound)
	clear(piece[n:])
	p.sound = p.sound[:copy(p.sound, p.sound[n:])]
	return nil
}

// readFile reads 20 ms of sound from the file and appends it to the field sound. At the end of the
// file it rewinds or closes the file.
func (p *filePlayer) readFile() error {
	n, err := p.in.Read(p.raw)
	p.empty = p.empty && n == 0
	p.sound = p.resampler.Append(p.sound, p.raw[:n])
	if err == nil {
		return nil
	}
	if err != io.EOF {
		return fileError(p.name, err)
	}
	if p.loop && !p.empty {
		return p.rewind()
	}
	p.sound = p.resampler.Flush(p.sound)
	p.close()
	return nil
}

var _ audio.Microphone = (*Microphone)(nil)
