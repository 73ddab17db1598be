package wav

import (
	"context"
	"io"
	"os"

	"moonlark/audio"
	"moonlark/audio/pace"
	"moonlark/audio/pcm"
)

// SpeakerOptions are the settings of a [Speaker]. The zero value works.
type SpeakerOptions struct {
	Rate   int           // samples per second in the file; 0 means audio.Rate
	Counts *audio.Counts // counts late wake-ups; may be nil
}

// A Speaker plays into a WAV file as a device would play: in real time, and without the sound that
// a flush discarded. It writes each sample at most 20 ms after the time at which a device would
// play the sample.
type Speaker struct {
	name  string         // never changes after NewSpeaker
	opts  SpeakerOptions // never changes after NewSpeaker
	flush chan struct{}  // contains a value if Flush has requested a flush

	data    int64 // number of bytes of sound in the file; only Play uses it
	created bool  // Play has created the file; only Play uses it
}

// NewSpeaker returns a speaker that plays into a WAV file. name is the name of the file. The first
// call of Play creates the file, and overwrites an existing one. Further calls append to the file.
func NewSpeaker(name string, opts SpeakerOptions) *Speaker {
	if opts.Rate == 0 {
		opts.Rate = audio.Rate
	}
	return &Speaker{name: name, opts: opts, flush: make(chan struct{}, 1)}
}

// String implements [audio.Speaker]. It returns the file as it is written on the command line.
func (s *Speaker) String() string { return "wav:" + s.name }

// Flush implements [audio.Speaker]. It discards the rest of the current 20 ms of sound.
func (s *Speaker) Flush() {
	select {
	case s.flush <- struct{}{}:
	default: // an earlier request for a flush is still pending
	}
}

// Play implements [audio.Speaker]. It calls source on the caller's goroutine.
func (s *Speaker) Play(ctx context.Context, source audio.Source) error {
	f, err := s.open()
	if err != nil {
		return fileError(s.name, err)
	}
	defer f.Close()
	w, err := newWriter(f, s.opts.Rate, s.data)
	if err != nil {
		return fileError(s.name, err)
	}
	defer func() { s.data = w.data }()
	if err := s.play(ctx, source, w); err != nil {
		return fileError(s.name, err)
	}
	if err := w.Close(); err != nil {
		return fileError(s.name, err)
	}
	if err := f.Close(); err != nil {
		return fileError(s.name, err)
	}
	return nil
}

// open creates the file in the first call of Play, and opens it in further calls.
func (s *Speaker) open() (*os.File, error) {
	flags := os.O_RDWR | os.O_CREATE
	if !s.created {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(s.name, flags, 0o644)
	if err != nil {
		return nil, err
	}
	s.created = true
	end, err := f.Seek(0, io.SeekEnd)
	// another program may have removed or truncated the file
	s.data = min(s.data, max(end-headerBytes, 0))
	return f, err
}

func (s *Speaker) play(ctx context.Context, source audio.Source, w *Writer) error {
	r := pcm.NewResampler(audio.Rate, s.opts.Rate)
	piece := make([]float32, pace.Samples)
	out := make([]float32, 0, len(piece))
	write := func(played []float32) error {
		out = r.Append(out[:0], played)
		return w.Write(out)
	}
	select {
	case <-s.flush: // ignore a flush that was requested before this call of Play
	default:
	}
	p := pace.Start(s.opts.Counts)
	defer p.Stop()
	source.Fill(piece, 0)
	for {
		select {
		case <-ctx.Done():
			if err := write(piece[:played(p)]); err != nil {
				return err
			}
			return w.Write(r.Flush(out[:0]))
		case <-p.C():
			if err := write(piece); err != nil {
				return err
			}
			source.Fill(piece, 0)
			p.Next()
		case <-s.flush:
			rest := piece[played(p):]
			source.Lost(len(rest))
			source.Fill(rest, 0)
		}
	}
}

// played returns how many samples of the current period should have been played by now.
func played(p *pace.Pace) int { return audio.Samples(p.Passed()) }

var _ audio.Speaker = (*Speaker)(nil)
