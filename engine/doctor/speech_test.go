package doctor_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"moonlark/audio"
	"moonlark/engine/agentsettings"
	"moonlark/engine/doctor"
	"moonlark/engine/rest"
	"moonlark/engine/speech"
	"moonlark/engine/speech/command"
	"moonlark/engine/speech/grammar"
	"moonlark/engine/testkit"
	"moonlark/engine/tool"
)

// A fakeVoice is a text to speech that plays silence, or returns an error.
type fakeVoice struct {
	seconds int
	err     error
	spoken  *speech.Utterance // gets what was spoken
}

func (v fakeVoice) Speak(_ context.Context, u speech.Utterance, play func([]float32) error) error {
	if v.spoken != nil {
		*v.spoken = u
	}
	for range v.seconds {
		if err := play(make([]float32, audio.Rate)); err != nil {
			return err
		}
	}
	return v.err
}

// A fakeEar is a fake speech to text. It returns this text. If the text begins with "error ", it
// returns the rest as an error.
type fakeEar string

func (e fakeEar) Transcribe(_ context.Context, r speech.Request, sound []float32) (string, error) {
	if text, ok := strings.CutPrefix(string(e), "error "); ok {
		return "", errors.New(text)
	}
	if len(sound) < 2*audio.Rate || len(r.Tools) != 1 || r.Vocabulary[0] != "turn on the light" {
		return "", errors.New("wrong request")
	}
	return string(e), nil
}

// lights is a script with one tool.
func lights(phrases ...string) []doctor.Script {
	return []doctor.Script{{Name: "a.lua", Tools: []*tool.Spec{{Name: "light", Phrases: phrases}}}}
}

// speechFindings returns the findings about the speech.
func speechFindings(t *testing.T, opts doctor.Options) string {
	t.Helper()
	opts.Client, opts.Devices = &rest.Client{Host: "localhost"}, noDevices
	var found []string
	err := doctor.Run(t.Context(), opts, func(f doctor.Finding) {
		if f.Group == "speech" {
			found = append(found, line(f))
		}
		if f.Group == "agent" || f.Group == "network" {
			t.Errorf("there is a finding about the %s", f.Group)
		}
	})
	if err != nil {
		t.Error(err)
	}
	return strings.Join(found, "\n")
}

func TestASentenceIsSpokenAndRecognised(t *testing.T) {
	for _, row := range []struct {
		name, want string
		tts        speech.TextToSpeech
		stt        speech.SpeechToText
	}{
		{"a good ear", `ok speech recogniser: spoken: "turn on the light", heard: "Turn on the light.", in 0.0`, fakeVoice{seconds: 1}, fakeEar("Turn on the light.")},
		{"a good voice", "ok speech voice: begins to speak after 0.0", fakeVoice{seconds: 1}, nil},
		{"a wrong word", `warning speech recogniser: spoken: "turn on the light", heard: "turn on the night", in 0.0`, fakeVoice{seconds: 1}, fakeEar("turn on the night")},
		{"nothing is heard", `warning speech recogniser: spoken: "turn on the light", heard: "nothing"`, fakeVoice{seconds: 1}, fakeEar("")},
		{"the ear fails", "error speech recogniser: no model", fakeVoice{seconds: 1}, fakeEar("error no model")},
		{"the voice fails", "error speech voice: no voice", fakeVoice{seconds: 1, err: errors.New("no voice")}, fakeEar("x")},
		{"no sound", "error speech voice: the text to speech has made no sound", fakeVoice{}, fakeEar("x")},
		{"endless sound", `error speech voice: the sound of "turn on the light" is longer than 30s`, fakeVoice{seconds: 1000}, fakeEar("x")},
		{"no voice", "skipped speech recogniser: not checked: there is no voice that could speak to it -> add --tts", nil, fakeEar("x")},
	} {
		t.Run(row.name, func(t *testing.T) {
			found := speechFindings(t, doctor.Options{TTS: row.tts, STT: row.stt, Scripts: lights("turn on the light")})
			if !strings.Contains("\n"+found, "\n"+row.want) {
				t.Errorf("got\n%s\nwant\n%s", found, row.want)
			}
		})
	}
}

func TestTheSentenceIsSpokenWithTheSettings(t *testing.T) {
	var got speech.Utterance
	speed := 1.5
	found := speechFindings(t, doctor.Options{TTS: fakeVoice{seconds: 1, spoken: &got}, Settings: agentsettings.Settings{VoiceID: "amy", Language: "de", Speed: &speed}})
	if want := (speech.Utterance{Text: "What time is it?", Voice: speech.Voice{Name: "amy", Language: "de", Speed: 1.5}}); got != want {
		t.Errorf("got %+v, %s", got, found)
	}
}

// The voice and the recogniser are real.
func TestPocketsphinxUnderstandsFlite(t *testing.T) {
	testkit.NeedPrograms(t, "flite")
	stt, err := grammar.New()
	if err != nil {
		t.Skip(err)
	}
	tts := command.TextToSpeech(`f=$(mktemp) && flite -voice slt -f - -o "$f" && cat "$f"; rm -f "$f"`)
	opts := doctor.Options{TTS: tts, STT: stt, Scripts: lights("say {anything}", "turn on the kitchen light", "ask zorblax")}
	found := speechFindings(t, opts)
	for _, want := range []string{
		`ok speech recogniser: spoken: "turn on the kitchen light", heard: "turn on the kitchen light", in `,
		`warning speech phrases: "zorblax" is not in the dictionary of pocketsphinx`,
	} {
		if !strings.Contains(found, want) {
			t.Errorf("got\n%s\nwant\n%s", found, want)
		}
	}
	opts.Scripts = lights("turn on the kitchen light")
	if found, want := speechFindings(t, opts), "ok speech phrases: pocketsphinx is installed"; !strings.Contains(found, want) {
		t.Errorf("got\n%s\nwant\n%s", found, want)
	}
}
