package audio

import (
	"math"
	"testing"
	"testing/synctest"
	"time"
)

// A subtracter is a FrameCanceller that removes an echo with half the amplitude of the played sound
// and no delay.
type subtracter struct{}

func (subtracter) Frame() int { return 160 }
func (subtracter) Cancel(mic, far, out []float32) {
	for i := range out {
		out[i] = mic[i] - far[i]/2
	}
}

func TestCancellerAlignsPlayedAndRecordedSound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		playback := fakePlayback{time.Now(), fakeSpeech(3*time.Second, 0.5, 1)}
		// state of a low-pass filter for the test's sound; the canceller works at 16 kHz and would
		// remove frequencies above 8 kHz
		low := 0.0
		for i, x := range playback.sound {
			low += 0.4 * (float64(x) - low)
			playback.sound[i] = float32(low)
		}
		user := sine(3 * time.Second)
		recorded := make([]float32, len(playback.sound))
		for i, x := range playback.sound {
			recorded[i] = x/2 + user[i]
		}
		c := NewEchoCanceller(playback, subtracter{}, 16000)
		got := append([]float32{}, recorded...)
		for at := 0; at < len(got); at += 480 {
			time.Sleep(10 * time.Millisecond)
			c.Remove(got[at:at+480], 0)
		}
		// Find the delay at which got is closest to user.
		bestError, delay := 2.0, 0
		for d := range Samples(30 * time.Millisecond) {
			var difference, total float64
			for i := Samples(time.Second); i < Samples(2*time.Second); i++ {
				x := float64(user[i-d])
				difference += (float64(got[i]) - x) * (float64(got[i]) - x)
				total += x * x
			}
			if difference/total < bestError {
				bestError, delay = difference/total, d
			}
		}
		if bestError > 0.01 {
			t.Errorf("the output differs from the user's sound by %.1f dB, want at most -20 dB", 10*math.Log10(bestError))
		}
		if d := Duration(delay); d > 20*time.Millisecond {
			t.Errorf("the delay is %v, want at most 20ms", d)
		}
	})
}
