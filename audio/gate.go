package audio

import (
	"math"
	"time"
)

const (
	echoing   = 300 * time.Millisecond // that a room rings after the speaker has fallen silent
	audible   = 0.001                  // RMS of the speaker's sound from which on it counts: -60 dBFS
	telling   = 0.01                   // RMS from which on it says how loud its echo is
	learning  = time.Second            // of such sound, before anybody is believed to be louder
	louder    = 2.0                    // times as loud as the echo can be, and it is the user who speaks
	certainty = 100 * time.Millisecond // for so long
	openFor   = 600 * time.Millisecond // that the gate stays open after that
)

// A Heard knows what the speaker has said: a [Player].
type Heard interface {
	// At is which sample is heard at a time, of all since the beginning.
	At(t time.Time) int64
	// Heard copies those from a sample on; what is not known is silence.
	Heard(dst []float32, from int64)
}

// A Gate is the simplest way to be without an echo: while the speaker speaks,
// the microphone is shut. It opens for whoever is clearly louder than the
// echo, so that an agent can be interrupted.
type Gate struct {
	speaker Heard
	said    []float32
	shut    time.Duration // for how much longer
	far     float64       // mean square of what the speaker says, at its peaks
	room    float64       // that much of it comes back, at the most
	learned time.Duration // from so much of it
	sure    time.Duration // for how long somebody has been louder
	open    time.Duration // for how much longer
}

// NewGate makes a gate for what this speaker says.
func NewGate(speaker Heard) *Gate {
	return &Gate{speaker: speaker, said: make([]float32, Samples(ChunkLength))}
}

var _ Echo = (*Gate)(nil)

// Remove is the recorder's: see Echo.
func (g *Gate) Remove(sound []float32, age time.Duration) {
	for len(sound) > 0 {
		n := min(len(sound), len(g.said))
		end := time.Now().Add(-age - Duration(len(sound)-n))
		g.speaker.Heard(g.said[:n], g.speaker.At(end)-int64(n))
		g.pass(sound[:n], g.said[:n])
		sound = sound[n:]
	}
}

func (g *Gate) pass(sound, said []float32) {
	d := Duration(len(sound))
	far, near := power(said), power(sound)
	if far > audible*audible {
		g.shut = echoing
	}
	if g.shut <= 0 {
		g.far, g.sure, g.open = 0, 0, 0
		return
	}
	g.shut -= d
	g.far = max(far, g.far*fall(d, echoing/2))
	if g.far > telling*telling && near > 0 { // with nothing at all, the microphone is off
		g.listen(near/g.far, d)
	}
	if g.open > 0 {
		g.open -= d
		return
	}
	clear(sound)
}

// listen compares what is heard with what the speaker says: back is the one in
// terms of the other.
func (g *Gate) listen(back float64, d time.Duration) {
	switch {
	case g.learned < learning:
		g.learned += d
		g.room = max(g.room, back)
	case back > louder*louder*g.room:
		if g.sure += d; g.sure >= certainty {
			g.open = openFor
		}
		g.room += (back - g.room) * (1 - fall(d, 10*time.Second)) // nobody speaks up for that long: the device is another
	case back > g.room: // slowly: a voice rises too
		g.sure = 0
		g.room += (back - g.room) * (1 - fall(d, 500*time.Millisecond))
	default:
		g.sure = 0
		g.room *= fall(d, 20*time.Second)
	}
}

// fall is what is left after d of what falls to a third in span.
func fall(d, span time.Duration) float64 { return math.Exp(-float64(d) / float64(span)) }

// power is the mean square.
func power(sound []float32) float64 {
	sum := 0.0
	for _, x := range sound {
		sum += float64(x) * float64(x)
	}
	return sum / math.Max(float64(len(sound)), 1)
}
