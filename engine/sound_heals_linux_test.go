package engine

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlark/audio/device"
	"moonlark/audio/pcm"
	"moonlark/audio/pulse/pulsetest"
	"moonlark/engine/convai"
	"moonlark/engine/event"
)

// Whatever happens to the devices, they are used again when they are back, in
// the same conversation.
func TestSoundIsBackWhenItsDevicesAre(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		s := perform(t, server, narrow, Options{})
		a := s.ready()
		s.worksAgain(t, a, pulsetest.Heard, time.Now())

		t.Run("the server is killed", func(t *testing.T) {
			server.Kill()
			s.fails(event.Speaker)
			s.fails(event.Microphone)
			a.keepsHearingSilence(t)
			server.Restart()
			s.worksAgain(t, a, pulsetest.Heard, time.Now())
		})
		t.Run("the speaker is unplugged", func(t *testing.T) {
			server.AddSink("dock")
			server.RemoveSink(pulsetest.Speaker)
			server.SetDefaultSink("dock")
			s.worksAgain(t, a, "dock.monitor", time.Now())
			server.AddSink(pulsetest.Speaker)
			server.SetDefaultSink(pulsetest.Speaker)
			s.worksAgain(t, a, pulsetest.Heard, time.Now())
		})
		t.Run("the default speaker changes", func(t *testing.T) {
			server.SetDefaultSink("dock")
			s.worksAgain(t, a, "dock.monitor", time.Now())
			server.SetDefaultSink(pulsetest.Speaker)
			server.RemoveSink("dock")
			s.worksAgain(t, a, pulsetest.Heard, time.Now())
		})
		if server.Kind() == "PulseAudio" { // PipeWire wakes what is used
			t.Run("the devices are suspended", func(t *testing.T) {
				server.SuspendMicrophone(true)
				server.SuspendSink(pulsetest.Speaker, true)
				s.fails(event.Microphone)
				s.fails(event.Speaker)
				a.keepsHearingSilence(t)
				server.SuspendMicrophone(false)
				server.SuspendSink(pulsetest.Speaker, false)
				s.worksAgain(t, a, pulsetest.Heard, time.Now())
			})
			t.Run("all devices are unplugged", func(t *testing.T) {
				server.RemoveMicrophone()
				server.RemoveSink(pulsetest.Speaker)
				s.fails(event.Microphone)
				s.fails(event.Speaker)
				a.keepsHearingSilence(t)
				server.AddSink(pulsetest.Speaker)
				server.AddMicrophone()
				server.SetDefaultSink(pulsetest.Speaker)
				server.SetDefaultSource(pulsetest.Microphone)
				s.worksAgain(t, a, pulsetest.Heard, time.Now())
			})
		}
		if all := s.all(event.Connected); len(all) != 1 {
			t.Errorf("there were %d conversations", len(all))
		}
		if pause := a.pause(); pause > 3*time.Second {
			t.Errorf("the agent heard nothing for %v", pause)
		}
	})
}

// narrow is the format that is the least work.
var narrow = pcm.Format{Encoding: pcm.S16, Rate: 8000}

// Ten seconds of tone, as the microphone hears it, and as the agent says it but
// for its id. They are made once: that is more work than all else here.
var (
	longTone  = sync.OnceValue(func() []float32 { return tone(10 * time.Second) })
	longFrame = sync.OnceValue(func() string {
		sound := pulsetest.Tone(6000, 0.5, 10*time.Second/6)
		data := convai.EncodeSound(narrow.Append(nil, sound))
		return `{"type":"audio","audio_event":{"event_id":%d,"audio_base_64":"` + string(data) + `"}}`
	})
)

// worksAgain looks whether the agent is heard at a source, and hears the
// microphone, and how long after the devices were back.
func (s *stage) worksAgain(t *testing.T, a *listener, source string, back time.Time) {
	t.Helper()
	defer s.server.PlayToMicrophone(longTone())()
	id := int(s.id.Add(1))
	a.raw(fmt.Sprintf(longFrame(), id))
	defer interrupt(a, id)
	from := a.len()
	heard := s.server.Record(source)
	defer heard.Stop()
	var spoken, listened time.Duration
	for spoken == 0 || listened == 0 {
		took := time.Since(back)
		if spoken == 0 && audible(heard, 0) {
			spoken = took
		}
		if listened == 0 && a.hears(from) {
			listened = took
		}
		if took > 15*time.Second {
			t.Fatalf("not back after %v: speaker %v, microphone %v, %v", took, spoken, listened, s.all(event.Log))
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Logf("the speaker was back after %v, the microphone after %v", spoken.Round(time.Millisecond), listened.Round(time.Millisecond))
	// The aim is 1 s. A busy machine takes its time, and a null sink of
	// PulseAudio's that was idle sleeps for up to 2 s.
	if most := 5 * time.Second; spoken > most || listened > most {
		t.Errorf("that is more than %v", most)
	}
}

// keepsHearingSilence looks whether chunks go on coming.
func (l *listener) keepsHearingSilence(t *testing.T) {
	t.Helper()
	time.Sleep(300 * time.Millisecond)
	from := l.len()
	time.Sleep(500 * time.Millisecond)
	n := l.len() - from
	if n < l.format.Rate/4 || l.hears(from) {
		t.Errorf("in half a second %d samples came, audible %v", n, l.hears(from))
	}
}

func TestServerThatIsNotThereYet(t *testing.T) {
	server := pulsetest.Start(t)
	server.Kill()
	s := perform(t, server, narrow, Options{})
	a := s.agent()
	if e := s.fails(event.Speaker); !strings.Contains(e.Text, "no sound server") || !strings.Contains(e.Hint, "it is looked for all the time") {
		t.Errorf("shown of the speaker: %q, hint %q", e.Text, e.Hint)
	}
	if e := s.fails(event.Microphone); !strings.Contains(e.Hint, "the agent hears silence") {
		t.Errorf("shown of the microphone: %q, hint %q", e.Text, e.Hint)
	}
	server.Restart()
	s.worksAgain(t, a, pulsetest.Heard, time.Now())
}

// Without any sound the conversation goes on as text.
func TestNoSoundAtAll(t *testing.T) {
	for _, choice := range []device.Choice{{Speaker: "pulse", Microphone: "pulse"}, {}} {
		t.Run("speaker "+choice.Speaker, func(t *testing.T) {
			t.Setenv("PULSE_SERVER", "unix:/nowhere")
			t.Setenv("ALSA_CONFIG_PATH", "")
			h := build(t, Options{
				Voice: &Voice{Choice: choice},
				Talk: func(ctx context.Context, e *Engine) error {
					if err := e.Say("turn on the light"); err != nil {
						return err
					}
					return e.AwaitReply(ctx)
				},
			}, "a.lua", `register_tool { name = "light", phrases = { "turn on the light" }, handler = function() return "it is bright" end }`)
			if err := h.Run(t.Context()); err != nil {
				t.Error(err)
			}
			for _, device := range []event.Type{event.Speaker, event.Microphone} {
				all := h.all(device)
				if len(all) != 1 || all[0].Text == "" || all[0].Hint == "" {
					t.Errorf("shown of the %s: %v", device, all)
				}
			}
			if !h.shown(event.Agent, "it is bright") {
				t.Errorf("the agent said %v", h.all(event.Agent))
			}
		})
	}
}
