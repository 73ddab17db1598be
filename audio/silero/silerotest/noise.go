package silerotest

import (
	"math"
	"math/rand/v2"
	"time"
)

// Hiss returns white noise. level is its level in dBFS.
func Hiss(d time.Duration, level float64) []float32 {
	rng := rand.New(rand.NewPCG(1, 2))
	sound := make([]float32, samples(d))
	for i := range sound {
		sound[i] = float32(rng.NormFloat64())
	}
	return AtLevel(resampled(sound), level)
}

// Music returns a song without a voice: chords of three tones with overtones that change twice a
// second, and a drum.
func Music(d time.Duration) []float32 {
	chords := [][]float64{{220, 277.2, 329.6}, {246.9, 311.1, 370}, {196, 246.9, 293.7}, {164.8, 207.7, 246.9}}
	rng := rand.New(rand.NewPCG(3, 4))
	sound := make([]float32, samples(d))
	for i := range sound {
		t := float64(i) / rate
		beat, since := math.Modf(2 * t)
		x := 0.0
		for _, tone := range chords[int(beat)%len(chords)] {
			for n := 1.0; n <= 4; n++ {
				x += math.Sin(2*math.Pi*tone*n*t) / n * math.Exp(-2*since)
			}
		}
		sound[i] = float32(x + 2*rng.NormFloat64()*math.Exp(-30*since))
	}
	return AtLevel(resampled(sound), -20)
}

// Vacuum returns the sound of a vacuum cleaner that is switched on after a second: a motor and air.
func Vacuum(d time.Duration) []float32 {
	rng := rand.New(rand.NewPCG(5, 6))
	sound := make([]float32, samples(d))
	air := 0.0
	for i := range sound {
		t := float64(i) / rate
		air += (rng.NormFloat64() - air) / 4 // less of the high frequencies
		x := air
		for n := 1.0; n <= 6; n++ {
			x += math.Sin(2*math.Pi*310*n*t) / (5 * n)
		}
		sound[i] = float32(x * min(max(t-1, 0), 1))
	}
	return AtLevel(resampled(sound), -20)
}

// Door returns the sound of a door that bangs once a second.
func Door(d time.Duration) []float32 {
	return AtLevel(resampled(bursts(d, time.Second, func(since float64, noise float64) float64 {
		return math.Exp(-25*since) * (noise + 3*math.Sin(2*math.Pi*90*since) + 2*math.Sin(2*math.Pi*170*since))
	})), -20)
}

// Typing returns the sound of a keyboard: seven keys a second.
func Typing(d time.Duration) []float32 {
	return AtLevel(resampled(bursts(d, time.Second/7, func(since float64, noise float64) float64 {
		return math.Exp(-300*since)*noise + 0.3*math.Exp(-20000*(since-0.06)*(since-0.06))*noise
	})), -30)
}

// Cough returns the sound of a cough every second: noise with the resonances of a mouth.
func Cough(d time.Duration) []float32 {
	sound := bursts(d, time.Second, func(since float64, noise float64) float64 {
		return noise * (math.Exp(-20*since) + 0.5*math.Exp(-500*(since-0.25)*(since-0.25)))
	})
	return AtLevel(resampled(resonate(resonate(sound, 700, 0.9), 1400, 0.85)), -20)
}

// bursts returns a sound that begins anew after each interval. burst returns a sample of the sound,
// for the time in seconds since its beginning; noise is a random number.
func bursts(d, interval time.Duration, burst func(since, noise float64) float64) []float32 {
	rng := rand.New(rand.NewPCG(7, 8))
	sound := make([]float32, samples(d))
	period := samples(interval)
	for i := range sound {
		sound[i] = float32(burst(float64(i%period)/rate, rng.NormFloat64()))
	}
	return sound
}

// resonate returns the sound with a resonance at the frequency. The resonance rings longer the
// closer decay is to 1.
func resonate(sound []float32, frequency, decay float64) []float32 {
	out := make([]float32, len(sound))
	a, b := 2*decay*math.Cos(2*math.Pi*frequency/rate), -decay*decay
	y1, y2 := 0.0, 0.0
	for i, x := range sound {
		y1, y2 = float64(x)+a*y1+b*y2, y1
		out[i] = float32(y1)
	}
	return out
}

// AtLevel changes the level of the sound to level, in dBFS, and returns the sound.
func AtLevel(sound []float32, level float64) []float32 {
	sum := 0.0
	for _, x := range sound {
		sum += float64(x) * float64(x)
	}
	gain := float32(math.Pow(10, level/20) / math.Sqrt(sum/float64(len(sound))+1e-20))
	for i := range sound {
		sound[i] *= gain
	}
	return sound
}
