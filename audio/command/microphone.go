package command

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
)

const (
	// burst is how much sound goes through at once.
	burst = 200 * time.Millisecond

	// haste is how much faster than the clock sound goes through for long: more
	// than the clock of any device is fast, or we would lag behind it more and
	// more.
	haste = 1.01
)

// A Microphone hears what a command writes. What comes faster than it can have
// been spoken, as from a file, is taken as slowly as that.
type Microphone struct {
	command string  // fixed
	opts    Options // fixed
}

// NewMicrophone makes a microphone that is a command line.
func NewMicrophone(command string, opts Options) *Microphone {
	return &Microphone{command: command, opts: opts}
}

// String is "exec:" and the command: see Name.
func (m *Microphone) String() string { return Name(m.command) }

// Record runs the command, and records on the goroutine that calls it, 20 ms at
// a time. That the command ends, or writes nothing for three seconds, is an
// error, with the last that it said.
func (m *Microphone) Record(ctx context.Context, sink audio.Sink) error {
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("%s: %w", m, err)
	}
	defer r.Close()
	p, err := start(m.command, m.opts, nil, w)
	w.Close()
	if err != nil {
		return fmt.Errorf("%s: %w", m, err)
	}
	defer p.end()
	hangUp := func() {
		p.end()
		r.SetReadDeadline(time.Now()) // if something has left the group and holds the pipe
	}
	defer context.AfterFunc(ctx, hangUp)()
	if err := m.listen(ctx, sink, r, p, hangUp); ctx.Err() == nil {
		return fmt.Errorf("%s: %w", m, err)
	}
	return nil
}

// listen returns when ctx is done or the command is lost, and why it is.
func (m *Microphone) listen(ctx context.Context, sink audio.Sink, r io.Reader, p *process, hangUp func()) error {
	i := newIntake(sink, m.opts.rate())
	defer i.timer.Stop()
	buf := make([]byte, max(m.opts.format().Bytes(burst), 2))
	var silent atomic.Bool
	watchdog := time.AfterFunc(patience, func() {
		silent.Store(true)
		hangUp()
	})
	defer watchdog.Stop()
	for {
		watchdog.Reset(patience)
		n, err := r.Read(buf)
		watchdog.Stop()
		i.take(ctx, buf[:n])
		switch {
		case ctx.Err() != nil:
			return nil
		case silent.Load():
			p.end()
			return p.said(fmt.Errorf("the command has written no sound for %v", patience))
		case err != nil:
			return p.why("the command has closed its output")
		}
	}
}

// An intake moves sound from a command to a sink. One goroutine does.
type intake struct {
	sink    audio.Sink
	decoder *pcm.Decoder
	rate    *pcm.Resampler
	piece   int       // samples that the sink gets at a time
	raw     []float32 // at the rate of the command
	sound   []float32 // at audio.Rate, not given yet
	timer   *time.Timer

	begin time.Time // when the sound began, if it had not paused since
	given int       // samples since then
}

func newIntake(sink audio.Sink, rate int) *intake {
	return &intake{
		sink:    sink,
		decoder: pcm.NewDecoder(pcm.Format{Encoding: pcm.S16, Rate: rate}),
		rate:    pcm.NewResampler(rate, audio.Rate),
		piece:   audio.Samples(period),
		timer:   time.NewTimer(0),
	}
}

// take gives the sink what wire completes, as long as ctx is not done.
func (i *intake) take(ctx context.Context, wire []byte) {
	i.raw = i.decoder.Append(i.raw[:0], wire)
	i.sound = i.rate.Append(i.sound, i.raw)
	rest := i.sound
	for len(rest) >= i.piece && i.hold(ctx) {
		now := rest[:i.piece]
		rest = rest[i.piece:]
		i.sink.Take(now, audio.Duration(len(rest)))
		i.given += len(now)
	}
	i.sound = i.sound[:copy(i.sound, rest)]
}

// hold waits until the next piece can have been spoken, and says whether ctx is
// not done by then.
func (i *intake) hold(ctx context.Context) bool {
	ahead := audio.Duration(i.given) - time.Duration(float64(time.Since(i.begin))*haste)
	if ahead < 0 {
		i.begin, i.given = time.Now(), 0
	}
	if ahead > burst {
		i.timer.Reset(ahead - burst)
		select {
		case <-ctx.Done():
		case <-i.timer.C:
		}
	}
	return ctx.Err() == nil
}

var _ audio.Microphone = (*Microphone)(nil)
