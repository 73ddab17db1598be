package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
)

const (
	period = 20 * time.Millisecond
	lead   = 100 * time.Millisecond // written before it is to be heard, at most
	late   = 10 * time.Millisecond  // from here on a wake-up is counted
)

// A Speaker gives what it plays to a command, in real time: the command never
// has more than a tenth of a second that it should not have played yet, but for
// what it keeps itself. A command that takes less, since its device is slower
// than the clock, is waited for.
type Speaker struct {
	command string        // fixed
	opts    Options       // fixed
	flush   chan struct{} // fixed; of size 1
}

// NewSpeaker makes a speaker that is a command line.
func NewSpeaker(command string, opts Options) *Speaker {
	return &Speaker{command: command, opts: opts, flush: make(chan struct{}, 1)}
}

// String is "exec:" and the command: see Name.
func (s *Speaker) String() string { return Name(s.command) }

// Flush throws away what the command has not taken yet. What it has taken cannot
// be taken back.
func (s *Speaker) Flush() {
	select {
	case s.flush <- struct{}{}:
	default: // one is waiting
	}
}

// Play runs the command, and plays on the goroutine that calls it. That the
// command ends is an error, with the last that it said.
func (s *Speaker) Play(ctx context.Context, source audio.Source) error {
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("%s: %w", s, err)
	}
	defer w.Close()
	shorten(w, s.opts.format().Bytes(lead))
	p, err := start(s.command, s.opts, r, nil)
	r.Close()
	if err != nil {
		return fmt.Errorf("%s: %w", s, err)
	}
	defer p.end()
	defer context.AfterFunc(ctx, p.end)() // ends a write that waits, too
	f := newFeed(source, w, s.opts)
	defer f.timer.Stop()
	select {
	case <-s.flush: // meant for what was played before
	default:
	}
	if err := f.run(ctx, s.flush, p); ctx.Err() == nil {
		return fmt.Errorf("%s: %w", s, err)
	}
	return nil
}

// A feed moves sound from a source to a command. One goroutine does.
type feed struct {
	source audio.Source
	counts *audio.Counts
	format pcm.Format
	rate   *pcm.Resampler
	piece  []float32
	out    []float32 // piece at the rate of the command
	wire   []byte    // out as bytes
	left   []byte    // of wire, what the command has not taken
	pipe   *os.File
	timer  *time.Timer

	begin   time.Time // when the sound began, if it had not paused since
	written int64     // bytes since then
	moved   time.Time // when the command last took something
	waited  bool      // for the command to take something, the last time
}

func newFeed(source audio.Source, pipe *os.File, opts Options) *feed {
	return &feed{
		source: source,
		counts: opts.counts(),
		format: opts.format(),
		rate:   pcm.NewResampler(audio.Rate, opts.rate()),
		piece:  make([]float32, audio.Samples(period)),
		pipe:   pipe,
		timer:  time.NewTimer(0),
	}
}

// run returns when ctx is done or the command is lost, and why it is.
func (f *feed) run(ctx context.Context, flush <-chan struct{}, p *process) error {
	f.begin = time.Now()
	f.moved = f.begin
	for ctx.Err() == nil {
		select {
		case <-flush:
			f.flush()
		default:
		}
		if ahead := f.ahead(); len(f.left) > 1 || ahead <= lead-period {
			if err := f.move(ahead, p); err != nil {
				return err
			}
			continue
		}
		due := f.begin.Add(f.format.Duration(int(f.written)) - lead + period)
		f.timer.Reset(time.Until(due))
		select {
		case <-ctx.Done():
		case <-p.exited:
			return p.why("")
		case <-flush:
			f.flush()
		case <-f.timer.C:
			if time.Since(due) > late {
				f.counts.Late.Add(1)
			}
		}
	}
	return nil
}

// ahead is how much has been written that is not to be heard yet.
func (f *feed) ahead() time.Duration {
	ahead := f.format.Duration(int(f.written)) - time.Since(f.begin)
	if ahead >= 0 {
		return ahead
	}
	// The command has had nothing to play for a while. What was missed is not
	// made up for, or it would be late from now on.
	if !f.waited && f.written > 0 {
		f.counts.Underruns.Add(1)
	}
	f.begin, f.written = time.Now(), 0
	return 0
}

// move writes what the command takes within a period.
func (f *feed) move(ahead time.Duration, p *process) error {
	if len(f.left) <= 1 {
		if f.waited { // the pipe is full, whatever the clock says
			ahead = max(ahead, lead)
		}
		f.source.Fill(f.piece, ahead)
		f.out = f.rate.Append(f.out[:0], f.piece)
		f.wire = f.format.Append(append(f.wire[:0], f.left...), f.out)
		f.left = f.wire
	}
	now := time.Now()
	f.pipe.SetWriteDeadline(now.Add(period)) // where there are none it waits longer
	n, err := f.pipe.Write(f.left)
	f.waited = time.Since(now) > period/10
	f.left = f.left[n:]
	f.written += int64(n)
	if n > 0 {
		f.moved = time.Now()
	}
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, os.ErrDeadlineExceeded):
		return p.why("the command has closed its input")
	case time.Since(f.moved) > patience:
		p.end()
		return p.said(fmt.Errorf("the command has taken no sound for %v", patience))
	}
	return nil
}

// flush throws away what the command has not taken, in whole samples.
func (f *feed) flush() {
	samples := len(f.left) / f.format.SampleBytes()
	f.left = f.left[:len(f.left)%f.format.SampleBytes()] // the rest of one that it has begun
	f.source.Lost(min(samples*audio.Rate/f.format.Rate, len(f.piece)))
}

var _ audio.Speaker = (*Speaker)(nil)
