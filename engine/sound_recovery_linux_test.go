package engine

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlark/audio/device"
	"moonlark/audio/pulse/pulsetest"
	"moonlark/engine/bus"
	"moonlark/engine/remote"
	"moonlark/engine/voice"
)

func TestDevicesAreUsedAgainAfterTheyWereLost(t *testing.T) {
	t.Parallel()
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		t.Parallel()
		s := startSoundTest(t, server, format8k, Options{})
		a := s.awaitReady()
		s.checkRecovery(t, a, pulsetest.Heard, time.Now())

		t.Run("the server is killed", func(t *testing.T) {
			server.Kill()
			s.awaitFailure(bus.Speaker)
			s.awaitFailure(bus.Microphone)
			a.checkSilence(t)
			server.Restart()
			s.checkRecovery(t, a, pulsetest.Heard, time.Now())
		})
		t.Run("the speaker is unplugged", func(t *testing.T) {
			server.AddSink("dock")
			server.RemoveSink(pulsetest.Speaker)
			server.SetDefaultSink("dock")
			s.checkRecovery(t, a, "dock.monitor", time.Now())
			server.AddSink(pulsetest.Speaker)
			server.SetDefaultSink(pulsetest.Speaker)
			s.checkRecovery(t, a, pulsetest.Heard, time.Now())
		})
		t.Run("the default speaker changes", func(t *testing.T) {
			server.SetDefaultSink("dock")
			s.checkRecovery(t, a, "dock.monitor", time.Now())
			server.SetDefaultSink(pulsetest.Speaker)
			server.RemoveSink("dock")
			s.checkRecovery(t, a, pulsetest.Heard, time.Now())
		})
		if server.Kind() == "PulseAudio" { // PipeWire resumes a suspended device that is in use
			t.Run("the devices are suspended", func(t *testing.T) {
				server.SuspendMicrophone(true)
				server.SuspendSink(pulsetest.Speaker, true)
				s.awaitFailure(bus.Microphone)
				s.awaitFailure(bus.Speaker)
				a.checkSilence(t)
				server.SuspendMicrophone(false)
				server.SuspendSink(pulsetest.Speaker, false)
				s.checkRecovery(t, a, pulsetest.Heard, time.Now())
			})
			t.Run("all devices are unplugged", func(t *testing.T) {
				server.RemoveMicrophone()
				server.RemoveSink(pulsetest.Speaker)
				s.awaitFailure(bus.Microphone)
				s.awaitFailure(bus.Speaker)
				a.checkSilence(t)
				server.AddSink(pulsetest.Speaker)
				server.AddMicrophone()
				server.SetDefaultSink(pulsetest.Speaker)
				server.SetDefaultSource(pulsetest.Microphone)
				s.checkRecovery(t, a, pulsetest.Heard, time.Now())
			})
		}
		if n := len(s.published(bus.Connected)); n != 1 {
			t.Errorf("there were %d conversations, want 1", n)
		}
		if pause := a.maxPause(); pause > 3*time.Second {
			t.Errorf("the agent heard nothing for %v", pause)
		}
	})
}

// Ten seconds of a tone. They are computed once, because that needs more processor time than the
// rest of the test.
var (
	// longTone is played into the microphone.
	longTone = sync.OnceValue(func() []float32 { return tone(10 * time.Second) })

	// longFrame is a message of the agent in format8k, with %d for the event id.
	longFrame = sync.OnceValue(func() string {
		sound := pulsetest.Tone(6000, 0.5, 10*time.Second/6)
		data := base64.StdEncoding.EncodeToString(format8k.Append(nil, sound))
		return `{"type":"audio","audio_event":{"event_id":%d,"audio_base_64":"` + string(data) + `"}}`
	})
)

