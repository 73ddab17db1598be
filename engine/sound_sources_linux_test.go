package engine

import (
	"context"
	"math"
	"os"
	"testing"
	"time"

	"moonlark/audio"
	"moonlark/audio/device"
	"moonlark/audio/pulse/pulsetest"
	"moonlark/audio/wav"
	"moonlark/engine/bus"
	"moonlark/engine/localagent"
	"moonlark/engine/permit"
	speechapi "moonlark/engine/speech"
	"moonlark/engine/testkit"
	"moonlark/engine/voice"
)

// writeSound writes a WAV file with this sound.
func writeSound(t *testing.T, path string, sound []float32) {
	t.Helper()
	if err := os.WriteFile(path, wav.Encode(sound, audio.Rate), 0o600); err != nil {
		t.Fatal(err)
	}
}

// effective returns the effective value of sound in a range of time.
func effective(sound []float32, from, to time.Duration) float64 {
	part := sound[min(audio.Samples(from), len(sound)):min(audio.Samples(to), len(sound))]
	sum := 0.0
	for _, x := range part {
		sum += float64(x) * float64(x)
	}
	return math.Sqrt(sum / float64(max(len(part), 1)))
}

func TestAScriptPlaysSpeaksAndRecordsWithoutAConversation(t *testing.T) {
	t.Parallel()
	server := pulsetest.Start(t)
	opts := Options{
		Wait:  true,
		Voice: &voice.Settings{Choice: device.Choice{Speaker: "pulse", Microphone: "pulse", Echo: "off"}, Server: server.Address()},
		// a fake: a tone of a second takes the place of a voice, and the length of the sound that of its text
		LocalAgent: localagent.Options{
			TTS: func(_ context.Context, _ speechapi.Utterance, play func([]float32) error) error {
				return play(pulsetest.Tone(500, 0.3, time.Second))
			},
			STT: func(_ context.Context, _ speechapi.Request, sound []float32) (string, error) {
				if n, _, _ := pulsetest.Audible(sound); n > 0 {
					return "somebody spoke", nil
				}
				return "silence", nil
			},
		},
		Permissions: permit.Settings{Grants: []permit.Grant{{Kind: permit.Mic}}},
	}
	e := newTestEngine(t, opts, "a.lua", `
		on("go", function()
			print("status", session.status())
			print("played", assert(audio.play("ding.wav")):wait())
			print("spoken", assert(tts.say("dinner is ready")):wait())
			print("announced", assert(audio.announce{ say = "dinner is ready" }):wait())
			print("ready to hear")
			local wav, spoke = audio.record(10, { until_silence = 1 })
			print("recorded", #wav < 300000, spoke, stt.transcribe(wav))
		end)`)
	writeTone(t, e.path("ding.wav"))
	wait := e.start(context.Background())
	testkit.Until(t, "the speaker works", func() bool {
		all := e.published(bus.Speaker)
		return len(all) > 0 && all[len(all)-1].Text == ""
	})
	heard := server.Record(pulsetest.Heard)
	testkit.Until(t, "the script hears the event", func() bool { return e.Remote.Raise("go", nil) == nil })
	for _, want := range []string{"status\twaiting", "played\ttrue", "spoken\ttrue", "announced\ttrue", "ready to hear"} {
		e.waitFor(bus.Print, want)
	}
	heard.Until(t, 0, "the sound of the file, and twice that of the text", func(sound []float32) bool {
		n, _, _ := pulsetest.Audible(sound)
		return audio.Duration(n) > 2*time.Second
	})
	stop := server.PlayToMicrophone(append(speech(t, 3*time.Second), make([]float32, audio.Samples(10*time.Second))...))
	defer stop()
	e.waitFor(bus.Print, "recorded\ttrue\ttrue\tsomebody spoke")
	e.Engine.Stop()
	if err := wait(); err != nil {
		t.Error(err)
	}
}

func TestMusicIsLoweredWhileTheAgentSpeaks(t *testing.T) {
	t.Parallel()
	server := pulsetest.Start(t)
	s := startSoundTest(t, server, format48k, Options{}, "a.lua", `
		on("go", function() music = assert(audio.play("music.wav", { loop = true })) print("playing") end)
		on("stop", function() music:stop(0.5) print("stopped", music:wait()) end)`)
	writeSound(t, s.path("music.wav"), pulsetest.Tone(300, 0.4, 2*time.Second))
	a := s.awaitReady()
	heard := server.Record(pulsetest.Heard)
	testkit.Until(t, "the script hears the event", func() bool { return s.Remote.Raise("go", nil) == nil })
	s.waitFor(bus.Print, "playing")
	heard.Until(t, 0, "3 s of music", func(sound []float32) bool {
		n, _, _ := pulsetest.Audible(sound)
		return audio.Duration(n) > 3*time.Second
	})
	from := heard.Len()
	a.say(2, make([]float32, 4*48000)) // 4 s of silent speech, so that only the music is measured
	quiet := func(sound []float32, from, to time.Duration) bool { return effective(sound, from, to) < 0.1 }
	heard.Until(t, from, "a second of quiet music, and then loud music again", func(sound []float32) bool {
		state := 0
		for at := time.Duration(0); at+time.Second <= audio.Duration(len(sound)); at += 250 * time.Millisecond {
			switch {
			case state == 0 && quiet(sound, at, at+time.Second) && effective(sound, at, at+time.Second) > 0.03:
				state = 1
			case state == 1 && effective(sound, at, at+time.Second) > 0.25:
				return true
			}
		}
		return false
	})
	if err := s.Remote.Raise("stop", nil); err != nil {
		t.Fatal(err)
	}
	s.waitFor(bus.Print, "stopped\tfalse")
	from = heard.Len()
	heard.Until(t, from, "silence", func(sound []float32) bool {
		n := len(sound)
		return n > audio.Rate && effective(sound[n-audio.Rate/2:], 0, time.Second) == 0
	})
}
