package stt_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"moonlark/audio"
	"moonlark/audio/wav"
	"moonlark/engine/speech"
	"moonlark/engine/testkit"
	"moonlark/luastd"
	"moonlark/luastd/luastdtest"
)

// fakeEars is a speech to text that returns the length of the sound. It is a fake because a machine
// that runs tests may have no recogniser.
type fakeEars struct {
	luastd.NoSounds
	mu      sync.Mutex // a transcription that has timed out may still run
	request speech.Request
}

func (e *fakeEars) Transcribe(ctx context.Context, r speech.Request, sound []float32) (string, error) {
	e.mu.Lock()
	e.request = r
	e.mu.Unlock()
	switch r.Language {
	case "fail":
		return "", errors.New("the server is gone")
	case "hang":
		<-ctx.Done()
		return "", context.Cause(ctx)
	}
	return fmt.Sprintf("%.1f seconds", audio.Duration(len(sound)).Seconds()), nil
}

func TestASoundBecomesText(t *testing.T) {
	testkit.SkipIfEmulated(t)
	ears := &fakeEars{}
	s := luastdtest.Open(t, luastdtest.Options{Sounds: ears})
	mp3, err := os.ReadFile("../../audio/decode/testdata/tone.mp3")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"short.wav": wav.Encode(make([]float32, 16000), 16000), "long.wav": wav.Encode(make([]float32, 130*8000), 8000), "a.mp3": mp3,
	} {
		if err := os.WriteFile(filepath.Join(s.Folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct{ source, want string }{
		{`return stt.transcribe(fs.read("./short.wav"), {language = "de", vocabulary = {"licht", "an"}})`, "1.0 seconds"},
		{`return stt.transcribe(fs.read("./a.mp3"))`, "1.1 seconds"},
		{`return stt.transcribe(fs.read("./long.wav"))`, "nil, too_large: the sound is longer than 120 seconds, too_large"},
		{`return stt.transcribe("hello")`, "nil, invalid: it is not a sound file: WAV, MP3 and Ogg Vorbis are supported, invalid"},
		{`return stt.transcribe(fs.read("./short.wav"), {language = "fail"})`, "nil, failed: the server is gone, failed"},
		{`return stt.transcribe(fs.read("./short.wav"), {language = "hang", timeout = 0.1})`, "nil, timeout: the speech was not recognised in 0.1 s, timeout"},
		{`return stt.transcribe("x", {lang = "de"})`, "a.lua:1: bad argument #2 to transcribe (there is no field 'lang'"},
	} {
		if got := s.Run(row.source); !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: got %s, want %s", row.source, got, row.want)
		}
	}
	s.Run(`stt.transcribe(fs.read("./short.wav"), {language = "de", vocabulary = {"licht", "an"}})`)
	if r := ears.request; r.Language != "de" || len(r.Vocabulary) != 2 {
		t.Errorf("the request is %+v", r)
	}
}

func TestWithoutASpeechToTextTheReasonNamesTheFlag(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Source: `sound = nil`})
	os.WriteFile(filepath.Join(s.Folder, "a.wav"), wav.Encode(make([]float32, 160), 16000), 0o600)
	s.Want(`return stt.transcribe(fs.read("./a.wav"))`, "nil, unsupported: there is no speech to text: start Moonlark with --stt, unsupported")
}
