package device

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"moonlark/audio"
	"moonlark/audio/pulse"
)

// patience is how long a sound server may take to be there before the device is
// used without one: it starts late, and could not use a device that we have.
const patience = 5 * time.Second

// A choice is between a device of the sound server and one without. Once either
// has been opened it stays with that kind: a sound server that is started anew
// must find its devices free.
type choice struct {
	began  time.Time    // when it was first to be opened; its goroutine's own
	chosen atomic.Int32 // 0: nothing yet
}

const (
	undecided = iota
	server
	direct
)

var errNoServer = errors.New("no sound server (PulseAudio or PipeWire) is running")

// choose says which to open now, or why neither.
func (c *choice) choose() (int32, error) {
	if kind := c.chosen.Load(); kind != undecided {
		return kind, nil
	}
	if c.began.IsZero() {
		c.began = time.Now()
	}
	switch {
	case pulse.Found():
		c.chosen.Store(server)
	case !cards():
		return undecided, fmt.Errorf("%w, and there is no sound card", errNoServer)
	case runtime.GOOS != "linux" || time.Since(c.began) > patience:
		c.chosen.Store(direct)
	default:
		return undecided, errNoServer
	}
	return c.chosen.Load(), nil
}

// An autoSpeaker is the speaker that this machine has.
type autoSpeaker struct {
	choice
	server, direct audio.Speaker
}

func newAutoSpeaker(server, direct audio.Speaker) *autoSpeaker {
	return &autoSpeaker{server: server, direct: direct}
}

func (s *autoSpeaker) Play(ctx context.Context, source audio.Source) error {
	kind, err := s.choose()
	if err != nil {
		return err
	}
	return s.kind(kind).Play(ctx, source)
}

func (s *autoSpeaker) kind(kind int32) audio.Speaker {
	if kind == direct {
		return s.direct
	}
	return s.server
}

func (s *autoSpeaker) Flush() { s.kind(s.chosen.Load()).Flush() }

func (s *autoSpeaker) String() string {
	if kind := s.chosen.Load(); kind != undecided {
		return s.kind(kind).String()
	}
	return "auto"
}

// An autoMicrophone is the microphone that this machine has.
type autoMicrophone struct {
	choice
	server, direct audio.Microphone
}

func newAutoMicrophone(server, direct audio.Microphone) *autoMicrophone {
	return &autoMicrophone{server: server, direct: direct}
}

// errNoMicrophone is final, since it is the platform that has none.
var errNoMicrophone = fmt.Errorf("there is no microphone on %s but by a command (--mic exec:COMMAND): %w", runtime.GOOS, audio.ErrForGood)

func (m *autoMicrophone) Record(ctx context.Context, sink audio.Sink) error {
	if runtime.GOOS != "linux" && !pulse.Found() {
		return errNoMicrophone
	}
	kind, err := m.choose()
	if err != nil {
		return err
	}
	return m.kind(kind).Record(ctx, sink)
}

func (m *autoMicrophone) kind(kind int32) audio.Microphone {
	if kind == direct {
		return m.direct
	}
	return m.server
}

func (m *autoMicrophone) String() string {
	if kind := m.chosen.Load(); kind != undecided {
		return m.kind(kind).String()
	}
	return "auto"
}
