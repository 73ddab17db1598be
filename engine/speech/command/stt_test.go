//go:build unix

package command

import (
	"bytes"
	"context"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlark/audio"
	"moonlark/audio/wav"
	"moonlark/engine/speech"
)

func TestACommandGetsAWAVFileAndPrintsTheText(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "heard.wav")
	text, err := SpeechToText("cat >"+file+`; printf " Turn on\nthe light. \n\n"`).Transcribe(t.Context(), speech.Request{}, tone(audio.Rate/2))
	if err != nil || text != "Turn on the light." {
		t.Errorf("got %q %v", text, err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sound, err := wav.Read(bytes.NewReader(data), time.Minute)
	if err != nil || sound.Rate != 16000 || len(sound.Samples) != 8000 || math.Abs(level(sound.Samples)+9.03) > 0.2 {
		t.Errorf("got %d samples at %d, %.2f dBFS, %v", len(sound.Samples), sound.Rate, level(sound.Samples), err)
	}
	if sox, err := exec.LookPath("sox"); err == nil {
		if out, err := exec.Command(sox, file, "-n", "stat").CombinedOutput(); err != nil || bytes.Contains(out, []byte("WARN")) {
			t.Errorf("sox: %v %s", err, out)
		}
	}
}

func TestTranscribeReturnsTextOrAnError(t *testing.T) {
	for _, row := range []struct{ command, text, err string }{
		{"true", "", ""},
		{"cat >/dev/null", "", ""},
		{"echo no model >&2; exit 1", "", "exit status 1: no model"},
		{"printf 'a\\377b'", "a\ufffdb", ""},
		{"head -c 100000 /dev/zero | tr '\\0' x", strings.Repeat("x", maxText), ""},
	} {
		text, err := SpeechToText(row.command).Transcribe(t.Context(), speech.Request{}, make([]float32, 100000))
		if text != row.text || (err == nil) != (row.err == "") || err != nil && !strings.Contains(err.Error(), row.err) {
			t.Errorf("%s: got %.40q %v", row.command, text, err)
		}
	}
	for _, endless := range []string{"sleep 60", "yes"} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if text, err := SpeechToText(endless).Transcribe(ctx, speech.Request{}, nil); err != context.DeadlineExceeded {
			t.Errorf("%s: got %.10q, %v", endless, text, err)
		}
		cancel()
	}
}
