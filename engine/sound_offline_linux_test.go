package engine

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"moonlark/audio"
	"moonlark/audio/device"
	"moonlark/audio/pulse/pulsetest"
	"moonlark/engine/bus"
	"moonlark/engine/localagent"
	"moonlark/engine/speech/choice"
	"moonlark/engine/testkit"
	"moonlark/engine/tool"
	"moonlark/engine/voice"

	spoken "moonlark/engine/speech"
)

// A voice gives a command in a noisy room; pocketsphinx hears it, a tool of a Lua script runs, and its
// answer is spoken aloud and understood. All parts are real, and there is no network and no account:
// flite is the user and the agent's voice, sox makes the noise, PulseAudio carries the sound.
func TestAKioskUnderstandsItsCommandsWithoutANetwork(t *testing.T) {
	t.Parallel()
	testkit.NeedPrograms(t, "flite", "sox")
	stt, err := choice.SpeechToText("grammar", os.Getenv)
	if err != nil {
		t.Skip(err)
	}
	tts, err := choice.TextToSpeech(`exec:f=$(mktemp) && flite -voice slt -f - -o "$f" && cat "$f"; rm -f "$f"`, os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	question := testkit.Flite(t, "slt", "turn on the kitchen light", 0.03)
	server := pulsetest.Start(t)
	e := newTestEngine(t, Options{
		LocalAgent: localagent.Options{TTS: tts.Speak, STT: stt.Transcribe},
		Voice:      &voice.Settings{Choice: device.Choice{Speaker: "pulse", Microphone: "pulse", Echo: "off"}, Server: server.Address()},
	}, "a.lua", `
		agent { first_message = "" }
		register_tool {
			name = "set_light",
			phrases = { "turn {on} the {room} light" },
			parameters = { on = { type = "boolean" }, room = { type = "string", enum = { "kitchen", "hall" } } },
			handler = function(args)
				print("set_light", args.room, args.on)
				return "The " .. args.room .. " light is " .. (args.on and "on" or "off") .. " now."
			end,
		}
	`)
	e.start(context.Background())
	for _, d := range []bus.Type{bus.Speaker, bus.Microphone} {
		testkit.Until(t, string(d)+" works", func() bool {
			all := e.published(d)
			return len(all) > 0 && all[len(all)-1].Text == ""
		})
	}
	heard := server.Record(pulsetest.Heard)
	defer server.PlayToMicrophone(question)()
	e.waitFor(bus.Print, "set_light\tkitchen\ttrue")

	var answer []float32
	heard.Until(t, 0, "the answer and then silence", func(sound []float32) bool {
		n, _, last := pulsetest.Audible(sound)
		answer = sound
		return n > audio.Rate/2 && len(sound)-last > audio.Rate/2
	})
	// The answer is recognised among others that it could be.
	answers := []*tool.Spec{{Name: "a", Phrases: []string{
		"the kitchen light is on now", "the kitchen light is off now", "the hall light is on now", "the hall light is off now",
	}}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, first, last := pulsetest.Audible(answer)
	answer = answer[max(first-audio.Rate/2, 0):min(last+audio.Rate/2, len(answer))]
	got, err := stt.Transcribe(ctx, spoken.Request{Tools: answers}, answer)
	if err != nil || strings.ReplaceAll(got, "the ", "") != "kitchen light is on now" {
		t.Errorf("the answer is recognised as %q, %v", got, err)
	}
}
