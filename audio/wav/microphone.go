package wav

import (
	"context"
	"io"
	"os"

	"moonlark/audio"
	"moonlark/audio/pace"
	"moonlark/audio/pcm"
)

// MicrophoneOptions are the settings of a [Microphone]. Zero values work.
type MicrophoneOptions struct {
	Loop   bool          // from the beginning again at the end; otherwise silence
	Counts *audio.Counts // gets late wake-ups; nil counts nothing
}

// A Microphone hears what is in a file as if it was being spoken.
type Microphone struct {
	name string            // fixed
	opts MicrophoneOptions // fixed
}

// NewMicrophone makes a microphone that is the file called name. Each Record
// begins at its beginning, and reads as it goes, so it can be of any length.
func NewMicrophone(name string, opts MicrophoneOptions) *Microphone {
	return &Microphone{name: name, opts: opts}
}

func (m *Microphone) String() string {
	if m.opts.Loop {
		return "wav:" + m.name + ",loop"
	}
	return "wav:" + m.name
}

// Record records on the goroutine that calls it, 20 ms at a time.
func (m *Microphone) Record(ctx context.Context, sink audio.Sink) error {
	t := &tape{name: m.name, loop: m.opts.Loop}
	if err := t.rewind(); err != nil {
		return err
	}
	defer t.close()
	piece := make([]float32, pace.Samples)
	if err := t.play(piece); err != nil {
		return err
	}
	p := pace.Start(m.opts.Counts)
	defer p.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.C():
			sink.Take(piece, 0)
			p.Next()
			if err := t.play(piece); err != nil { // in time for the next
				return err
			}
		}
	}
}

// A tape gives the sound of a file and what comes after it.
type tape struct {
	name string // fixed
	loop bool   // fixed

	file  *os.File // nil once there is only silence
	in    *Reader
	rate  *pcm.Resampler
	raw   []float32
	sound []float32 // at audio.Rate, not given yet
	empty bool      // nothing was read since the beginning of the file
}

// rewind opens the file, anew if it was open, since it may be another by now.
func (t *tape) rewind() error {
	t.close()
	file, in, err := open(t.name)
	if err != nil {
		return err
	}
	if t.rate == nil || t.in.Rate != in.Rate {
		t.rate = pcm.NewResampler(in.Rate, audio.Rate)
		t.raw = make([]float32, in.Rate/50)
	}
	t.file, t.in, t.empty = file, in, true
	return nil
}

func (t *tape) close() {
	if t.file != nil {
		t.file.Close()
	}
	t.file = nil
}

// play fills piece.
func (t *tape) play(piece []float32) error {
	for len(t.sound) < len(piece) && t.file != nil {
		if err := t.more(); err != nil {
			return err
		}
	}
	n := copy(piece, t.sound)
	clear(piece[n:])
	t.sound = t.sound[:copy(t.sound, t.sound[n:])]
	return nil
}

// more reads some sound, or rewinds, or ends the tape.
func (t *tape) more() error {
	n, err := t.in.Read(t.raw)
	t.empty = t.empty && n == 0
	t.sound = t.rate.Append(t.sound, t.raw[:n])
	if err == nil {
		return nil
	}
	if err != io.EOF {
		return in(t.name, err)
	}
	if t.loop && !t.empty {
		return t.rewind()
	}
	t.sound = t.rate.Flush(t.sound)
	t.close()
	return nil
}

var _ audio.Microphone = (*Microphone)(nil)
