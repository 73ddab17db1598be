package command

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/engine/process"
)

const (
	// maxBurst is how much sound a command may deliver ahead of real time.
	maxBurst = 200 * time.Millisecond

	// maxSpeed is how fast sound may arrive in the long run, compared with real time. It is more
	// than 1 because the clock of a recording device may be a little faster than the clock of this
	// machine. If maxSpeed were 1, Record would read such a device too slowly, and the delay of its
	// sound would grow.
	maxSpeed = 1.01
)

// A Microphone passes on the sound that a command writes. If the command writes faster than real
// time, for example from a file, the microphone slows the command down to real time.
type Microphone struct {
	command string  // never changes after NewMicrophone
	opts    Options // never changes after NewMicrophone
	// the command's runs, for the log
	restarts process.Restarts
}

// NewMicrophone returns a microphone that runs a command line each time Record is called.
func NewMicrophone(command string, opts Options) *Microphone {
	return &Microphone{command: command, opts: opts}
}

// String returns "exec:" and the command; a long command is shortened.
func (m *Microphone) String() string { return process.Name(m.command) }

// Record runs the command and passes its sound to sink, 20 ms at a time, on the caller's goroutine.
// If the command ends, or writes nothing for three seconds, Record returns an error with the last
// line that the command wrote to its standard error.
func (m *Microphone) Record(ctx context.Context, sink audio.Sink) error {
	c := m.opts.command(m.command)
	c.Stdout, c.Restarts = true, &m.restarts
	p, err := process.Start(ctx, c)
	if err != nil {
		return err
	}
	defer p.Close()
	if err := m.record(ctx, sink, p); ctx.Err() == nil {
		return err
	}
	return nil
}

// record moves sound from the command to sink until ctx is done, the command has ended, or the
// command has written nothing for stallTimeout. It returns nil if ctx is done, and the reason
// otherwise.
func (m *Microphone) record(ctx context.Context, sink audio.Sink, p *process.Process) error {
	i := newIntake(sink, m.opts.rate())
	defer i.timer.Stop()
	buf := make([]byte, max(m.opts.format().Bytes(maxBurst), 2))
	var stalled atomic.Bool
	watchdog := time.AfterFunc(stallTimeout, func() {
		stalled.Store(true)
		p.Close() // makes the call of Read below return
	})
	defer watchdog.Stop()
	for {
		watchdog.Reset(stallTimeout)
		n, err := p.Stdout.Read(buf)
		watchdog.Stop()
		i.take(ctx, buf[:n])
		switch {
		case ctx.Err() != nil:
			return nil
		case stalled.Load():
			return p.Fail(fmt.Errorf("the command has written no sound for %v", stallTimeout))
		case err != nil:
			return p.Lost("the command has closed its output")
		}
	}
}

// An intake moves sound from a command to a sink. Only the goroutine that runs Record uses it.
type intake struct {
	sink      audio.Sink
	decoder   *pcm.Decoder
	resampler *pcm.Resampler
	piece     int       // number of samples in each call of the sink's Take method
	raw       []float32 // samples that the command wrote, at the sample rate of the command
	sound     []float32 // samples at the rate audio.Rate that are not passed to the sink yet
	timer     *time.Timer

	begin time.Time // when the sound began, or when it continued after a pause
	given int       // number of samples passed to the sink since begin
}

func newIntake(sink audio.Sink, rate int) *intake {
	return &intake{
		sink:      sink,
		decoder:   pcm.NewDecoder(pcm.Format{Encoding: pcm.S16, Rate: rate}),
		resampler: pcm.NewResampler(rate, audio.Rate),
		piece:     audio.Samples(period),
		timer:     time.NewTimer(0),
	}
}

// take decodes bytes that the command wrote and passes each complete piece of sound to the sink
// when the piece is due. It returns when no complete piece is left, or when ctx is done.
func (i *intake) take(ctx context.Context, wire []byte) {
	i.raw = i.decoder.Append(i.raw[:0], wire)
	i.sound = i.resampler.Append(i.sound, i.raw)
	rest := i.sound
	for len(rest) >= i.piece && i.waitUntilDue(ctx) {
		now := rest[:i.piece]
		rest = rest[i.piece:]
		i.sink.Take(now, audio.Duration(len(rest)))
		i.given += len(now)
	}
	i.sound = i.sound[:copy(i.sound, rest)]
}

// waitUntilDue waits until the next piece is at most maxBurst ahead of real time. It returns false
// if ctx is done.
func (i *intake) waitUntilDue(ctx context.Context) bool {
	ahead := audio.Duration(i.given) - time.Duration(float64(time.Since(i.begin))*maxSpeed)
	if ahead < 0 {
		i.begin, i.given = time.Now(), 0
	}
	if ahead > maxBurst {
		i.timer.Reset(ahead - maxBurst)
		select {
		case <-ctx.Done():
		case <-i.timer.C:
		}
	}
	return ctx.Err() == nil
}

var _ audio.Microphone = (*Microphone)(nil)
