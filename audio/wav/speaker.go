package wav

import (
	"context"
	"io"
	"os"

	"moonlark/audio"
	"moonlark/audio/pace"
	"moonlark/audio/pcm"
)

// SpeakerOptions are the settings of a [Speaker]. Zero values work.
type SpeakerOptions struct {
	Rate   int           // samples a second in the file; 0 means audio.Rate
	Counts *audio.Counts // gets late wake-ups; nil counts nothing
}

// A Speaker writes what it plays to a file, as it would be heard: in real time,
// and without what was flushed before its time came. The sound is in the file
// 20 ms after it began to be heard.
type Speaker struct {
	name  string         // fixed
	opts  SpeakerOptions // fixed
	flush chan struct{}  // fixed; of size 1

	data int64 // bytes of sound in the file; only Play touches it
	made bool  // the file is ours; only Play touches it
}

// NewSpeaker makes a speaker that is the file called name. Play makes the file;
// one that there was is lost. When Play is called again it goes on with the
// same file.
func NewSpeaker(name string, opts SpeakerOptions) *Speaker {
	if opts.Rate == 0 {
		opts.Rate = audio.Rate
	}
	return &Speaker{name: name, opts: opts, flush: make(chan struct{}, 1)}
}

func (s *Speaker) String() string { return "wav:" + s.name }

// Flush throws away what is left of the 20 ms that are being heard.
func (s *Speaker) Flush() {
	select {
	case s.flush <- struct{}{}:
	default: // one is waiting
	}
}

// Play plays on the goroutine that calls it.
func (s *Speaker) Play(ctx context.Context, source audio.Source) error {
	f, err := s.open()
	if err != nil {
		return in(s.name, err)
	}
	defer f.Close()
	w, err := newWriter(f, s.opts.Rate, s.data)
	if err != nil {
		return in(s.name, err)
	}
	defer func() { s.data = w.data }()
	if err := s.play(ctx, source, w); err != nil {
		return in(s.name, err)
	}
	if err := w.Close(); err != nil {
		return in(s.name, err)
	}
	if err := f.Close(); err != nil {
		return in(s.name, err)
	}
	return nil
}

// open makes the file, or opens it again and is at its end.
func (s *Speaker) open() (*os.File, error) {
	flags := os.O_RDWR | os.O_CREATE
	if !s.made {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(s.name, flags, 0o644)
	if err != nil {
		return nil, err
	}
	s.made = true
	end, err := f.Seek(0, io.SeekEnd)
	s.data = min(s.data, max(end-headerBytes, 0)) // someone may have taken it away
	return f, err
}

func (s *Speaker) play(ctx context.Context, source audio.Source, w *Writer) error {
	r := pcm.NewResampler(audio.Rate, s.opts.Rate)
	piece := make([]float32, pace.Samples)
	out := make([]float32, 0, len(piece))
	write := func(heard []float32) error {
		out = r.Append(out[:0], heard)
		return w.Write(out)
	}
	select {
	case <-s.flush: // meant for what was played before
	default:
	}
	p := pace.Start(s.opts.Counts)
	defer p.Stop()
	source.Fill(piece, 0)
	for {
		select {
		case <-ctx.Done():
			if err := write(piece[:heard(p)]); err != nil {
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
			if rest := piece[heard(p):]; len(rest) > 0 {
				source.Lost(len(rest))
				source.Fill(rest, 0)
			}
		}
	}
}

// heard is how many samples of the piece that is played were heard.
func heard(p *pace.Pace) int { return audio.Samples(p.Passed()) }

var _ audio.Speaker = (*Speaker)(nil)
