package audio

import (
	"math"
	"testing"
	"testing/synctest"
	"time"
)

// A fakePlayback is a Playback that plays sound, beginning at the time began.
type fakePlayback struct {
	began time.Time
	sound []float32
}

func (p fakePlayback) SampleAt(t time.Time) int64 { return int64(t.Sub(p.began) * Rate / time.Second) }
func (p fakePlayback) Played(dst []float32, first int64) {
	clear(dst)
	for i := range dst {
		if at := first + int64(i); at >= 0 && at < int64(len(p.sound)) {
			dst[i] = p.sound[at]
		}
	}
}

// fakeSpeech returns noise of length d whose level rises and falls like that of speech. Each seed
// gives different noise.
func fakeSpeech(d time.Duration, amplitude float64, seed uint32) []float32 {
	sound := make([]float32, Samples(d))
	for i := range sound {
		seed = seed*1664525 + 1013904223
		syllable := math.Abs(math.Sin(2 * math.Pi * 2.5 * float64(i) / Rate))
		sound[i] = float32(amplitude * syllable * (float64(seed>>8)/(1<<23) - 1))
	}
	return sound
}

func TestGateIsShutDuringPlaybackAndOpensForUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		playback := fakePlayback{time.Now(), fakeSpeech(6*time.Second, 0.5, 1)}
		recorded := make([]float32, Samples(8*time.Second))
		// add the echo: half as loud as the playback, and 10 ms later
		for i, x := range playback.sound {
			recorded[i+480] += x / 2
		}
		// add the voice of a user who interrupts the agent
		for i, x := range fakeSpeech(time.Second, 1, 2) {
			recorded[i+Samples(4*time.Second)] += x
		}
		// add the voice of a user who speaks after the playback
		for i, x := range fakeSpeech(time.Second, 0.2, 3) {
			recorded[i+Samples(7*time.Second)] += x
		}
		var agent fakeAgent
		r := NewRecorder(NewEchoGate(playback), new(Counts))
		r.Begin(pcm16000, ChunkLength, false, agent.send)
		record(r, recorded)
		if got := agent.rms(0, 4*time.Second); got != 0 {
			t.Errorf("RMS of the echo is %.4f, want 0", got)
		}
		if got := agent.rms(4500*time.Millisecond, 5*time.Second); got < 0.1 {
			t.Errorf("RMS of the user is %.4f during playback, want at least 0.1", got)
		}
		if got := agent.rms(7100*time.Millisecond, 7900*time.Millisecond); got < 0.03 {
			t.Errorf("RMS of the user is %.4f after playback, want at least 0.03", got)
		}
	})
}

func TestGateAdaptsToLouderEcho(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		playback := fakePlayback{time.Now(), fakeSpeech(30*time.Second, 0.5, 1)}
		recorded := make([]float32, Samples(30*time.Second))
		for i, x := range playback.sound[:len(playback.sound)-480] {
			// an echo as weak as in a headset; after 5 s, an echo as strong as from a loudspeaker
			echo := float32(0.005)
			if i > Samples(5*time.Second) {
				echo = 0.5
			}
			recorded[i+480] = echo * x
		}
		var agent fakeAgent
		r := NewRecorder(NewEchoGate(playback), new(Counts))
		r.Begin(pcm16000, ChunkLength, false, agent.send)
		record(r, recorded)
		if got := agent.rms(25*time.Second, 29*time.Second); got != 0 {
			t.Errorf("RMS of the echo is %.4f 20 s later, want 0", got)
		}
	})
}

func TestGateDoesNotMeasureEchoWhileMicrophoneIsOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		playback := fakePlayback{time.Now(), fakeSpeech(6*time.Second, 0.5, 1)}
		recorded := make([]float32, Samples(6*time.Second))
		for i, x := range playback.sound[:len(playback.sound)-480] {
			if i > Samples(2*time.Second) {
				recorded[i+480] = x / 2
			}
		}
		var agent fakeAgent
		r := NewRecorder(NewEchoGate(playback), new(Counts))
		r.Begin(pcm16000, ChunkLength, false, agent.send)
		record(r, recorded)
		if got := agent.rms(2*time.Second, 5900*time.Millisecond); got != 0 {
			t.Errorf("RMS of the echo is %.4f, want 0", got)
		}
	})
}
