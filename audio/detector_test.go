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

// noiseOf is white noise of a level, always the same.
func noiseOf(d time.Duration, level float64) []float32 {
	rng := rand.New(rand.NewPCG(1, 2))
	sound := make([]float32, Samples(d))
	for i := range sound {
		sound[i] = float32(rng.NormFloat64() * math.Pow(10, level/20))
	}
	return sound
}

// hum is a fan: a tone and two of its overtones, as loud as level says at each
// time from 0 to 1.
func hum(d time.Duration, level func(at float64) float64) []float32 {
	sound := make([]float32, Samples(d))
	for i := range sound {
		t := 2 * math.Pi * float64(i) / Rate
		x := math.Sin(100*t) + math.Sin(200*t)/3 + math.Sin(300*t)/10
		sound[i] = float32(x * math.Pow(10, level(float64(i)/float64(len(sound)))/20))
	}
	return sound
}

func mix(a, b []float32, at int) []float32 {
	for i := range b {
		a[at+i] += b[i]
	}
	return a
}

// espeak is text as espeak-ng says it, without the silence around it, at -20
// dBFS.
func espeak(t testing.TB, text string) []float32 {
	t.Helper()
	wav, err := exec.Command("espeak-ng", "--stdout", text).Output()
	if err != nil {
		t.Skipf("no espeak-ng here: %v", err)
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

// heard is what a detector makes of sound that comes in pieces of n samples.
func heard(sound []float32, n int) (changes []time.Duration) {
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

func TestNothingIsHeardInARoomWithoutVoice(t *testing.T) {
	for _, row := range []struct {
		why   string
		sound []float32
	}{
		{"silence", make([]float32, Samples(3*time.Second))},
		{"a quiet room", noiseOf(5*time.Second, -60)},
		{"a loud room", noiseOf(5*time.Second, -40)},
		{"a microphone that hisses after it was silent", append(make([]float32, Samples(time.Second)), noiseOf(5*time.Second, -60)...)},
		{"one that was mute for a while", append(append(noiseOf(5*time.Second, -45), make([]float32, Samples(5*time.Second))...), noiseOf(5*time.Second, -45)...)},
		{"a fan that hums", hum(5*time.Second, func(float64) float64 { return -20 })},
		{"a fan that hums louder and louder", mix(hum(12*time.Second, func(at float64) float64 { return -60 + 40*at }), noiseOf(12*time.Second, -60), 0)},
		{"wind that rises", func() []float32 {
			sound := noiseOf(12*time.Second, 0)
			for i := range sound {
				sound[i] *= float32(math.Pow(10, (-60+30*float64(i)/float64(len(sound)))/20))
			}
			return sound
		}()},
		{"a click", mix(noiseOf(3*time.Second, -60), noiseOf(15*time.Millisecond, -10), Samples(time.Second))},
		{"one side of zero", func() []float32 {
			sound := noiseOf(3*time.Second, -60)
			for i := range sound {
				sound[i] += 0.3
			}
			return sound
		}()},
		{"no numbers", []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 1e30}},
	} {
		if got := heard(row.sound, 960); len(got) > 0 {
			t.Errorf("%s: changes at %v", row.why, got)
		}
	}
}

func TestVoiceIsFoundInNoise(t *testing.T) {
	speech := espeak(t, "Turn on the kitchen light.")
	begins := 3 * time.Second
	ends := begins + Duration(len(speech))
	for _, level := range []float64{-90, -60, -50, -40, -35} {
		for _, piece := range []int{1, 320, 960, 4000, 1 << 20} {
			t.Run(fmt.Sprintf("%v dBFS, pieces of %d", level, piece), func(t *testing.T) {
				sound := mix(noiseOf(ends+2*time.Second, level), speech, Samples(begins))
				got := heard(sound, piece)
				if len(got) != 2 {
					t.Fatalf("changes at %v, want 2", got)
				}
				if late := got[0] - begins; late < 0 || late > 100*time.Millisecond {
					t.Errorf("it began %v after the voice", late)
				}
				if late := got[1] - ends; late < 200*time.Millisecond || late > 550*time.Millisecond { // its last sounds drown in noise
					t.Errorf("it ended %v after the voice", late)
				}
			})
		}
	}
}

func TestVoiceAtTheVeryBeginningIsFound(t *testing.T) {
	speech := espeak(t, "Turn on the kitchen light.")
	for name, sound := range map[string][]float32{
		"at once":       speech,
		"after zeros":   append(make([]float32, Samples(time.Second)), speech...),
		"after a start": append(noiseOf(100*time.Millisecond, -60), speech...),
	} {
		got := heard(append(sound, noiseOf(2*time.Second, -60)...), 960)
		begins := Duration(len(sound) - len(speech))
		if len(got) == 0 || got[0] < begins || got[0] > begins+200*time.Millisecond {
			t.Errorf("%s: changes at %v, want one soon after %v", name, got, begins)
		}
	}
}

func TestPauseInASentenceDoesNotEndIt(t *testing.T) {
	first, second := espeak(t, "Turn on"), espeak(t, "the kitchen light")
	gap := 350 * time.Millisecond
	sound := noiseOf(6*time.Second, -55)
	mix(sound, first, Samples(time.Second))
	mix(sound, second, Samples(time.Second+gap)+len(first))
	if got := heard(sound, 960); len(got) != 2 {
		t.Errorf("changes at %v, want 2", got)
	}
}

func TestFanThatIsSwitchedOnIsTakenForTheRoomSoon(t *testing.T) {
	got := heard(append(noiseOf(2*time.Second, -60), noiseOf(8*time.Second, -30)...), 960)
	if len(got) != 2 || got[1] > 6*time.Second {
		t.Errorf("changes at %v, want an end before 6 s", got)
	}
}

func TestLevelIsThatOfTheSound(t *testing.T) {
	for _, want := range []float64{-96, -60, -20, -3} {
		var d Detector
		sound := noiseOf(time.Second, want)
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

func TestScoreTellsVoiceFromRoom(t *testing.T) {
	var d Detector
	d.Hear(noiseOf(time.Second, -50))
	if got := d.Score(); got > 0.2 {
		t.Errorf("in an empty room: %v", got)
	}
	d.Hear(noiseOf(100*time.Millisecond, -20))
	if got := d.Score(); got < 0.8 {
		t.Errorf("with a voice: %v", got)
	}
}

func TestDetectorDoesNotAllocate(t *testing.T) {
	var d Detector
	sound := noiseOf(20*time.Millisecond, -30)
	if n := testing.AllocsPerRun(100, func() { d.Hear(sound) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkDetector is the work for 20 ms of sound.
func BenchmarkDetector(b *testing.B) {
	var d Detector
	sound := noiseOf(20*time.Millisecond, -30)
	b.ReportAllocs()
	for b.Loop() {
		for rest := sound; len(rest) > 0; {
			rest, _ = d.Hear(rest)
		}
	}
}
