package audio

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	retry    = 300 * time.Millisecond // between two tries to open a device
	lifeless = 3 * time.Second        // a device that has moved no sound for that long is lost
)

// A Health is what became of a device.
type Health struct {
	Device string // what a person would call it
	Err    error  // why it does not work; nil when it works (again)
	Final  bool   // it will not be tried again
}

// KeepPlaying plays what source gives until ctx is done, and leaves nothing
// running. A speaker that is lost, or cannot be opened, is opened again a moment
// later, and so on; meanwhile sound passes unheard. report is told when it
// works, when it has stopped to, and when it works again, on a goroutine of
// KeepPlaying's; it must not block.
func KeepPlaying(ctx context.Context, speaker Speaker, source Source, report func(Health)) {
	unheard := NewNone()
	keep(ctx, report, speaker.String, func(ctx context.Context, moved func()) error {
		return speaker.Play(ctx, &movedSource{source, moved})
	}, func(ctx context.Context) { unheard.Play(ctx, source) })
}

// KeepRecording gives what a microphone hears to sink, as KeepPlaying plays.
// While there is no microphone, sink gets nothing.
func KeepRecording(ctx context.Context, microphone Microphone, sink Sink, report func(Health)) {
	keep(ctx, report, microphone.String, func(ctx context.Context, moved func()) error {
		return microphone.Record(ctx, &movedSink{sink, moved})
	}, func(ctx context.Context) { <-ctx.Done() })
}

// keep runs a device again and again. moved is to be called whenever the device
// has moved sound. without is what runs while there is no device.
func keep(ctx context.Context, report func(Health), name func() string, run func(context.Context, func()) error, without func(context.Context)) {
	broken := false // and reported as such
	for ctx.Err() == nil {
		var works sync.Once
		err := watched(ctx, func(ctx context.Context, moved func()) error {
			return run(ctx, func() {
				moved()
				works.Do(func() { broken = false; report(Health{Device: name()}) })
			})
		})
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			err = errors.New("it has ended")
		}
		final := errors.Is(err, ErrForGood)
		if !broken || final {
			broken = true
			report(Health{Device: name(), Err: err, Final: final})
		}
		pause, cancel := ctx, func() {}
		if !final {
			pause, cancel = context.WithTimeout(ctx, retry)
		}
		without(pause)
		cancel()
	}
}

// watched runs a device, and ends it when it moves nothing any more: the usual
// way for one to die raises no error.
func watched(ctx context.Context, run func(context.Context, func()) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var moved atomic.Int64
	var watch sync.WaitGroup
	defer watch.Wait()
	done := make(chan struct{})
	defer close(done)
	watch.Go(func() {
		tick := time.NewTicker(lifeless / 3)
		defer tick.Stop()
		for last, idle := int64(0), 0; ; {
			select {
			case <-tick.C:
			case <-done:
				return
			}
			now := moved.Load()
			if idle++; now != last {
				last, idle = now, 0
			}
			if idle >= 3 {
				cancel(fmt.Errorf("no sound has moved for %v", lifeless))
			}
		}
	})
	err := run(ctx, func() { moved.Add(1) })
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return err
}

type movedSource struct {
	Source
	moved func()
}

func (s *movedSource) Fill(sound []float32, delay time.Duration) {
	s.moved()
	s.Source.Fill(sound, delay)
}

type movedSink struct {
	Sink
	moved func()
}

func (s *movedSink) Take(sound []float32, age time.Duration) {
	s.moved()
	s.Sink.Take(sound, age)
}
