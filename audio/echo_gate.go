package audio

import (
	"math"
	"time"
)

const (
	// how long the echo continues after the speaker falls silent
	echoTail = 300 * time.Millisecond
	// played sound with this root mean square (-60 dBFS) or more shuts the gate
	audibleRMS = 0.001
	// minimum root mean square of played sound at which its echo can be measured
	measurableRMS = 0.01
	// how long the echo must be measured before the gate may open
	learnTime = time.Second
	// the gate opens if the recorded sound is louder than the loudest expected echo by this factor
	openRatio = 2.0
	// how long the recorded sound must be louder by openRatio before the gate opens
	openDelay = 100 * time.Millisecond
	// how long the gate stays open after the user's voice opened it
	openTime = 600 * time.Millisecond
)

// A Playback knows which sample was audible at which time. A [Player] implements Playback.
type Playback interface {
	// SampleAt returns the number of the sample that is audible at time t. The samples are numbered
	// from the beginning of the playback.
	SampleAt(t time.Time) int64

	// Played fills dst with the samples that were played. first is the number of the first sample.
	// If a sample is not known, Played writes 0 in its place.
	Played(dst []float32, first int64)
}

// An EchoGate is the simplest [EchoRemover]: it mutes the microphone while the speaker plays sound.
// The gate opens when the recorded sound is clearly louder than any echo can be, so that the user
// can interrupt the agent.
type EchoGate struct {
	playback Playback
	played   []float32
	shutFor  time.Duration // how much longer the gate stays shut; does not apply while openFor > 0
	// recent power (mean square) of the played sound; rises at once and decays slowly
	far     float64
	echo    float64       // estimate of the loudest echo's power, as a multiple of far
	learned time.Duration // how long the echo has been measured
	louder  time.Duration // how long the recorded sound has been louder than the echo
	openFor time.Duration // how much longer the gate stays open although the speaker plays
}

// NewEchoGate returns an EchoGate that removes the echo of the sound that playback plays.
func NewEchoGate(playback Playback) *EchoGate {
	return &EchoGate{playback: playback, played: make([]float32, Samples(ChunkLength))}
}

var _ EchoRemover = (*EchoGate)(nil)

// Remove implements [EchoRemover]. The recorder calls it for each chunk of recorded sound.
func (g *EchoGate) Remove(sound []float32, age time.Duration) {
	for len(sound) > 0 {
		n := min(len(sound), len(g.played))
		end := time.Now().Add(-age - Duration(len(sound)-n))
		g.playback.Played(g.played[:n], g.playback.SampleAt(end)-int64(n))
		g.apply(sound[:n], g.played[:n])
		sound = sound[n:]
	}
}

// apply clears sound, which was recorded, if the gate is shut. played is what the speaker played at
// the same time.
func (g *EchoGate) apply(sound, played []float32) {
	d := Duration(len(sound))
	far, near := meanSquare(played), meanSquare(sound)
	if far > audibleRMS*audibleRMS {
		g.shutFor = echoTail
	}
	if g.shutFor <= 0 {
		g.far, g.louder, g.openFor = 0, 0, 0
		return
	}
	g.shutFor -= d
	g.far = max(far, g.far*decay(d, echoTail/2))
	if g.far > measurableRMS*measurableRMS && near > 0 { // near is 0 if the microphone is off
		g.measure(near/g.far, d)
	}
	if g.openFor > 0 {
		g.openFor -= d
		return
	}
	clear(sound)
}

// measure updates the estimate of the echo, and opens the gate if the recorded sound has been
// louder than the echo for openDelay. ratio is the power of the recorded sound divided by the power
// of the played sound. d is the length of the recorded sound.
func (g *EchoGate) measure(ratio float64, d time.Duration) {
	switch {
	case g.learned < learnTime:
		g.learned += d
		g.echo = max(g.echo, ratio)
	case ratio > openRatio*openRatio*g.echo:
		if g.louder += d; g.louder >= openDelay {
			g.openFor = openTime
		}
		// If the recorded sound stays loud for many seconds, the cause is not the user but a louder
		// echo, for example because somebody has moved the speaker. So the estimate of the echo
		// rises slowly.
		g.echo += (ratio - g.echo) * (1 - decay(d, 10*time.Second))
	// the recorded sound may be the user's voice, so the estimate of the echo rises slowly
	case ratio > g.echo:
		g.louder = 0
		g.echo += (ratio - g.echo) * (1 - decay(d, 500*time.Millisecond))
	default:
		g.louder = 0
		g.echo *= decay(d, 20*time.Second)
	}
}

// decay returns the factor by which an exponentially decaying value shrinks in the time d. span is
// the time in which the value shrinks to 1/e.
func decay(d, span time.Duration) float64 { return math.Exp(-float64(d) / float64(span)) }

func meanSquare(sound []float32) float64 {
	sum := 0.0
	for _, x := range sound {
		sum += float64(x) * float64(x)
	}
	return sum / math.Max(float64(len(sound)), 1)
}
