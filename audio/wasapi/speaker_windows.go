package wasapi

import (
	"cmp"
	"context"
	"fmt"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"moonlark/audio"
)

// playbackBuffer is how much sound the device's buffer contains. A flush discards the sound in it.
const playbackBuffer = 100 * time.Millisecond

// methods of IAudioRenderClient
const (
	renderBuffer  method = 3
	renderRelease method = 4
)

// A Speaker plays sound on a device of Windows.
type Speaker struct {
	device string        // never changes after NewSpeaker
	counts *audio.Counts // never changes after NewSpeaker

	event windows.Handle // wakes the goroutine that runs Play; 0 if the event could not be made
	err   error          // why event is 0
	flush atomic.Bool    // a flush is requested
}

// NewSpeaker returns a speaker that plays on the device with this ID or name. An empty name means the
// default device of Windows; if that changes, Play returns an error, and its next call uses the new
// one. counts.Underruns counts gaps; counts may be nil.
func NewSpeaker(device string, counts *audio.Counts) *Speaker {
	s := &Speaker{device: device, counts: cmp.Or(counts, new(audio.Counts))}
	s.event, s.err = windows.CreateEvent(nil, 0, 0, nil)
	return s
}

var _ audio.Speaker = (*Speaker)(nil)

// String returns "wasapi" and the name of the device.
func (s *Speaker) String() string { return name(s.device) }

// Flush implements [audio.Speaker]. It wakes the goroutine that runs Play.
func (s *Speaker) Flush() {
	s.flush.Store(true)
	s.wake()
}

func (s *Speaker) wake() { _ = windows.SetEvent(s.event) } // fails only if there is no event

// Play implements [audio.Speaker]. It calls Windows and source on the caller's goroutine, which stays
// on one thread meanwhile.
func (s *Speaker) Play(ctx context.Context, source audio.Source) error {
	if err := s.play(ctx, source); err != nil {
		return fmt.Errorf("%v: %w", s, err)
	}
	return nil
}

func (s *Speaker) play(ctx context.Context, source audio.Source) error {
	if s.err != nil {
		return s.err
	}
	done, err := useCOM()
	if err != nil {
		return err
	}
	defer done()
	stream, err := open(playback, s.device, playbackBuffer, s.event)
	if err != nil {
		return err
	}
	p := &player{stream: stream, source: source, counts: s.counts}
	defer p.close()
	defer context.AfterFunc(ctx, s.wake)()
	s.flush.Store(false) // ignores a flush that was requested before this call
	if err := p.fill(); err != nil {
		return err
	}
	if err := p.client.call(start); err != nil {
		return err
	}
	for ctx.Err() == nil {
		if err := p.wait(); err != nil {
			return err
		}
		if s.flush.Swap(false) {
			err = p.flush()
		} else {
			err = p.refill()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// A player fills the buffer of an open device.
type player struct {
	*stream
	source audio.Source
	counts *audio.Counts
	data   *float32 // receives the address of the free part of the buffer
}

// refill fills the part of the buffer that the device has played.
func (p *player) refill() error {
	padding, err := p.padding()
	if err != nil {
		return err
	}
	if padding < int(p.size) {
		p.moved = time.Now()
	}
	if padding == 0 {
		p.counts.Underruns.Add(1)
	}
	return p.fillAfter(padding)
}

// fill fills the whole buffer, which must be empty.
func (p *player) fill() error { return p.fillAfter(0) }

// fillAfter fills the buffer behind the first padding samples.
func (p *player) fillAfter(padding int) error {
	n := int(p.size) - padding
	if n <= 0 {
		return nil
	}
	code, _, _ := syscall.SyscallN(p.service.methods[renderBuffer], p.service.this(), uintptr(n), uintptr(unsafe.Pointer(&p.data)))
	if err := check(code); err != nil {
		return err
	}
	p.source.Fill(unsafe.Slice(p.data, n), audio.Duration(padding))
	p.data = nil
	code, _, _ = syscall.SyscallN(p.service.methods[renderRelease], p.service.this(), uintptr(n), 0)
	return check(code)
}

// flush discards the sound in the buffer, and fills the buffer anew.
func (p *player) flush() error {
	if err := p.client.call(stop); err != nil {
		return err
	}
	padding, err := p.padding()
	if err != nil {
		return err
	}
	if err := p.client.call(reset); err != nil {
		return err
	}
	p.source.Lost(padding)
	if err := p.fill(); err != nil {
		return err
	}
	return p.client.call(start)
}
