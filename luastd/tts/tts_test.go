package tts_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"moonlark/engine/speech"
	"moonlark/engine/testkit"
	"moonlark/luastd"
	"moonlark/luastd/luastdtest"
)

// fakeVoice is a text to speech that returns a tenth of a second of silence for each letter. It
// records the utterances. It is a fake because a machine that runs tests may have no voice.
type fakeVoice struct {
	luastd.NoSounds
	mu     sync.Mutex // handlers may speak at the same time
	spoken speech.Utterance
}

func (v *fakeVoice) Speak(ctx context.Context, u speech.Utterance, play func([]float32) error) error {
	v.mu.Lock()
	v.spoken = u
	v.mu.Unlock()
	switch u.Text {
	case "fail":
		return errors.New("no such voice\nreally")
	case "hang":
		<-ctx.Done()
		return context.Cause(ctx)
	}
	for range u.Text {
		if err := play(make([]float32, 4800)); err != nil {
			return err
		}
	}
	return nil
}

func TestATextBecomesAWAVFile(t *testing.T) {
	testkit.SkipIfEmulated(t)
	v := &fakeVoice{}
	s := luastdtest.Open(t, luastdtest.Options{Sounds: v})
	for _, row := range []struct{ source, want string }{
		{`local wav = tts.wav("**hello** 😀") return #wav, wav:sub(1, 4)`, "24044, RIFF"},
		{`return #tts.wav("hello", {rate = 8000})`, "8044"},
		{`return tts.wav("fail")`, "nil, failed: no such voice really, failed"},
		{`return tts.wav("hang", {timeout = 0.05})`, "nil, timeout: the text was not spoken in 0.05 s, timeout"},
		{`return tts.wav(("x"):rep(4000))`, "nil, too_large: the sound has more than 16777216 bytes, too_large"},
		{`return tts.wav("")`, "a.lua:1: bad argument #1 to wav (there is no text to speak)"},
		{`return tts.wav(("x"):rep(9000))`, "a.lua:1: bad argument #1 to wav (the text has more than 8192 bytes)"},
		{`return tts.wav("x", {speed = 9})`, "a.lua:1: bad argument #2 to wav (speed must be a number from 0.25 to 4, not 9)"},
		{`return tts.say("x")`, "nil, unsupported: sound is off: start Moonlark with --speaker auto, unsupported"},
		{`for i = 1, 4 do spawn(tts.wav, "hang", {timeout = 5}) end sleep(0.05) return select(3, tts.wav("x"))`, "busy"},
	} {
		if got := s.Run(row.source); got != row.want {
			t.Errorf("%s: got %s, want %s", row.source, got, row.want)
		}
	}
}

func TestTheVoiceIsPassedOn(t *testing.T) {
	v := &fakeVoice{}
	s := luastdtest.Open(t, luastdtest.Options{Sounds: v})
	s.Run(`tts.wav("hi", {voice = "Anna", model = "m", language = "de", speed = 1.5})`)
	if want := (speech.Voice{Name: "Anna", Model: "m", Language: "de", Speed: 1.5}); v.spoken.Voice != want {
		t.Errorf("got %+v, want %+v", v.spoken.Voice, want)
	}
}

func TestWithoutATextToSpeechTheReasonNamesTheFlag(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `early = select(2, pcall(tts.wav, "x"))`})
	for source, want := range map[string]string{
		`return tts.say("x")`: "nil, unsupported: there is no text to speech: start Moonlark with --tts",
		`return tts.wav("x")`: "nil, unsupported: there is no text to speech: start Moonlark with --tts",
		`return early`:        "tts.wav: the script is still loading",
	} {
		if got := s.Run(source); !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %s, want %s", source, got, want)
		}
	}
}
