//go:build !windows

package speechcmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"moonlark/audio"
	"moonlark/audio/wav"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// spoken is what a speaker says to text.
func spoken(t *testing.T, s Speaker, text string) []float32 {
	t.Helper()
	var all []float32
	err := s.Speak(t.Context(), text, func(sound []float32) error {
		all = append(all, sound...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func level(sound []float32) float64 {
	sum := 0.0
	for _, x := range sound {
		sum += float64(x) * float64(x)
	}
	return 10 * math.Log10(sum/float64(len(sound))+1e-10)
}

func TestEspeakSpeaks(t *testing.T) {
	s, err := NewSpeaker("auto")
	if err != nil {
		t.Fatal(err)
	}
	if s == nil {
		t.Skip("no espeak-ng here")
	}
	sound := spoken(t, *s, "The light in the hall is on.\nAnything else?")
	if took := audio.Duration(len(sound)); took < time.Second || took > 6*time.Second {
		t.Errorf("it took %v", took)
	}
	if got := level(sound); got < -35 || got > -10 {
		t.Errorf("got %.0f dBFS, want that of speech", got)
	}
}

func TestSoundHasWhatTheCommandWrites(t *testing.T) {
	dir := t.TempDir()
	tone := make([]float32, audio.Rate)
	for i := range tone {
		tone[i] = float32(math.Sin(2*math.Pi*300*float64(i)/audio.Rate)) / 2
	}
	wavFile, rawFile := filepath.Join(dir, "a.wav"), filepath.Join(dir, "a.raw")
	file := encode(tone)
	if err := errors.Join(os.WriteFile(wavFile, file, 0o600), os.WriteFile(rawFile, file[44:], 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		why     string
		command string
	}{
		{"a WAV", "cat " + wavFile},
		{"sound without a header", "cat " + rawFile},
		{"the text goes to stdin", `read name; cat "$name"`},
		{"the rate is known", `test "$MOONLARK_RATE" = 16000 && cat ` + rawFile},
		{"sound that comes in odd pieces", "head -c 1001 " + rawFile + "; sleep 0.1; tail -c +1002 " + rawFile},
	} {
		sound := spoken(t, Speaker(row.command), rawFile)
		if n := len(sound) - audio.Rate; n < -10 || n > 10 {
			t.Errorf("%s: %d samples, want %d", row.why, len(sound), audio.Rate)
			continue
		}
		if got := level(sound); math.Abs(got+9.03) > 0.1 {
			t.Errorf("%s: %.2f dBFS, want -9.03", row.why, got)
		}
	}
}

func TestSoundIsPlayedWhileTheCommandRuns(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	gate := filepath.Join(t.TempDir(), "gate")
	s := Speaker("head -c 16000 /dev/zero; while ! test -e " + gate + "; do sleep 0.01; done; head -c 16000 /dev/zero")
	n := 0
	err := s.Speak(ctx, "", func(sound []float32) error {
		if n == 0 {
			return os.WriteFile(gate, nil, 0o600)
		}
		n += len(sound)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestWhatGoesWrongIsSaid(t *testing.T) {
	for _, row := range []struct{ command, want string }{
		{"echo this >&2; echo that >&2; exit 3", "echo this >&2; echo that >&2; exit 3: exit status 3: that"},
		{"exit 1", "exit 1: exit status 1"},
		{"nosuchprogram", "nosuchprogram: exit status 127: "},
		{": " + strings.Repeat("x", 100) + "; exit 1", ": " + strings.Repeat("x", 58) + "...: exit status 1"},
		{"printf 'ID3 and music'", "printf 'ID3 and music': not a WAV file but MP3"},
		{"printf RIFFxxxxJUNK", "printf RIFFxxxxJUNK: not a WAV file"},
	} {
		err := Speaker(row.command).Speak(t.Context(), "hello", func([]float32) error { return nil })
		if err == nil || !strings.HasPrefix(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %s", row.command, err, row.want)
		}
	}
	errPlay := errors.New("nobody listens")
	if err := Speaker("cat /dev/zero").Speak(t.Context(), "", func([]float32) error { return errPlay }); err != errPlay {
		t.Errorf("got %v, want %v", err, errPlay)
	}
}

// running says whether a process is.
func running(pid int) bool {
	if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
		return !strings.Contains(string(stat), ") Z ") // dead, and its new parent has not looked yet
	}
	return syscall.Kill(pid, 0) == nil
}

func TestNothingOfACommandIsLeft(t *testing.T) {
	for _, row := range []struct{ why, command string }{
		{"it waits", `echo $$ >"$0"; sleep 1000`},
		{"its child waits", `sh -c 'echo $$ >"$0"; sleep 1000; true' "$0"; true`},
		{"it writes for ever", `echo $$ >"$0"; cat /dev/zero`},
		{"it does not want to end", `trap "" TERM INT HUP; echo $$ >"$0"; sleep 1000; true`},
		{"it is over, and its child is not", `sleep 1000 & echo $! >"$0"`},
	} {
		t.Run(row.why, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "pid")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			done := make(chan error, 1)
			go func() {
				done <- Speaker(strings.ReplaceAll(row.command, `"$0"`, file)).Speak(ctx, "hello", func([]float32) error { return nil })
			}()
			pid := 0
			for deadline := time.Now().Add(10 * time.Second); pid == 0; time.Sleep(5 * time.Millisecond) {
				text, _ := os.ReadFile(file)
				pid, _ = strconv.Atoi(strings.TrimSpace(string(text)))
				if time.Now().After(deadline) {
					t.Fatal("it does not begin")
				}
			}
			cancel()
			select {
			case err := <-done:
				if err != context.Canceled {
					t.Errorf("got %v", err)
				}
			case <-time.After(5 * time.Second):
				t.Fatal("Speak does not return")
			}
			for deadline := time.Now().Add(5 * time.Second); running(pid); time.Sleep(5 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("it still runs")
				}
			}
		})
	}
}

func TestRecogniserGetsAWAVAndPrintsWhatWasSaid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "heard.wav")
	tone := make([]float32, audio.Rate/2)
	for i := range tone {
		tone[i] = float32(math.Sin(2*math.Pi*300*float64(i)/audio.Rate)) / 2
	}
	text, err := Recogniser("cat >"+file+`; printf " Turn on\nthe light. \n\n"`).Transcribe(t.Context(), tone)
	if err != nil || text != "Turn on the light." {
		t.Errorf("got %q %v", text, err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sound, err := wav.Read(bytes.NewReader(data), 0)
	if err != nil || sound.Rate != 16000 || len(sound.Samples) != 8000 || math.Abs(level(sound.Samples)+9.03) > 0.2 {
		t.Errorf("got %d samples at %d, %.2f dBFS, %v", len(sound.Samples), sound.Rate, level(sound.Samples), err)
	}
	if sox, err := exec.LookPath("sox"); err == nil {
		if out, err := exec.Command(sox, file, "-n", "stat").CombinedOutput(); err != nil || bytes.Contains(out, []byte("WARN")) {
			t.Errorf("sox: %v %s", err, out)
		}
	}
}

func TestRecogniserThatFailsSaysWhy(t *testing.T) {
	for _, row := range []struct{ command, text, err string }{
		{"true", "", ""},
		{"cat >/dev/null", "", ""},
		{"echo no model >&2; exit 1", "", "exit status 1: no model"},
		{"printf 'a\\377b'", "a\ufffdb", ""},
	} {
		text, err := Recogniser(row.command).Transcribe(t.Context(), make([]float32, 100000))
		if text != row.text || (err == nil) != (row.err == "") || err != nil && !strings.Contains(err.Error(), row.err) {
			t.Errorf("%s: got %q %v", row.command, text, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Recogniser("sleep 1000").Transcribe(ctx, nil); err != context.DeadlineExceeded {
		t.Errorf("got %v", err)
	}
	if text, err := Recogniser("yes").Transcribe(ctx, nil); err == nil { // endless
		t.Errorf("got %.10q", text)
	}
}

func TestHowToSpeakIsRead(t *testing.T) {
	for _, row := range []struct{ how, command, err string }{
		{"exec:say it", "say it", ""},
		{"none", "", ""},
		{"", "", ""},
		{"exec:", "", "no command"},
		{"exec: ", "", "no command"},
		{"piper", "", `"piper": it can be exec:COMMAND`},
	} {
		speaker, err1 := NewSpeaker(row.how)
		recogniser, err2 := NewRecogniser(row.how)
		if row.command == "" != (speaker == nil) || speaker != nil && string(*speaker) != row.command || (recogniser == nil) != (speaker == nil) {
			t.Errorf("%s: got %v and %v", row.how, speaker, recogniser)
		}
		for _, err := range []error{err1, err2} {
			if (err == nil) != (row.err == "") || err != nil && !strings.Contains(err.Error(), row.err) {
				t.Errorf("%s: got %v, want %s", row.how, err, row.err)
			}
		}
	}
	t.Setenv("PATH", t.TempDir())
	if s, err := NewSpeaker("auto"); s != nil || err != nil {
		t.Errorf("auto without espeak-ng: got %v %v", s, err)
	}
}
