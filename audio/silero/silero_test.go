package silero_test

import (
	_ "embed"
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/audio/silero"
	"moonlark/audio/silero/silerotest"
)

// narrow changes the sample rate of the sound from audio.Rate to silero.Rate.
func narrow(sound []float32) []float32 {
	r := pcm.NewResampler(audio.Rate, silero.Rate)
	return r.Flush(r.Append(nil, sound))
}

// probabilities returns the probability of each frame of the sound, which is at silero.Rate.
func probabilities(sound []float32) (all []float32) {
	d := silero.New()
	for frame := range slices.Chunk(sound, silero.FrameSize) {
		if len(frame) == silero.FrameSize {
			all = append(all, d.Probability(frame))
		}
	}
	return all
}

// speechTime returns for how long the sound is speech.
func speechTime(sound []float32) time.Duration {
	frames := 0
	for _, p := range probabilities(narrow(sound)) {
		if p >= 0.5 {
			frames++
		}
	}
	return time.Duration(frames) * silero.FrameSize * time.Second / silero.Rate
}

// mixedSound returns the sound for which testdata/probabilities.txt has the probabilities.
func mixedSound() []float32 {
	second := time.Second
	return narrow(slices.Concat(
		silerotest.Sentence(), silerotest.Silence(second), silerotest.Music(2*second),
		silerotest.Mix(silerotest.Speech(3*second), silerotest.Hiss(3*second, -30)),
		silerotest.Mix(silerotest.Speech(3*second), silerotest.Music(3*second)),
		silerotest.Door(2*second), silerotest.Cough(2*second), silerotest.Vacuum(3*second),
		silerotest.AtLevel(silerotest.Speech(2*second), -50),
	))
}

//go:embed testdata/probabilities.txt
var expected string

var soundFile = flag.String("sound", "", "`file` to which the sound of TestProbabilitiesAreThoseOfOnnxruntime is written")

func TestProbabilitiesAreThoseOfOnnxruntime(t *testing.T) {
	sound := mixedSound()
	if *soundFile != "" {
		var data []byte
		for _, x := range sound {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(x))
		}
		if err := os.WriteFile(*soundFile, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got := probabilities(sound)
	lines := strings.Fields(expected)
	if len(lines) != len(got) {
		t.Fatalf("%d frames, want %d", len(got), len(lines))
	}
	worst := 0.0
	for i, line := range lines {
		var want float64
		if _, err := fmt.Sscan(line, &want); err != nil {
			t.Fatal(err)
		}
		difference := math.Abs(float64(got[i]) - want)
		if worst = max(worst, difference); difference > 2e-3 {
			t.Errorf("frame %d: got %.5f, want %.5f", i, got[i], want)
		}
	}
	t.Logf("largest difference: %.5f", worst)
}

func TestSpeechIsHeardInNoise(t *testing.T) {
	const length = 4 * time.Second
	for _, row := range []struct {
		name  string
		noise []float32
		gain  float64 // level of the noise, in dBFS; the level of the speech is -20
	}{
		{"no noise", silerotest.Silence(length), -100},
		{"hiss, 10 dB below the speech", silerotest.Hiss(length, -30), -30},
		{"hiss, 5 dB below", silerotest.Hiss(length, -25), -25},
		{"vacuum cleaner, 10 dB below", silerotest.Vacuum(length), -30},
		{"vacuum cleaner, 5 dB below", silerotest.Vacuum(length), -25},
		{"music, 10 dB below", silerotest.Music(length), -30},
	} {
		noise := silerotest.AtLevel(row.noise, row.gain)
		if got := speechTime(silerotest.Mix(silerotest.Speech(length), noise)); got < length*3/4 {
			t.Errorf("%s: %v of %v are speech", row.name, got, length)
		}
	}
}

func TestOtherSoundsAreNoSpeech(t *testing.T) {
	const length = 5 * time.Second
	for name, sound := range map[string][]float32{
		"silence": silerotest.Silence(length),
		"hiss":    silerotest.Hiss(length, -20),
		"music":   silerotest.Music(length),
		"vacuum":  silerotest.Vacuum(length),
		"door":    silerotest.Door(length),
		"typing":  silerotest.Typing(length),
	} {
		if got := speechTime(sound); got > 200*time.Millisecond {
			t.Errorf("%s: %v are speech", name, got)
		}
	}
}

func TestResetForgetsTheSound(t *testing.T) {
	d := silero.New()
	frame := narrow(silerotest.Speech(time.Second))[:silero.FrameSize]
	first := d.Probability(frame)
	if second := d.Probability(frame); second == first {
		t.Errorf("got %v twice: the detector does not remember the sound", first)
	}
	d.Reset()
	if again := d.Probability(frame); again != first {
		t.Errorf("got %v after Reset, want %v", again, first)
	}
}

func TestInvalidSamplesDoNoHarm(t *testing.T) {
	d := silero.New()
	frame := make([]float32, silero.FrameSize)
	for i, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e38, -1e38} {
		frame[i] = float32(x)
	}
	d.Probability(frame)
	speech := 0
	for frame := range slices.Chunk(narrow(silerotest.Sentence()), silero.FrameSize) {
		if len(frame) == silero.FrameSize && d.Probability(frame) > 0.5 {
			speech++
		}
	}
	if speech < 60 {
		t.Errorf("%d frames of speech", speech)
	}
}

func TestDetectorDoesNotAllocate(t *testing.T) {
	d := silero.New()
	frame := narrow(silerotest.Speech(time.Second))[:silero.FrameSize]
	if n := testing.AllocsPerRun(20, func() { d.Probability(frame) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkSecondOfSound measures the time for one second of sound: 31.25 frames.
func BenchmarkSecondOfSound(b *testing.B) {
	d := silero.New()
	frame := narrow(silerotest.Speech(time.Second))[:silero.FrameSize]
	b.ReportAllocs()
	frames := 0.0
	for b.Loop() {
		for frames += 31.25; frames >= 1; frames-- {
			d.Probability(frame)
		}
	}
}
