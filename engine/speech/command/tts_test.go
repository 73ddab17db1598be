//go:build unix

package command

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonlark/audio"
	"moonlark/engine/speech"
	"moonlark/engine/testkit"
)

// These tests run real commands. How commands are ended and what their errors contain is tested in
// package process.

func TestMain(m *testing.M) {
	testkit.SetParallel(8) // the tests mostly wait, so more of them run at a time
	goleak.VerifyTestMain(m)
}

// speak returns the sound that s makes when it speaks the text.
func speak(t *testing.T, s TextToSpeech, text string) []float32 {
	t.Helper()
	var all []float32
	err := s.Speak(t.Context(), speech.Utterance{Text: text}, func(sound []float32) error {
		all = append(all, sound...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// level returns the mean power of the sound in dBFS.
func level(sound []float32) float64 {
	sum := 0.0
	for _, x := range sound {
		sum += float64(x) * float64(x)
	}
	return 10 * math.Log10(sum/float64(len(sound))+1e-10)
}

// tone returns n samples of a 300 Hz tone at half of full scale, which is -9.03 dBFS.
func tone(n int) []float32 {
	sound := make([]float32, n)
	for i := range sound {
		sound[i] = float32(math.Sin(2*math.Pi*300*float64(i)/audio.Rate)) / 2
	}
	return sound
}

func TestEspeakSpeaks(t *testing.T) {
	s, err := NewTextToSpeech("auto")
	if err != nil {
		t.Fatal(err)
	}
	if s == nil {
		t.Skip("espeak-ng is not installed")
	}
	sound := speak(t, *s, "The light in the hall is on.\nAnything else?")
	if length := audio.Duration(len(sound)); length < time.Second || length > 6*time.Second {
		t.Errorf("got %v of sound, want that of two short sentences", length)
	}
	if got := level(sound); got < -35 || got > -10 {
		t.Errorf("got %.0f dBFS, want the level of speech", got)
	}
}

func TestTheSoundOfACommandIsPlayed(t *testing.T) {
	dir := t.TempDir()
	wavFile, rawFile := filepath.Join(dir, "a.wav"), filepath.Join(dir, "a.raw")
	file := speech.EncodeWAV(tone(audio.Rate))
	if err := errors.Join(os.WriteFile(wavFile, file, 0o600), os.WriteFile(rawFile, file[44:], 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name    string
		command string
	}{
		{"a WAV file", "cat " + wavFile},
		{"sound without a header", "cat " + rawFile},
		{"the text on standard input", `read name; cat "$name"`},
		{"the rate in the environment", `test "$MOONLARK_RATE" = 16000 && cat ` + rawFile},
		{"a sample that comes in two pieces", "head -c 1001 " + rawFile + "; sleep 0.1; tail -c +1002 " + rawFile},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			sound := speak(t, TextToSpeech(row.command), rawFile)
			if n := len(sound) - audio.Rate; n < -10 || n > 10 {
				t.Errorf("%d samples, want %d", len(sound), audio.Rate)
			} else if got := level(sound); math.Abs(got+9.03) > 0.1 {
				t.Errorf("%.2f dBFS, want -9.03", got)
			}
		})
	}
}

func TestACommandIsToldHowToSpeak(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "voice")
	s := TextToSpeech(`echo "$MOONLARK_VOICE,$MOONLARK_LANGUAGE,$MOONLARK_SPEED" >>` + file)
	for _, voice := range []speech.Voice{{Name: "amy $x", Language: "pt-br", Speed: 1.25}, {}} {
		if err := s.Speak(t.Context(), speech.Utterance{Text: "x", Voice: voice}, func([]float32) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := SpeechToText(`echo "$MOONLARK_LANGUAGE" >>`+file).Transcribe(t.Context(), speech.Request{Language: "de"}, nil); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(file); string(got) != "amy $x,pt-br,1.25\n,,\nde\n" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestEspeakSpeaksTheLanguageOfTheConversation(t *testing.T) {
	s, err := NewTextToSpeech("auto")
	if err != nil || s == nil {
		t.Skip("espeak-ng is not installed")
	}
	length := func(language string) (samples int) {
		err := s.Speak(t.Context(), speech.Utterance{Text: "12345", Voice: speech.Voice{Language: language}}, func(sound []float32) error {
			samples += len(sound)
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		return samples
	}
	if en, de, none := length(""), length("de"), length("xx"); en == de || en != none {
		t.Errorf("the number takes %d samples in English, %d in German and %d in an unknown language", en, de, none)
	}
}

func TestSoundIsPlayedWhileTheCommandRuns(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	// The command waits until something is written to this FIFO, and then writes the rest of its
	// sound.
	gate := filepath.Join(t.TempDir(), "gate")
	if err := syscall.Mkfifo(gate, 0o600); err != nil {
		t.Fatal(err)
	}
	s := TextToSpeech(`head -c 16000 /dev/zero; read go <"` + gate + `"; head -c 16000 /dev/zero`)
	played := 0
	err := s.Speak(ctx, speech.Utterance{}, func(sound []float32) error {
		if played == 0 {
			if err := os.WriteFile(gate, []byte("go\n"), 0o600); err != nil {
				return err
			}
		}
		played += len(sound)
		return nil
	})
	if n := played - audio.Rate; err != nil || n < -10 || n > 10 {
		t.Errorf("played %d samples, %v, want %d", played, err, audio.Rate)
	}
}

func TestSpeakReturnsErrors(t *testing.T) {
	for _, row := range []struct{ command, want string }{
		{"echo this >&2; echo that >&2; exit 3", "exec:echo this >&2; echo that >&2; exit 3: exit status 3: that"},
		{"nosuchprogram", "exec:nosuchprogram: exit status 127: "},
		{"printf 'ID3 and music'", "exec:printf 'ID3 and music': not a WAV file but MP3"},
		{"printf RIFFxxxxJUNK", "exec:printf RIFFxxxxJUNK: not a WAV file"},
	} {
		err := TextToSpeech(row.command).Speak(t.Context(), speech.Utterance{Text: "hello"}, func([]float32) error { return nil })
		if err == nil || !strings.HasPrefix(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %s", row.command, err, row.want)
		}
	}
	errPlay := errors.New("no speaker")
	if err := TextToSpeech("cat /dev/zero").Speak(t.Context(), speech.Utterance{}, func([]float32) error { return errPlay }); err != errPlay {
		t.Errorf("got %v, want %v", err, errPlay)
	}
}

func TestSpeakStopsWhenTheContextIsDone(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("interrupted")
	err := TextToSpeech("cat /dev/zero").Speak(ctx, speech.Utterance{}, func([]float32) error {
		cancel(why)
		return nil
	})
	if err != why {
		t.Errorf("got %v, want %v", err, why)
	}
}

func TestFlagsForSpeechAreParsed(t *testing.T) {
	for _, row := range []struct{ flag, command, err string }{
		{"exec:say it", "say it", ""},
		{"none", "", ""},
		{"", "", ""},
		{"exec:", "", "no command"},
		{"exec: ", "", "no command"},
		{"piper", "", `"piper": want exec:COMMAND`},
	} {
		tts, err1 := NewTextToSpeech(row.flag)
		stt, err2 := NewSpeechToText(row.flag)
		if row.command == "" {
			if tts != nil || stt != nil {
				t.Errorf("%s: got %v and %v, want nil", row.flag, tts, stt)
			}
		} else if tts == nil || stt == nil || string(*tts) != row.command || string(*stt) != row.command {
			t.Errorf("%s: got %v and %v, want %s", row.flag, tts, stt, row.command)
		}
		for _, err := range []error{err1, err2} {
			if (err == nil) != (row.err == "") || err != nil && !strings.Contains(err.Error(), row.err) {
				t.Errorf("%s: got %v, want %s", row.flag, err, row.err)
			}
		}
	}
	t.Setenv("PATH", t.TempDir())
	if s, err := NewTextToSpeech("auto"); s != nil || err != nil {
		t.Errorf("auto without espeak-ng: got %v %v", s, err)
	}
}
