package device

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"moonlark/audio"
	"moonlark/audio/pulse"
	"moonlark/audio/speex"
)

// How the canceller of our own works.
const (
	speexRate  = 16000
	speexFrame = 10 * time.Millisecond
	speexTail  = 200 * time.Millisecond
)

// chooseEcho finds out what to do about echo.
func (m *maker) chooseEcho() error {
	through := func(text string, kinds ...string) bool {
		kind, _, _ := spec(text)
		return slices.Contains(kinds, kind)
	}
	server := through(m.Speaker, "auto", "pulse") && through(m.Microphone, "auto", "pulse")
	echoless := through(m.Speaker, "wav", "none") || through(m.Microphone, "wav", "none")
	switch m.Choice.Echo {
	case "off":
	case "gate":
		m.sound.Echo = gate
	case "speex":
		c, err := canceller()
		if err != nil {
			return err
		}
		c.Close() // each voice needs its own
		m.sound.Echo = func(heard audio.Heard) audio.Echo { return local(heard, nil) }
	case "server":
		if !server {
			return errors.New("--echo server: the speaker and the microphone are not those of a sound server")
		}
		m.serverEcho(false)
	case "auto", "":
		switch {
		case echoless: // the one does not hear the other
		case server:
			m.serverEcho(true)
		default:
			m.sound.Echo = func(heard audio.Heard) audio.Echo { return local(heard, m.warn) }
		}
	default:
		return fmt.Errorf("%s: no such way to be without echo: want auto, server, speex, gate or off", m.Choice.Echo)
	}
	return nil
}

func (m *maker) warn(text string) {
	if m.Log != nil {
		m.Log.Warn(text)
	}
}

func gate(heard audio.Heard) audio.Echo { return audio.NewGate(heard) }

func canceller() (*speex.Canceller, error) { return speex.New(speexRate, speexFrame, speexTail) }

// local is what takes echo out in this process: the canceller if it is
// installed, and else the gate, of which warn is told.
func local(heard audio.Heard, warn func(string)) audio.Echo {
	c, err := canceller()
	if err == nil {
		return audio.NewCanceller(heard, c, speexRate)
	}
	if warn != nil {
		warn(fmt.Sprintf("echo: %v; the microphone is shut while the agent speaks", err))
	}
	return gate(heard)
}

// An echo is the sound server's canceller, and what stands in for it when the
// server has none.
type echo struct {
	m        *maker
	standIn  bool // there is to be something
	missing  atomic.Bool
	complain sync.Once
	mine     audio.Echo // made by audio.Recorder's maker, before anything is opened
}

func (m *maker) serverEcho(standIn bool) {
	_, speaker, _ := spec(m.Speaker)
	_, microphone, _ := spec(m.Microphone)
	m.sound.canceller = pulse.NewCanceller(pulse.EchoOptions{Speaker: speaker, Microphone: microphone, Log: m.Log})
	m.echo = &echo{m: m, standIn: standIn}
	m.echo.missing.Store(standIn) // until it is known that the server does it
	if standIn {
		m.sound.Echo = func(heard audio.Heard) audio.Echo {
			m.echo.mine = local(heard, nil)
			return m.echo
		}
	}
}

// Remove takes out what the server does not.
func (e *echo) Remove(sound []float32, age time.Duration) {
	if e.missing.Load() {
		e.mine.Remove(sound, age)
	}
}

func (e *echo) speaker(ctx context.Context) (string, error) {
	return e.find(ctx, e.m.sound.canceller.Speaker)
}

func (e *echo) microphone(ctx context.Context) (string, error) {
	return e.find(ctx, e.m.sound.canceller.Microphone)
}

// find is the device of the server's canceller, or the server's own when it has
// none and something stands in for it.
func (e *echo) find(ctx context.Context, device func(context.Context) (string, error)) (string, error) {
	name, err := device(ctx)
	if err == nil {
		e.missing.Store(false)
		return name, nil
	}
	if !e.standIn || !pulse.Found() { // with no server there is nothing to be found
		return "", err
	}
	e.missing.Store(true)
	e.complain.Do(func() { e.m.warn(fmt.Sprintf("the sound server takes no echo away: %v; it is done here", err)) })
	return "", nil
}
