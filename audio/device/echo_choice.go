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

// These are settings of the speex echo canceller: its sample rate, how much sound it processes at a
// time, and the longest echo that it can remove.
const (
	speexRate  = 16000
	speexFrame = 10 * time.Millisecond
	speexTail  = 200 * time.Millisecond
)

// chooseEcho sets the fields sound.Echo and server according to the setting Echo. It returns an
// error if the setting is unknown or does not fit the devices, or if libspeexdsp is needed and not
// installed.
func (b *builder) chooseEcho() error {
	isOneOf := func(text string, kinds ...string) bool {
		kind, _, _ := parse(text)
		return slices.Contains(kinds, kind)
	}
	onServer := isOneOf(b.Speaker, "auto", "pulse") && isOneOf(b.Microphone, "auto", "pulse")
	noEcho := isOneOf(b.Speaker, "wav", "none") || isOneOf(b.Microphone, "wav", "none")
	switch b.Choice.Echo {
	case "off":
	case "gate":
		b.sound.Echo = newGate
	case "speex":
		c, err := newSpeex()
		if err != nil {
			return err
		}
		c.Close() // New was called only to check that the library is installed
		b.sound.Echo = func(playback audio.Playback) audio.EchoRemover { return b.localEcho(playback, nil) }
	case "server":
		if !onServer {
			return errors.New("--echo server: the speaker and the microphone do not belong to a sound server")
		}
		b.useServerEcho(false)
	case "auto", "":
		switch {
		case noEcho: // no echo is possible if the speaker or the microphone is a file or is missing
		case IsBrowser(b.Speaker) && IsBrowser(b.Microphone): // the browser removes the echo of what it plays itself
		case onServer:
			b.useServerEcho(true)
		default:
			b.sound.Echo = func(playback audio.Playback) audio.EchoRemover { return b.localEcho(playback, b.warn) }
		}
	default:
		return fmt.Errorf("%s: unknown echo setting: want auto, server, speex, gate or off", b.Choice.Echo)
	}
	return nil
}

func (b *builder) warn(text string) {
	if b.Log != nil {
		b.Log.Warn(text)
	}
}

func newGate(playback audio.Playback) audio.EchoRemover { return audio.NewEchoGate(playback) }

func newSpeex() (*speex.Canceller, error) { return speex.New(speexRate, speexFrame, speexTail) }

// localEcho returns an echo remover that runs in this process: the speex canceller if
// libspeexdsp is installed, otherwise an echo gate, which mutes the microphone while the agent
// speaks. If it returns a gate, it calls warn with the reason, unless warn is nil.
func (b *builder) localEcho(playback audio.Playback, warn func(string)) audio.EchoRemover {
	c, err := newSpeex()
	if err == nil {
		b.sound.local = c
		return audio.NewEchoCanceller(playback, c, speexRate)
	}
	if warn != nil {
		warn(fmt.Sprintf("echo: %v; the microphone is muted while the agent speaks", err))
	}
	return newGate(playback)
}

// A serverEcho uses the echo canceller of the sound server. If the server has no canceller, a
// serverEcho can use a local EchoRemover instead.
type serverEcho struct {
	builder  *builder
	fallback bool // use the local EchoRemover if the server has no canceller
	// replaces the server's canceller; set when sound.Echo is called, before a device is opened
	local audio.EchoRemover
	// use local, because the server has no canceller or has not been asked yet
	useLocal atomic.Bool
	warnOnce sync.Once
}

func (b *builder) useServerEcho(fallback bool) {
	_, speaker, _ := parse(b.Speaker)
	_, microphone, _ := parse(b.Microphone)
	b.sound.canceller = pulse.NewEchoCanceller(pulse.EchoCancellerOptions{Server: b.Server, Speaker: speaker, Microphone: microphone, Log: b.Log})
	s := &serverEcho{builder: b, fallback: fallback}
	b.server = s
	s.useLocal.Store(fallback)
	if fallback {
		b.sound.Echo = func(playback audio.Playback) audio.EchoRemover {
			s.local = b.localEcho(playback, nil)
			return s
		}
	}
}

// Remove implements [audio.EchoRemover]. The recorder calls it for each chunk of recorded sound.
func (s *serverEcho) Remove(sound []float32, age time.Duration) {
	if s.useLocal.Load() {
		s.local.Remove(sound, age)
	}
}

// findSpeaker returns the name of the canceller's speaker. It is the option Find of the pulse
// speaker.
func (s *serverEcho) findSpeaker(ctx context.Context) (string, error) {
	return s.find(ctx, s.builder.sound.canceller.Speaker)
}

// findMicrophone returns the name of the canceller's microphone. It is the option Find of the pulse
// microphone.
func (s *serverEcho) findMicrophone(ctx context.Context) (string, error) {
	return s.find(ctx, s.builder.sound.canceller.Microphone)
}

// find returns the name that the function device returns, which is the name of the canceller's
// speaker or microphone. If the server has no canceller and fallback is set, find returns "", which
// selects the device without the canceller.
func (s *serverEcho) find(ctx context.Context, device func(context.Context) (string, error)) (string, error) {
	name, err := device(ctx)
	if err == nil {
		s.useLocal.Store(false)
		return name, nil
	}
	// fallback needs a running server, because the device belongs to the server
	if !s.fallback || s.builder.Server == "" && !pulse.Found() {
		return "", err
	}
	s.useLocal.Store(true)
	s.warnOnce.Do(func() {
		s.builder.warn(fmt.Sprintf("the sound server cannot remove the echo: %v; Moonlark removes it instead", err))
	})
	return "", nil
}
