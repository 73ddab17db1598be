package pulse

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jfreymuth/pulse/proto"

	"moonlark/audio"
)

// These settings apply to the streams of speakers and microphones.
const (
	maxPiece      = 20 * audio.Rate / 1000 // maximum number of samples in a call of Fill or Take
	checkInterval = 50 * time.Millisecond  // interval at which a stream checks its device
	minLate       = 10 * time.Millisecond  // a wake-up with a longer delay is counted as late
	// interval at which the server is asked for its latency
	latencyInterval = time.Second
	// index to send with requests that identify a device by its name
	anyIndex = proto.Undefined
)

// These are settings of the stream of a speaker.
const (
	suspendTimeout = 2 * time.Second // how long the device may be suspended
	startTimeout   = 3 * time.Second // how long the device may take to start
	// when the server has requested no sound for at least this long, the speaker counts as stopped
	requestPause = time.Second
	// replaces latencyInterval until the device has started
	startLatencyInterval = 100 * time.Millisecond
)

// A Speaker plays on a sink of a sound server. The server buffers much sound, and Flush discards
// the buffered sound at once.
//
// When Play returns, it calls the source's Lost method with the number of samples that will not be
// audible, as after a flush. So the source knows which samples were audible even if the device was
// lost.
type Speaker struct {
	opts Options // never changes after NewSpeaker
	// wakes up the goroutine that runs Play; has a capacity of 1
	wake           chan struct{}
	flushRequested atomic.Bool // Flush was called
	// name of the open device for users; nil if no device is open
	name atomic.Pointer[string]
}

// NewSpeaker returns a speaker. It does not connect to the sound server; Play does.
func NewSpeaker(opts Options) *Speaker {
	return &Speaker{opts: opts, wake: make(chan struct{}, 1)}
}

var _ audio.Speaker = (*Speaker)(nil)

// String implements [audio.Speaker]. It returns "pulse", followed by the name of the device if that
// is known.
func (s *Speaker) String() string { return displayName(s.name.Load(), s.opts.Device) }

// displayName returns "pulse", followed by the name of the open device, or otherwise by the name of
// the chosen device. name is nil if no device is open, and device is empty if none was chosen.
func displayName(name *string, device string) string {
	if name != nil {
		device = *name
	}
	if device == "" {
		return "pulse"
	}
	return "pulse (" + device + ")"
}

// Flush implements [audio.Speaker]. It requests a flush from the goroutine that runs Play.
func (s *Speaker) Flush() {
	s.flushRequested.Store(true)
	signal(s.wake)
}

// signal sends a value to a channel with a capacity of 1. If the channel is full, signal does
// nothing.
func signal(wake chan struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}

// Play implements [audio.Speaker].
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
	s.flushRequested.Store(false) // ignore a flush that was requested before this call of Play
	p := newPlayback(s, source)
	if err := p.open(ctx, name); err != nil {
		return err
	}
	defer p.close()
	return p.run()
}
