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

// serverTimeout is how long Moonlark waits for a sound server before it opens the sound card
// directly. At boot, the sound server may start later than Moonlark, and could not use a sound card
// that Moonlark has opened.
const serverTimeout = 5 * time.Second

// An autoChoice decides whether Moonlark uses the sound server or opens the sound card directly. It
// decides only once: if the sound server restarts later, Moonlark must not open the sound card that
// the server uses.
type autoChoice struct {
	began  time.Time    // when choose was first called; only choose uses this field
	chosen atomic.Int32 // one of the constants undecided, server and direct
}

// These are the values of autoChoice.chosen.
const (
	undecided = iota
	server
	direct
)

var errNoServer = errors.New("no sound server (PulseAudio or PipeWire) is running")

// choose returns server or direct, or an error if neither can be opened yet. It must not be called
// from two goroutines at the same time.
func (c *autoChoice) choose() (int32, error) {
	if kind := c.chosen.Load(); kind != undecided {
		return kind, nil
	}
	if c.began.IsZero() {
		c.began = time.Now()
	}
	switch {
	case pulse.Found():
		c.chosen.Store(server)
	case !hasSoundCard():
		return undecided, fmt.Errorf("%w, and this machine has no sound card", errNoServer)
	case runtime.GOOS != "linux" || time.Since(c.began) > serverTimeout:
		c.chosen.Store(direct)
	default:
		return undecided, errNoServer
	}
	return c.chosen.Load(), nil
}

// An autoSpeaker is the speaker for the setting "auto". It plays on the sound server or on the
// sound card, as its autoChoice decides.
type autoSpeaker struct {
	autoChoice
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
	return s.device(kind).Play(ctx, source)
}

// device returns the speaker for a value of chosen. For undecided, it returns the server's speaker.
func (s *autoSpeaker) device(kind int32) audio.Speaker {
	if kind == direct {
		return s.direct
	}
	return s.server
}

func (s *autoSpeaker) Flush() { s.device(s.chosen.Load()).Flush() }

func (s *autoSpeaker) String() string {
	if kind := s.chosen.Load(); kind != undecided {
		return s.device(kind).String()
	}
	return "auto"
}

// An autoMicrophone is the microphone for the setting "auto". It records from the sound server or
// from the sound card, as its autoChoice decides.
type autoMicrophone struct {
	autoChoice
	server, direct audio.Microphone
}

func newAutoMicrophone(server, direct audio.Microphone) *autoMicrophone {
	return &autoMicrophone{server: server, direct: direct}
}

func (m *autoMicrophone) Record(ctx context.Context, sink audio.Sink) error {
	kind, err := m.choose()
	if err != nil {
		return err
	}
	return m.device(kind).Record(ctx, sink)
}

// device returns the microphone for a value of chosen. For undecided, it returns the server's
// microphone.
func (m *autoMicrophone) device(kind int32) audio.Microphone {
	if kind == direct {
		return m.direct
	}
	return m.server
}

func (m *autoMicrophone) String() string {
	if kind := m.chosen.Load(); kind != undecided {
		return m.device(kind).String()
	}
	return "auto"
}
