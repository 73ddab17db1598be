package audio

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"testing"
	"time"
)

// whiteNoise returns white noise of length d. level is its level in dBFS. Each call returns the
// same noise.
func whiteNoise(d time.Duration, level float64) []float32 {
	rng := rand.New(rand.NewPCG(1, 2))
	sound := make([]float32, Samples(d))
	for i := range sound {
		sound[i] = float32(rng.NormFloat64() * math.Pow(10, level/20))
	}
	return sound
}

// hum returns a sound like that of a fan: a tone and two overtones. d is the length of the sound.
// level returns the level in dBFS; its argument at is 0 at the beginning of the sound and 1 at the
// end.
func hum(d time.Duration, level func(at float64) float64) []float32 {
	sound := make([]float32, Samples(d))
	for i := range sound {
		t := 2 * math.Pi * float64(i) / Rate
		x := math.Sin(100*t) + math.Sin(200*t)/3 + math.Sin(300*t)/10
		sound[i] = float32(x * math.Pow(10, level(float64(i)/float64(len(sound)))/20))
	}
	return sound
}

// mix adds the samples of b to those of a and returns a. The first sample of b is added to
// a[first].
func mix(a, b []float32, first int) []float32 {
	for i := range b {
		a[first+i] += b[i]
	}
	return a
}

// espeak returns speech in which espeak-ng says text. The speech has the level -20 dBFS, and no
// silence before or after it. espeak skips the test if espeak-ng is not installed.
func espeak(t testing.TB, text string) []float32 {
	t.Helper()
	wav, err := exec.Command("espeak-ng", "--stdout", text).Output()
	if err != nil {
		t.Skipf("espeak-ng: %v", err)
	}
	const rate = 22050
	data := wav[bytes.Index(wav, []byte("data"))+8:]
	sample := func(i int) float64 { return float64(int16(binary.LittleEndian.Uint16(data[2*i:]))) / 32768 }
	sound := make([]float32, (len(data)/2-1)*Rate/rate)
	sum := 0.0
	for i := range sound {
		at := float64(i) * rate / Rate
		n := int(at)
		x := sample(n) + (at-float64(n))*(sample(n+1)-sample(n))
		sound[i] = float32(x)
		sum += x * x
	}
	gain := float32(0.1 / math.Sqrt(sum/float64(len(sound))))
	for i := range sound {
		sound[i] *= gain
	}
	for len(sound) > 0 && math.Abs(float64(sound[0])) < 0.01 {
		sound = sound[1:]
	}
	for len(sound) > 0 && math.Abs(float64(sound[len(sound)-1])) < 0.01 {
		sound = sound[:len(sound)-1]
	}
	return sound
}

// detect passes sound to a new Detector in pieces of n samples. It returns the times at which a
// voice began or ended.
func detect(sound []float32, n int) (changes []time.Duration) {
	var d Detector
	at := 0
	for len(sound) > 0 {
		piece := sound[:min(n, len(sound))]
		sound = sound[len(piece):]
		for len(piece) > 0 {
			before := len(piece)
			var change Change
			piece, change = d.Hear(piece)
			at += before - len(piece)
			if change != NoChange {
				changes = append(changes, Duration(at))
			}
		}
	}
	return changes
}

func TestNoVoiceIsDetectedInSoundsOfARoom(t *testing.T) {
	for _, row := range []struct {
		name  string
		sound []float32
	}{
		{"silence", make([]float32, Samples(3*time.Second))},
		{"a quiet room", whiteNoise(5*time.Second, -60)},
		{"a loud room", whiteNoise(5*time.Second, -40)},
		{"a microphone with noise after silence", append(make([]float32, Samples(time.Second)), whiteNoise(5*time.Second, -60)...)},
		{"a microphone that is off for a while", append(append(whiteNoise(5*time.Second, -45), make([]float32, Samples(5*time.Second))...), whiteNoise(5*time.Second, -45)...)},
		{"a fan", hum(5*time.Second, func(float64) float64 { return -20 })},
		{"a fan that becomes louder", mix(hum(12*time.Second, func(at float64) float64 { return -60 + 40*at }), whiteNoise(12*time.Second, -60), 0)},
		{"wind that becomes louder", func() []float32 {
			sound := whiteNoise(12*time.Second, 0)
			for i := range sound {
				sound[i] *= float32(math.Pow(10, (-60+30*float64(i)/float64(len(sound)))/20))
			}
			return sound
		}()},
		{"a click", mix(whiteNoise(3*time.Second, -60), whiteNoise(15*time.Millisecond, -10), Samples(time.Second))},
		{"a constant offset", func() []float32 {
			sound := whiteNoise(3*time.Second, -60)
			for i := range sound {
				sound[i] += 0.3
			}
			return sound
		}()},
		{"invalid samples", []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 1e30}},
	} {
		if got := detect(row.sound, 960); len(got) > 0 {
			t.Errorf("%s: changes at %v", row.name, got)
		}
	}
}

