//go:build !static

// Package oto plays sound through the library oto: the native sound of macOS and Windows, and on
// Linux a PulseAudio server or, without a server, ALSA.
//
// In each process, oto can open a device only once, even if the attempt fails. So this package
// cannot open a lost device again, and all its errors wrap [audio.ErrPermanent].
package oto

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/ebitengine/oto/v3"

	"moonlark/audio"
)

const (
	// deviceBuffer is the length of the device's buffer. Sound in this buffer is still audible
	// after a flush, because oto cannot discard it.
	deviceBuffer = 40 * time.Millisecond

	// readAhead is how much sound oto reads from this package ahead of time. If readAhead were less
	// than deviceBuffer, the sound would have gaps that oto does not report.
	readAhead = 200 * time.Millisecond

	// checkInterval is how often Play checks whether the device has taken sound. After
	// maxIdleChecks checks in a row without progress, the device counts as lost.
	checkInterval = 250 * time.Millisecond
	maxIdleChecks = 8

	// lateWakeup is the largest delay of a wake-up that is not counted in Counts.Late.
	lateWakeup = 10 * time.Millisecond
)

// A Speaker plays sound through oto. Only one Speaker in each process can play.
type Speaker struct {
	counts *audio.Counts // never changes after New
	flush  chan struct{} // contains a value if Flush has requested a flush

	// Only the goroutine that runs Play uses the fields below.
	context *oto.Context  // nil before the first call of Play
	ready   chan struct{} // oto closes ready when the device is open
	// error that every further call of Play returns; nil if the device is not lost
	lost error
}

// New returns a speaker. The first call of Play opens the device. counts.Underruns counts gaps in
// the sound, and counts.Late counts late wake-ups; counts may be nil.
func New(counts *audio.Counts) *Speaker {
	return &Speaker{counts: cmp.Or(counts, new(audio.Counts)), flush: make(chan struct{}, 1)}
}

var _ audio.Speaker = (*Speaker)(nil)

// String returns "oto". Oto does not tell its callers which device it uses.
func (s *Speaker) String() string { return "oto" }

// Play implements [audio.Speaker]. After Play has returned, oto's goroutines continue to run and
// play silence, because oto has no way to end them.
//
// Oto's goroutine calls source.Fill. The caller's goroutine calls source.Lost, and prevents calls
// of Fill at the same time.
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

	r := &reader{source: source, counts: s.counts, sound: make([]float32, audio.Samples(readAhead))}
	p := s.context.NewPlayer(r)
	p.SetBufferSize(byteCount(readAhead))
	r.player = p
	defer p.PauseAndStopReading() // after this call, oto does not call the source any more
	select {
	case <-s.flush: // ignore a flush that was requested before this call of Play
	default:
	}
	p.Play()

	ticks := time.NewTicker(checkInterval)
	defer ticks.Stop()
	var taken int64 // number of bytes that the device had taken at the last check
	idle := 0       // number of checks since the device last took sound
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.flush:
			r.flush()
		case tick := <-ticks.C:
			if time.Since(tick) > lateWakeup {
				s.counts.Late.Add(1)
			}
			if err := s.context.Err(); err != nil {
				return lostError(err)
			}
			now := r.taken()
			if now != taken {
				taken, idle = now, 0
			} else if idle++; idle >= maxIdleChecks {
				return lostError(fmt.Errorf("the device has taken no sound for %v", checkInterval*maxIdleChecks))
			}
		}
	}
}

// Flush implements [audio.Speaker]. It requests a flush from the goroutine that runs Play.
func (s *Speaker) Flush() {
	select {
	case s.flush <- struct{}{}:
	default: // an earlier request for a flush is still pending
	}
}

// open waits until the device is open or ctx is done. The first call begins to open the device.
// open returns an error if the device cannot be opened or is lost, and nil if ctx is done.
func (s *Speaker) open(ctx context.Context) error {
	if s.context == nil {
		silenceLibraries()
		c, ready, err := oto.NewContext(&oto.NewContextOptions{
			SampleRate:      audio.Rate,
			ChannelCount:    1,
			Format:          oto.FormatFloat32LE,
			BufferSize:      deviceBuffer,
			ApplicationName: "moonlark",
		})
		if err != nil {
			return lostError(err) // another Speaker of this process has opened the device
		}
		s.context, s.ready = c, ready
	}
	select {
	case <-ctx.Done():
		return nil
	case <-s.ready:
	}
	if err := s.context.Err(); err != nil {
		return lostError(err)
	}
	return nil
}
