package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/engine/process"
)

const (
	// maxLead limits how early a sample is written to the command: at most this long before the
	// sample should be audible.
	maxLead = 100 * time.Millisecond

	// lateWakeup is the largest delay of a wake-up that is not counted in Counts.Late.
	lateWakeup = 10 * time.Millisecond
)

// A Speaker writes sound to a command in real time: the command gets each sample at most a tenth of
// a second before the sample should be audible. If a command reads more slowly than that, because
// its device is slower than this machine's clock, the speaker waits for the command.
type Speaker struct {
	command string        // never changes after NewSpeaker
	opts    Options       // never changes after NewSpeaker
	flush   chan struct{} // contains a value if Flush has requested a flush
	// the command's runs, for the log
	restarts process.Restarts
}

// NewSpeaker returns a speaker that runs a command line each time Play is called.
func NewSpeaker(command string, opts Options) *Speaker {
	return &Speaker{command: command, opts: opts, flush: make(chan struct{}, 1)}
}

// String returns "exec:" and the command; a long command is shortened.
func (s *Speaker) String() string { return process.Name(s.command) }

// Flush requests that the sound in this process that is not written to the command yet is
// discarded. It cannot discard sound that was written to the command.
func (s *Speaker) Flush() {
	select {
	case s.flush <- struct{}{}:
	default: // an earlier request for a flush is still pending
	}
}

// Play runs the command and writes sound to it on the caller's goroutine. If the command ends, Play
// returns an error with the last line that the command wrote to its standard error.
func (s *Speaker) Play(ctx context.Context, source audio.Source) error {
	c := s.opts.command(s.command)
	c.Restarts = &s.restarts
	c.Stdin, c.StdinSize = true, s.opts.format().Bytes(maxLead)
	p, err := process.Start(ctx, c)
	if err != nil {
		return err
	}
	defer p.Close()
	f := newFeed(source, p.Stdin, s.opts)
	defer f.timer.Stop()
	select {
	case <-s.flush: // ignore a flush that was requested before this call of Play
	default:
	}
	if err := f.run(ctx, s.flush, p); ctx.Err() == nil {
		return err
	}
	return nil
}

// A feed moves sound from a source to a command. Only the goroutine that runs Play uses it.
type feed struct {
	source    audio.Source
	counts    *audio.Counts
	format    pcm.Format
	resampler *pcm.Resampler
	sound     []float32 // one period of sound from the source, at audio.Rate
	resampled []float32 // the samples of sound, converted to the sample rate of the command
	wire      []byte    // the samples of resampled, encoded as bytes
	unwritten []byte    // the part of wire that is not written to the pipe yet
	pipe      *os.File
	timer     *time.Timer

	begin     time.Time // when the sound began, or when it continued after a pause
	written   int64     // number of bytes written to the pipe since begin
	lastWrite time.Time // when the pipe last accepted bytes
	waited    bool      // the last write had to wait because the pipe was full
}

func newFeed(source audio.Source, pipe *os.File, opts Options) *feed {
	return &feed{
		source:    source,
		counts:    opts.counts(),
		format:    opts.format(),
		resampler: pcm.NewResampler(audio.Rate, opts.rate()),
		sound:     make([]float32, audio.Samples(period)),
		pipe:      pipe,
		timer:     time.NewTimer(0),
	}
}

// run moves sound from the source to the command until ctx is done, the command has ended, or the
// command has read nothing for stallTimeout. It returns nil if ctx is done, and the reason
// otherwise.
func (f *feed) run(ctx context.Context, flush <-chan struct{}, p *process.Process) error {
	f.begin = time.Now()
	f.lastWrite = f.begin
	for ctx.Err() == nil {
		select {
		case <-flush:
			f.flush()
		default:
		}
		if ahead := f.ahead(); len(f.unwritten) > 1 || ahead <= maxLead-period {
			if err := f.move(ahead, p); err != nil {
				return err
			}
			continue
		}
		due := f.begin.Add(f.format.Duration(int(f.written)) - maxLead + period)
		f.timer.Reset(time.Until(due))
		select {
		case <-ctx.Done():
		case <-p.Exited():
			return p.Lost("")
		case <-flush:
			f.flush()
		case <-f.timer.C:
			if time.Since(due) > lateWakeup {
				f.counts.Late.Add(1)
			}
		}
	}
	return nil
}

// ahead returns how far the sound that was written is ahead of real time. If the sound has fallen
// behind, ahead restarts the clock and returns 0.
func (f *feed) ahead() time.Duration {
	ahead := f.format.Duration(int(f.written)) - time.Since(f.begin)
	if ahead >= 0 {
		return ahead
	}
	// The command had nothing to play for a while. Restart the clock. Otherwise the speaker would
	// also write the sound of the missed time, and all following sound would be late.
	if !f.waited && f.written > 0 {
		f.counts.Underruns.Add(1)
	}
	f.begin, f.written = time.Now(), 0
	return 0
}

// move writes sound to the pipe, for at most one period. If all earlier sound is written, it first
// takes a new period of sound from the source. ahead is how far the written sound is ahead of real
// time. move returns an error if the command has closed its input or has read nothing for
// stallTimeout.
func (f *feed) move(ahead time.Duration, p *process.Process) error {
	if len(f.unwritten) <= 1 {
		if f.waited { // the pipe is full, so at least maxLead of sound is waiting in the pipe
			ahead = max(ahead, maxLead)
		}
		f.source.Fill(f.sound, ahead)
		f.resampled = f.resampler.Append(f.resampled[:0], f.sound)
		f.wire = f.format.Append(append(f.wire[:0], f.unwritten...), f.resampled)
		f.unwritten = f.wire
	}
	now := time.Now()
	// SetWriteDeadline fails on Windows, where Write may wait longer
	f.pipe.SetWriteDeadline(now.Add(period))
	n, err := f.pipe.Write(f.unwritten)
	f.waited = time.Since(now) > period/10
	f.unwritten = f.unwritten[n:]
	f.written += int64(n)
	if n > 0 {
		f.lastWrite = time.Now()
	}
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, os.ErrDeadlineExceeded):
		return p.Lost("the command has closed its input")
	case time.Since(f.lastWrite) > stallTimeout:
		return p.Fail(fmt.Errorf("the command has taken no sound for %v", stallTimeout))
	}
	return nil
}

// flush discards the samples that are not written to the pipe yet. If a sample was written in part,
// flush keeps the rest of it.
func (f *feed) flush() {
	samples := len(f.unwritten) / f.format.SampleBytes()
	f.unwritten = f.unwritten[:len(f.unwritten)%f.format.SampleBytes()]
	f.source.Lost(min(samples*audio.Rate/f.format.Rate, len(f.sound)))
}

var _ audio.Speaker = (*Speaker)(nil)