func TestVoiceInNoiseIsDetected(t *testing.T) {
	speech := espeak(t, "Turn on the kitchen light.")
	begins := 3 * time.Second
	ends := begins + Duration(len(speech))
	for _, level := range []float64{-90, -60, -50, -40, -35} {
		for _, piece := range []int{1, 320, 960, 4000, 1 << 20} {
			t.Run(fmt.Sprintf("%v dBFS, pieces of %d", level, piece), func(t *testing.T) {
				sound := mix(whiteNoise(ends+2*time.Second, level), speech, Samples(begins))
				got := detect(sound, piece)
				if len(got) != 2 {
					t.Fatalf("changes at %v, want 2", got)
				}
				if late := got[0] - begins; late < 0 || late > 100*time.Millisecond {
					t.Errorf("the begin was detected %v after the begin of the voice", late)
				}
				// the end is detected early, because the last sounds of the speech are quieter than
				// the noise
				if late := got[1] - ends; late < 200*time.Millisecond || late > 550*time.Millisecond {
					t.Errorf("the end was detected %v after the end of the voice", late)
				}
			})
		}
	}
}

func TestVoiceAtTheBeginningOfTheSoundIsDetected(t *testing.T) {
	speech := espeak(t, "Turn on the kitchen light.")
	for name, sound := range map[string][]float32{
		"at once":                 speech,
		"after a second of zeros": append(make([]float32, Samples(time.Second)), speech...),
		"after 100 ms of noise":   append(whiteNoise(100*time.Millisecond, -60), speech...),
	} {
		got := detect(append(sound, whiteNoise(2*time.Second, -60)...), 960)
		begins := Duration(len(sound) - len(speech))
		if len(got) == 0 || got[0] < begins || got[0] > begins+200*time.Millisecond {
			t.Errorf("%s: changes at %v, want one within 200ms after %v", name, got, begins)
		}
	}
}

func TestPauseInASentenceDoesNotEndTheVoice(t *testing.T) {
	first, second := espeak(t, "Turn on"), espeak(t, "the kitchen light")
	gap := 350 * time.Millisecond
	sound := whiteNoise(6*time.Second, -55)
	mix(sound, first, Samples(time.Second))
	mix(sound, second, Samples(time.Second+gap)+len(first))
	if got := detect(sound, 960); len(got) != 2 {
		t.Errorf("changes at %v, want 2", got)
	}
}

func TestFanCountsAsNoiseSoonAfterItIsSwitchedOn(t *testing.T) {
	got := detect(append(whiteNoise(2*time.Second, -60), whiteNoise(8*time.Second, -30)...), 960)
	if len(got) != 2 || got[1] > 6*time.Second {
		t.Errorf("changes at %v, want an end before 6 s", got)
	}
}

func TestDetectorMeasuresTheLevelOfNoise(t *testing.T) {
	for _, want := range []float64{-96, -60, -20, -3} {
		var d Detector
		sound := whiteNoise(time.Second, want)
		if want == -96 {
			clear(sound)
		}
		for len(sound) > 0 {
			sound, _ = d.Hear(sound)
		}
		if got := d.Level(); math.Abs(got-want) > 1 {
			t.Errorf("got %v dBFS, want %v", got, want)
		}
	}
}

func TestScoreIsHighForVoiceAndLowForNoise(t *testing.T) {
	var d Detector
	d.Hear(whiteNoise(time.Second, -50))
	if got := d.Score(); got > 0.2 {
		t.Errorf("score of noise is %v, want at most 0.2", got)
	}
	d.Hear(whiteNoise(100*time.Millisecond, -20))
	if got := d.Score(); got < 0.8 {
		t.Errorf("score of louder sound is %v, want at least 0.8", got)
	}
}

func TestDetectorDoesNotAllocate(t *testing.T) {
	var d Detector
	sound := whiteNoise(20*time.Millisecond, -30)
	if n := testing.AllocsPerRun(100, func() { d.Hear(sound) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkDetector measures the time that a Detector needs for 20 ms of sound.
func BenchmarkDetector(b *testing.B) {
	var d Detector
	sound := whiteNoise(20*time.Millisecond, -30)
	b.ReportAllocs()
	for b.Loop() {
		for rest := sound; len(rest) > 0; {
			rest, _ = d.Hear(rest)
		}
	}
}