// checkRecovery checks that the agent is heard at a source of the sound server, and hears the
// microphone, at most 5 s after the devices were back.
func (s *soundTest) checkRecovery(t *testing.T, a *soundAgent, source string, back time.Time) {
	t.Helper()
	defer s.server.PlayToMicrophone(longTone())()
	id := int(s.lastID.Add(1))
	a.Send(fmt.Sprintf(longFrame(), id))
	defer interrupt(a, id)
	from := a.heardLen()
	heard := s.server.Record(source)
	defer heard.Stop()
	var speaker, microphone time.Duration // how long each device took to recover; zero until it has
	for speaker == 0 || microphone == 0 {
		took := time.Since(back)
		if speaker == 0 && audible(heard, 0) {
			speaker = took
		}
		if microphone == 0 && a.hears(from) {
			microphone = took
		}
		if took > 15*time.Second {
			t.Fatalf("no recovery after %v: speaker %v, microphone %v, %v", took, speaker, microphone, s.published(bus.Log))
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Logf("the speaker was back after %v, the microphone after %v", speaker.Round(time.Millisecond), microphone.Round(time.Millisecond))
	// The aim is 1 s. A busy machine needs longer, and a null sink of PulseAudio that was idle sleeps
	// for up to 2 s.
	if limit := 5 * time.Second; speaker > limit || microphone > limit {
		t.Errorf("the recovery took %v and %v, want at most %v", speaker, microphone, limit)
	}
}

// checkSilence checks that chunks of silence go on coming.
func (a *soundAgent) checkSilence(t *testing.T) {
	t.Helper()
	time.Sleep(300 * time.Millisecond)
	from := a.heardLen()
	time.Sleep(500 * time.Millisecond)
	n := a.heardLen() - from
	if n < a.format.Rate/4 || a.hears(from) {
		t.Errorf("in half a second %d samples came, audible %v", n, a.hears(from))
	}
}

func TestTheSoundServerMayStartAfterTheEngine(t *testing.T) {
	t.Parallel()
	server := pulsetest.Start(t)
	server.Kill()
	s := startSoundTest(t, server, format8k, Options{})
	a := s.awaitAgent()
	if e := s.awaitFailure(bus.Speaker); !strings.Contains(e.Text, "no sound server") || !strings.Contains(e.Hint, "Moonlark keeps trying to open it") {
		t.Errorf("the event of the speaker: %q, hint %q", e.Text, e.Hint)
	}
	if e := s.awaitFailure(bus.Microphone); !strings.Contains(e.Hint, "the agent hears silence") {
		t.Errorf("the event of the microphone: %q, hint %q", e.Text, e.Hint)
	}
	server.Restart()
	s.checkRecovery(t, a, pulsetest.Heard, time.Now())
}

func TestWithoutASoundServerTheConversationGoesOnAsText(t *testing.T) {
	for _, choice := range []device.Choice{{Speaker: "pulse", Microphone: "pulse"}, {}} {
		t.Run("speaker "+choice.Speaker, func(t *testing.T) {
			t.Setenv("PULSE_SERVER", "unix:/nowhere")
			t.Setenv("ALSA_CONFIG_PATH", "")
			h := newTestEngine(t, Options{
				Voice: &voice.Settings{Choice: choice},
				User: func(ctx context.Context, r *remote.Remote) error {
					if err := r.AwaitGreeting(ctx); err != nil {
						return err
					}
					if err := r.Say("turn on the light"); err != nil {
						return err
					}
					return r.AwaitReply(ctx)
				},
			}, "a.lua", `register_tool { name = "light", phrases = { "turn on the light" }, handler = function() return "it is bright" end }`)
			if err := h.runToEnd(); err != nil {
				t.Error(err)
			}
			for _, device := range []bus.Type{bus.Speaker, bus.Microphone} {
				all := h.published(device)
				if len(all) != 1 || all[0].Text == "" || all[0].Hint == "" {
					t.Errorf("the events of the %s are %v, want one with a text and a hint", device, all)
				}
			}
			if !h.hasPublished(bus.Agent, "it is bright") {
				t.Errorf("the agent said %v", h.published(bus.Agent))
			}
		})
	}
}
