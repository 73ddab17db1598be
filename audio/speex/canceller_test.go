//go:build linux && !static

package speex

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

const rate = 16000

// canceller returns a canceller for frames of 10 ms, which is closed at the end of the test. It
// skips the test if libspeexdsp is not installed.
func canceller(t testing.TB) *Canceller {
	t.Helper()
	c, err := New(rate, 10*time.Millisecond, 200*time.Millisecond)
	if err != nil && strings.Contains(err.Error(), "not installed") {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestEchoOfARoomIsRemovedAndTheUserIsKept(t *testing.T) {
	c := canceller(t)
	far := speech(1, 24, 0.2)
	near := speech(2, 24, 0.06)
	silence(near, 0, 12) // from 0 to 12 s, only the agent speaks
	silence(far, 12, 16) // from 12 to 16 s, only the user speaks; from 16 to 24 s, both speak
	mic := room(far)
	for i, v := range near {
		mic[i] += v
	}

	clean := make([]float32, len(mic))
	n := c.Frame()
	for i := 0; i+n <= len(mic); i += n {
		c.Cancel(mic[i:i+n], far[i:i+n], clean[i:i+n])
	}

	early, late := level(mic, 1, 3)-level(clean, 1, 3), level(mic, 6, 12)-level(clean, 6, 12)
	alone := level(clean, 12.5, 16) - level(near, 12.5, 16)
	same := correlation(near, clean, 12.5, 16)
	both := level(clean, 17, 24) - level(near, 17, 24)
	t.Logf("removed %.1f dB at 1-3 s, %.1f dB at 6-12 s; user alone %+.1f dB, correlation %.2f; over the agent %+.1f dB",
		early, late, alone, same, both)
	if late < 15 {
		t.Errorf("%.1f dB of echo removed, want at least 15", late)
	}
	if math.Abs(alone) > 3 || same < 0.8 {
		t.Errorf("the user alone came through at %+.1f dB, correlation %.2f; want within 3 dB and at least 0.8", alone, same)
	}
	if math.Abs(both) > 6 {
		t.Errorf("the user over the agent came through at %+.1f dB, want within 6", both)
	}
}

func TestCancelDoesNotAllocate(t *testing.T) {
	c := canceller(t)
	mic, far := speech(1, 1, 0.2), speech(2, 1, 0.2)
	if n := testing.AllocsPerRun(1000, func() { c.Cancel(mic[:160], far[:160], mic[:160]) }); n >= 1 {
		t.Errorf("%v allocations a frame", n)
	}
}

func TestClosedCancellerCopiesTheSound(t *testing.T) {
	c := canceller(t)
	c.Close()
	c.Close()
	mic, out := speech(1, 1, 0.2)[:160], make([]float32, 160)
	c.Cancel(mic, mic, out)
	if out[100] != mic[100] {
		t.Error("the sound of the microphone did not come through")
	}
}

func TestMissingLibraryIsNamedWithItsPackage(t *testing.T) {
	_, err := open("libspeexdsp.so.99", rate, 10*time.Millisecond, 200*time.Millisecond)
	want := "speex: libspeexdsp.so.99 is not installed: apt-get install libspeexdsp1"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestBadLengthsAreRefused(t *testing.T) {
	for name, d := range map[string][2]time.Duration{
		"no frame":                 {0, time.Second},
		"a tail less than a frame": {20 * time.Millisecond, 10 * time.Millisecond},
		"a tail of a minute":       {10 * time.Millisecond, time.Minute},
	} {
		if _, err := New(rate, d[0], d[1]); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func BenchmarkCancel(b *testing.B) {
	c := canceller(b)
	far := speech(1, 10, 0.2)
	mic, out := room(far), make([]float32, 160)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		c.Cancel(mic[i:i+160], far[i:i+160], out)
		if i += 160; i+160 > len(mic) {
			i = 0
		}
	}
	perFrame := b.Elapsed() / time.Duration(b.N)
	b.ReportMetric(100*perFrame.Seconds()/0.010, "%core")
}

// speech returns noise with the rhythm and the resonances of speech. Its root mean square is rms.
// Each seed gives different noise.
func speech(seed uint64, seconds int, rms float64) []float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	sound := make([]float32, seconds*rate)
	// numbers of samples until the next syllable and until the next pulse of the voice
	var syllable, voice int
	var loud, pitch, a1, a2, y1, y2, energy float64
	for i := range sound {
		if syllable--; syllable < 0 {
			syllable = rate/8 + r.IntN(rate/6)
			loud = r.Float64()
			if r.IntN(5) == 0 {
				loud = 0 // one syllable in five is a pause
			}
			pitch = 90 + 120*r.Float64()
			formant := 300 + 1500*r.Float64()
			a1, a2 = 2*0.97*math.Cos(2*math.Pi*formant/rate), -0.97*0.97
		}
		x := 0.3 * r.NormFloat64()
		if voice--; voice < 0 {
			voice = int(rate / pitch)
			x += 5
		}
		y := a1*y1 + a2*y2 + x*loud
		y1, y2 = y, y1
		sound[i] = float32(y)
		energy += y * y
	}
	scale := float32(rms / math.Sqrt(energy/float64(len(sound))))
	for i := range sound {
		sound[i] *= scale
	}
	return sound
}

// room returns what a microphone in a room records while a speaker plays far: the sound at half its
// level, with reflections for 120 ms, and noise at -60 dB.
func room(far []float32) []float32 {
	r := rand.New(rand.NewPCG(3, 3))
	type tap struct {
		delay int
		gain  float32
	}
	taps := []tap{{40, 1}} // the direct path from the speaker to the microphone, 85 cm
	for range 150 {
		delay := 40 + r.IntN(120*rate/1000)
		decay := math.Exp(-5 * float64(delay) / (0.120 * rate))
		taps = append(taps, tap{delay, float32(0.3 * decay * r.NormFloat64())})
	}
	var energy float64
	for _, t := range taps {
		energy += float64(t.gain * t.gain)
	}
	half := float32(0.5 / math.Sqrt(energy))
	heard := make([]float32, len(far))
	for _, t := range taps {
		gain := t.gain * half
		for i, v := range far[:len(far)-t.delay] {
			heard[i+t.delay] += gain * v
		}
	}
	for i := range heard {
		heard[i] += 0.001 * float32(r.NormFloat64())
	}
	return heard
}

// silence replaces a part of the sound by silence. The part begins and ends at the seconds begin
// and end.
func silence(sound []float32, begin, end int) { clear(sound[begin*rate : end*rate]) }

// level returns the level of a part of the sound, in dB. The part begins and ends at the seconds
// begin and end.
func level(sound []float32, begin, end float64) float64 {
	var sum float64
	part := sound[int(begin*rate):int(end*rate)]
	for _, v := range part {
		sum += float64(v) * float64(v)
	}
	return 10 * math.Log10(sum/float64(len(part))+1e-12)
}

// correlation returns how similar a and b are in a part that begins and ends at the seconds begin
// and end. The result is 1 if b equals a, even if b has another level or is delayed by up to 20 ms.
func correlation(a, b []float32, begin, end float64) float64 {
	var best float64
	for later := range rate / 50 {
		var ab, aa, bb float64
		for i := int(begin * rate); i < int(end*rate)-later; i += 3 {
			x, y := float64(a[i]), float64(b[i+later])
			ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
		}
		best = max(best, ab/math.Sqrt(aa*bb+1e-12))
	}
	return best
}
