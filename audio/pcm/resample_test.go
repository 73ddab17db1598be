package pcm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// eachRatio runs test for all conversions between 48000 and another rate of the ElevenLabs
// protocol, in both directions. It also runs test for two rates whose ratio is complicated.
func eachRatio(t *testing.T, test func(t *testing.T, from, to int)) {
	both := func(a, b int) {
		for _, r := range [][2]int{{a, b}, {b, a}} {
			t.Run(fmt.Sprintf("%d to %d", r[0], r[1]), func(t *testing.T) { test(t, r[0], r[1]) })
		}
	}
	for _, rate := range []int{8000, 16000, 22050, 24000, 44100} {
		both(rate, 48000)
	}
	both(16000, 44100)
}

// tone returns n samples of a sine wave with half of the maximum amplitude and the frequency hz.
func tone(hz float64, rate, n int) []float32 {
	sound := make([]float32, n)
	for i := range sound {
		sound[i] = 0.5 * float32(math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
	}
	return sound
}

// middle returns sound without its first and last eighth. There, the resampled tone is inexact,
// because it begins and ends abruptly.
func middle(sound []float32) []float32 { return sound[len(sound)/8 : len(sound)*7/8] }

// level returns the level of sound in dB relative to the level of tone.
func level(sound []float32) float64 {
	sum := 0.0
	for _, x := range sound {
		sum += float64(x) * float64(x)
	}
	return 10 * math.Log10(sum/float64(len(sound))/0.125+1e-30)
}

// subtractTone finds the tone with the frequency hz in sound. gain is the level of that tone in dB
// relative to the level of tone; rest is sound without that tone.
func subtractTone(sound []float32, hz float64, rate int) (gain float64, rest []float32) {
	var ss, sc, cc, xs, xc float64
	w := 2 * math.Pi * hz / float64(rate)
	for i, x := range sound {
		s, c := math.Sincos(w * float64(i))
		ss, sc, cc = ss+s*s, sc+s*c, cc+c*c
		xs, xc = xs+float64(x)*s, xc+float64(x)*c
	}
	det := ss*cc - sc*sc
	a, b := (xs*cc-xc*sc)/det, (xc*ss-xs*sc)/det
	rest = make([]float32, len(sound))
	for i, x := range sound {
		s, c := math.Sincos(w * float64(i))
		rest[i] = float32(float64(x) - a*s - b*c)
	}
	return 20 * math.Log10(math.Hypot(a, b)/0.5), rest
}

func resample(sound []float32, from, to int) []float32 {
	r := NewResampler(from, to)
	return r.Flush(r.Append(nil, sound))
}

func TestResampledToneHasNoNoise(t *testing.T) {
	eachRatio(t, func(t *testing.T, from, to int) {
		out := middle(resample(tone(997, from, from/2), from, to))
		gain, rest := subtractTone(out, 997, to)
		t.Logf("noise %.1f dB", level(rest))
		if got := level(rest); got > -105 {
			t.Errorf("noise %.1f dB, want below -105", got)
		}
		if math.Abs(gain) > 0.001 {
			t.Errorf("gain %.4f dB, want 0", gain)
		}
	})
}

func TestTonesUpToFourFifthsOfTheBandAreNotChanged(t *testing.T) {
	eachRatio(t, func(t *testing.T, from, to int) {
		low := float64(min(from, to))
		for _, part := range []float64{0.01, 0.1, 0.2, 0.3, 0.35, 0.38, 0.4} {
			out := middle(resample(tone(part*low, from, from/8), from, to))
			gain, rest := subtractTone(out, part*low, to)
			if math.Abs(gain) > 0.001 {
				t.Errorf("%.0f Hz: gain %.4f dB, want 0", part*low, gain)
			}
			// the noise includes images: copies of the tone at other frequencies, which arise when
			// the rate increases
			if got := level(rest); got > -100 {
				t.Errorf("%.0f Hz: noise and images %.1f dB, want below -100", part*low, got)
			}
		}
	})
}

func TestTonesAboveTheBandAreRemoved(t *testing.T) {
	eachRatio(t, func(t *testing.T, from, to int) {
		if from < to {
			return
		}
		highest := -200.0
		for _, part := range []float64{0.501, 0.51, 0.55, 0.6, 0.7, 0.8, 1, 1.3, 1.5, 2.2, 2.9} {
			hz := part * float64(to)
			if hz >= float64(from)/2 {
				break
			}
			got := level(middle(resample(tone(hz, from, from/8), from, to)))
			highest = max(highest, got)
			if got > -95 {
				t.Errorf("%.0f Hz: level %.1f dB, want below -95", hz, got)
			}
		}
		t.Logf("highest level %.1f dB", highest)
	})
}

// TestUnusualRatesAreResampledWithoutNoise checks ratios that need interpolation between filters.
func TestUnusualRatesAreResampledWithoutNoise(t *testing.T) {
	for _, r := range [][2]int{{47999, 48000}, {48000, 47999}, {11127, 48000}, {191999, 48000}, {48000, 192000}, {1000, 48000}} {
		from, to := r[0], r[1]
		out := middle(resample(tone(300, from, from), from, to))
		gain, rest := subtractTone(out, 300, to)
		if got := level(rest); got > -100 || math.Abs(gain) > 0.001 {
			t.Errorf("%d to %d: noise %.1f dB, want below -100; gain %.4f dB, want 0", from, to, got, gain)
		}
	}
}

func TestSoundIsNotShiftedInTime(t *testing.T) {
	eachRatio(t, func(t *testing.T, from, to int) {
		got := middle(resample(tone(440, from, from/2), from, to))
		want := middle(tone(440, to, to/2))
		for i := range want {
			if math.Abs(float64(got[i]-want[i])) > 1e-5 {
				t.Fatalf("sample %d: got %v, want %v", i, got[i], want[i])
			}
		}
	})
}

func TestNumberOfOutputSamplesMatchesTheRatio(t *testing.T) {
	eachRatio(t, func(t *testing.T, from, to int) {
		for _, n := range []int{0, 1, 2, 31, 32, 33, 1000} {
			if got, want := len(resample(make([]float32, n), from, to)), (n*to+from-1)/from; got != want {
				t.Errorf("%d input samples: got %d output samples, want %d", n, got, want)
			}
		}
		r := NewResampler(from, to)
		held := int(r.Delay() * time.Duration(to) / time.Second)
		var out []float32
		chunk, got := make([]float32, from/2), 0
		for range 4 {
			out = r.Append(out[:0], chunk)
			got += len(out)
		}
		if want := 2*to - held; got > want || got < want-to/from-2 {
			t.Errorf("2 s of input: got %d output samples, want %d", got, want)
		}
	})
}

func TestResamplerOutputDoesNotDependOnPieceSizes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	eachRatio(t, func(t *testing.T, from, to int) {
		sound := noise(r, 2000)
		compareInPieces(t, from, to, sound, func() int { return 1 })
		compareInPieces(t, from, to, sound, func() int { return r.IntN(700) })
		compareInPieces(t, from, to, sound, func() int { return 441 })
	})
}

