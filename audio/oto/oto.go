//go:build !static

// Package oto plays through oto, on whatever it finds: macOS's and Windows's
// own sound, on Linux a PulseAudio server, or else ALSA.
//
// Oto opens a device once in the life of a process, for ever, even if that
// fails. So a device that is lost stays lost, and what goes wrong is [audio.ErrForGood].
package oto

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"sync/atomic"
	"time"

	"github.com/ebitengine/oto/v3"

	"moonlark/audio"
)

const (
	// device is how much oto gives to the device in advance. That much is heard
	// after a flush, since there is no way to have it back.
	device = 40 * time.Millisecond

	// ahead is how much oto takes from us in advance. If it were less than
	// device, there would be holes, and nothing would say so.
	ahead = 200 * time.Millisecond

	look     = 250 * time.Millisecond // how often the device is looked at
	patience = 8                      // looks after which one that takes nothing is lost

	late = 10 * time.Millisecond // what counts as a late wake-up
)

// A Speaker plays through oto. A process can have one that works.
type Speaker struct {
	counts *audio.Counts
	flush  chan struct{} // holds what Flush has asked for

	// Used by the goroutine that runs Play.
	context *oto.Context // nil until Play is called first
	ready   chan struct{}
	lost    error // why there is no device any more
}

// New makes a speaker, which opens no device before it is to play. What goes
// wrong is counted in counts, if that is not nil.
func New(counts *audio.Counts) *Speaker {
	return &Speaker{counts: cmp.Or(counts, new(audio.Counts)), flush: make(chan struct{}, 1)}
}

var _ audio.Speaker = (*Speaker)(nil)

// String is "oto": it does not say which device that is.
func (s *Speaker) String() string { return "oto" }

// Play implements [audio.Speaker]. Its errors are all [audio.ErrForGood]. Oto's
// goroutines stay when it returns: they play silence, as there is no way to end
// them.
//
// source.Fill is called by oto's goroutine, and source.Lost by this one, while
// oto's waits.
func (s *Speaker) Play(ctx context.Context, source audio.Source) error {
	if s.lost == nil {
		s.lost = s.play(ctx, source)
	}
	return s.lost
}

func (s *Speaker) play(ctx context.Context, source audio.Source) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return nil
	}

	r := &reader{source: source, counts: s.counts, sound: make([]float32, audio.Samples(ahead))}
	p := s.context.NewPlayer(r)
	p.SetBufferSize(bytesOf(ahead))
	r.player = p
	defer p.PauseAndStopReading() // once that returns, the source is not called any more
	select {
	case <-s.flush: // from before anything was played
	default:
	}
	p.Play()

	ticks := time.NewTicker(look)
	defer ticks.Stop()
	var taken int64 // by the device, as of the last look
	idle := 0       // looks since it took any
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.flush:
			r.flush()
		case tick := <-ticks.C:
			if time.Since(tick) > late {
				s.counts.Late.Add(1)
			}
			if err := s.context.Err(); err != nil {
				return lost(err)
			}
			now := r.taken()
			if now != taken {
				taken, idle = now, 0
			} else if idle++; idle >= patience {
				return lost(fmt.Errorf("the device takes no sound since %v", look*patience))
			}
		}
	}
}

// Flush implements [audio.Speaker]. The goroutine that runs Play does it.
func (s *Speaker) Flush() {
	select {
	case s.flush <- struct{}{}:
	default: // it is asked for already
	}
}

// open opens the device, if that has not been done before.
func (s *Speaker) open(ctx context.Context) error {
	if s.context == nil {
		quiet()
		c, ready, err := oto.NewContext(&oto.NewContextOptions{
			SampleRate:      audio.Rate,
			ChannelCount:    1,
			Format:          oto.FormatFloat32LE,
			BufferSize:      device,
			ApplicationName: "moonlark",
		})
		if err != nil {
			return lost(err) // there is another Speaker, or has been one
		}
		s.context, s.ready = c, ready
	}
	select {
	case <-ctx.Done():
		return nil
	case <-s.ready:
	}
	if err := s.context.Err(); err != nil {
		return lost(err)
	}
	return nil
}

// lost is an error that a person can read: oto's own are up to 1.6 KB long.
func lost(err error) error {
	return fmt.Errorf("oto: %s: %w", short(err.Error()), audio.ErrForGood)
}

// A reader is what oto takes sound from: at most as much as it is to have in
// advance. The goroutine of oto's calls Read, the one of Play the rest.
type reader struct {
	source audio.Source
	counts *audio.Counts
	player player
	sound  []float32 // what is being read

	given   atomic.Int64 // bytes that oto has got, less those that were flushed
	started atomic.Bool  // something has been given since the last flush
}

// A player is what the reader needs of [oto.Player].
type player interface {
	io.Seeker
	BufferedSize() int
	PauseAndStopReading()
	Play()
}

// Read implements [io.Reader]. Oto holds no lock of its own while it calls it.
func (r *reader) Read(p []byte) (int, error) {
	buffered := r.player.BufferedSize()
	if buffered == 0 && r.started.Swap(true) { // a hole that the device makes of its own is not seen here
		r.counts.Underruns.Add(1)
	}
	n := min(len(p), bytesOf(ahead)-buffered, bytesOf(ahead)) / 4
	if n <= 0 {
		return 0, nil
	}
	sound := r.sound[:n]
	r.source.Fill(sound, audio.Duration(buffered/4)+device)
	for i, v := range sound {
		binary.LittleEndian.PutUint32(p[4*i:], math.Float32bits(v))
	}
	r.given.Add(int64(4 * n))
	return 4 * n, nil
}

// Seek implements [io.Seeker], which oto wants before it throws anything away.
func (r *reader) Seek(int64, int) (int64, error) { return 0, nil }

// flush throws away what oto has in advance.
func (r *reader) flush() {
	r.player.PauseAndStopReading() // what is buffered stays the same from here on
	n := r.player.BufferedSize()
	r.player.Seek(0, io.SeekCurrent) // which throws it away
	r.given.Add(-int64(n))
	r.started.Store(false)
	r.source.Lost(n / 4)
	r.player.Play()
}

// taken is how many bytes the device has taken. It can be a little off while
// sound is being read, so it is good for seeing whether it changes.
func (r *reader) taken() int64 { return r.given.Load() - int64(r.player.BufferedSize()) }

func bytesOf(d time.Duration) int { return 4 * audio.Samples(d) }
