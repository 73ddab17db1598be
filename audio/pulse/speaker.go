package pulse

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jfreymuth/pulse/proto"

	"moonlark/audio"
)

const (
	sampleSize = 4                           // bytes
	piece      = 20 * audio.Rate / 1000      // samples that are filled or taken at a time, at most
	tick       = 50 * time.Millisecond       // how often a stream looks whether it lives
	tooLate    = 10 * time.Millisecond       // that a wake-up counts as late
	suspense   = 2 * time.Second             // that a device may be suspended
	firstTake  = 3 * time.Second             // until a device begins: some sleep deeply
	idle       = time.Second                 // that a device may take no sound
	often      = time.Second                 // between two questions for the latency
	settling   = 100 * time.Millisecond      // after a start, when it still changes
	noDevice   = proto.Undefined             // in place of an index: go by the name
	floats     = byte(proto.FormatFloat32LE) // how our samples look to the server
)

// A Speaker plays on a sink of a sound server. The server holds a deep buffer,
// which Flush empties at once.
//
// When Play returns, what was taken and will not be heard any more is reported
// to the source as lost, like at a flush, so that what a person hears is known
// across the loss of a device.
type Speaker struct {
	opts     Options                // fixed
	wake     chan struct{}          // holds one: there is something to do for Play
	flushing atomic.Bool            // Flush was called
	name     atomic.Pointer[string] // of the device that plays, for people
}

// NewSpeaker is a speaker that opts describes. It opens nothing yet.
func NewSpeaker(opts Options) *Speaker {
	return &Speaker{opts: opts, wake: make(chan struct{}, 1)}
}

var _ audio.Speaker = (*Speaker)(nil)

// String says "pulse", and the device when it is known.
func (s *Speaker) String() string { return called(s.name.Load(), s.opts.Device) }

func called(name *string, device string) string {
	if name != nil {
		device = *name
	}
	if device == "" {
		return "pulse"
	}
	return "pulse (" + device + ")"
}

// Flush has Play throw away what the server holds.
func (s *Speaker) Flush() {
	s.flushing.Store(true)
	nudge(s.wake)
}

func nudge(wake chan struct{}) {
	select {
	case wake <- struct{}{}:
	default: // it is awake already
	}
}

// Play plays what source gives until ctx is done.
func (s *Speaker) Play(ctx context.Context, source audio.Source) error {
	err := s.play(ctx, source)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (s *Speaker) play(ctx context.Context, source audio.Source) error {
	name, err := s.opts.device(ctx)
	if err != nil {
		return err
	}
	s.flushing.Store(false) // nothing is taken yet
	p := newPlayback(s, source)
	if err := p.open(ctx, name); err != nil {
		return err
	}
	defer p.close()
	return p.run()
}