func FuzzResamplerOutputDoesNotDependOnPieceSizes(f *testing.F) {
	f.Add(uint32(16000), uint32(48000), uint16(3000), []byte{1, 20, 255})
	f.Add(uint32(47999), uint32(8000), uint16(3000), []byte{0, 9})
	f.Fuzz(func(t *testing.T, from, to uint32, n uint16, sizes []byte) {
		if from == 0 || to == 0 || from/to > 16 || to/from > 16 || from > 200000 || to > 200000 {
			t.Skip()
		}
		i := 0
		compareInPieces(t, int(from), int(to), noise(rand.New(rand.NewPCG(1, 2)), int(n)), func() int {
			if i++; i > len(sizes) {
				return int(n)
			}
			return int(sizes[i-1]) * 8
		})
	})
}

// compareInPieces resamples sound in one piece, and again in pieces whose sizes nextSize returns.
// The test fails if the outputs differ. To check that Flush resets a resampler, compareInPieces
// compares twice with the same two resamplers.
func compareInPieces(t *testing.T, from, to int, sound []float32, nextSize func() int) {
	t.Helper()
	whole, pieces := NewResampler(from, to), NewResampler(from, to)
	for range 2 {
		want := whole.Flush(whole.Append(nil, sound))
		var got []float32
		for rest := sound; len(rest) > 0; {
			n := min(nextSize(), len(rest))
			got = pieces.Append(got, rest[:n])
			rest = rest[n:]
		}
		if got = pieces.Flush(got); !slices.Equal(got, want) {
			t.Fatalf("%d to %d: the %d samples in pieces differ from the %d samples in one piece", from, to, len(got), len(want))
		}
		if want := (int64(len(sound))*int64(to) + int64(from) - 1) / int64(from); int64(len(got)) != want {
			t.Fatalf("%d to %d: got %d samples, want %d", from, to, len(got), want)
		}
	}
}

// noise returns n random samples.
func noise(r *rand.Rand, n int) []float32 {
	sound := make([]float32, n)
	for i := range sound {
		sound[i] = r.Float32()*2 - 1
	}
	return sound
}

func TestSameRateCopiesTheSound(t *testing.T) {
	sound := tone(997, 48000, 100)
	r := NewResampler(48000, 48000)
	if got := r.Flush(r.Append(nil, sound)); !slices.Equal(got, sound) || r.Delay() != 0 {
		t.Errorf("got %v, delay %v", got, r.Delay())
	}
	got := r.Append(nil, sound)
	got[0] = 7
	if sound[0] == 7 {
		t.Error("the output shares memory with the input")
	}
}

func TestResetDiscardsTheStream(t *testing.T) {
	sound := tone(997, 16000, 1000)
	want := resample(sound, 16000, 44100)
	r := NewResampler(16000, 44100)
	r.Append(nil, tone(3000, 16000, 777))
	r.Reset()
	if got := r.Flush(r.Append(nil, sound)); !slices.Equal(got, want) {
		t.Error("the output depends on the sound before Reset")
	}
}

func TestDelayIsTheLengthOfTheMissingOutput(t *testing.T) {
	for _, row := range []struct {
		from, to int
		want     time.Duration
	}{
		{8000, 48000, 4 * time.Millisecond},
		{16000, 48000, 2 * time.Millisecond},
		{48000, 16000, 2 * time.Millisecond},
		{48000, 8000, 4 * time.Millisecond},
	} {
		r := NewResampler(row.from, row.to)
		if r.Delay() != row.want {
			t.Errorf("%d to %d: got %v, want %v", row.from, row.to, r.Delay(), row.want)
		}
		out := r.Append(nil, make([]float32, row.from))
		if held := row.to - len(out); held != int(row.want*time.Duration(row.to)/time.Second) {
			t.Errorf("%d to %d: %d samples were held back, want %v", row.from, row.to, held, row.want)
		}
	}
}

func TestResamplerDoesNotAllocate(t *testing.T) {
	eachRatio(t, func(t *testing.T, from, to int) {
		r := NewResampler(from, to)
		chunk, out := make([]float32, from/50), make([]float32, 0, to/50+2)
		if n := testing.AllocsPerRun(20, func() { out = r.Append(out[:0], chunk) }); n != 0 {
			t.Errorf("got %v allocations", n)
		}
	})
}

func BenchmarkResample(b *testing.B) {
	for _, r := range [][2]int{{8000, 48000}, {16000, 48000}, {22050, 48000}, {24000, 48000}, {44100, 48000},
		{48000, 8000}, {48000, 16000}, {48000, 22050}, {48000, 24000}, {48000, 44100}, {44100, 16000}} {
		from, to := r[0], r[1]
		chunk, out := tone(997, from, from/50), make([]float32, 0, to/50+2)
		b.Run(fmt.Sprintf("%d to %d", from, to), func(b *testing.B) {
			r := NewResampler(from, to)
			b.ReportAllocs()
			for b.Loop() {
				out = r.Append(out[:0], chunk)
			}
			reportSpeed(b)
		})
		b.Run(fmt.Sprintf("%d to %d/linear", from, to), func(b *testing.B) {
			l := linear{step: float64(from) / float64(to)}
			for b.Loop() {
				out = l.append(out[:0], chunk)
			}
			reportSpeed(b)
		})
	}
}

func BenchmarkNewResampler(b *testing.B) {
	for b.Loop() {
		NewResampler(44100, 16000)
	}
}

// linear is a resampler that interpolates linearly. BenchmarkResample compares the speed of the
// Resampler with the speed of linear.
type linear struct {
	step, at float64
	last     float32
}

func (l *linear) append(out, sound []float32) []float32 {
	for ; l.at < float64(len(sound)); l.at += l.step {
		i := int(l.at)
		a := l.last
		if i > 0 {
			a = sound[i-1]
		}
		out = append(out, a+(sound[i]-a)*float32(l.at-float64(i)))
	}
	l.at -= float64(len(sound))
	l.last = sound[len(sound)-1]
	return out
}
