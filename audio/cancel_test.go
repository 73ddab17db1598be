package audio

import (
	"math"
	"testing"
	"testing/synctest"
	"time"
)

// A subtracter is a canceller that knows the room: what is heard is half of what
// is said, and no later.
type subtracter struct{}

func (subtracter) Frame() int { return 160 }
func (subtracter) Cancel(mic, far, out []float32) {
	for i := range out {
		out[i] = mic[i] - far[i]/2
	}
}

func TestTheCancellerBringsTogetherWhatIsSaidAndWhatIsHeardOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		said := saying{time.Now(), speech(3*time.Second, 0.5, 1)}
		low := 0.0 // what is above 8 kHz cannot come through 16 kHz
		for i, x := range said.sound {
			low += 0.4 * (float64(x) - low)
			said.sound[i] = float32(low)
		}
		user := buzz(3 * time.Second)
		heard := make([]float32, len(said.sound))
		for i, x := range said.sound {
			heard[i] = x/2 + user[i]
		}
		c := NewCanceller(said, subtracter{}, 16000)
		got := append([]float32{}, heard...)
		for at := 0; at < len(got); at += 480 {
			time.Sleep(10 * time.Millisecond)
			c.Remove(got[at:at+480], 0)
		}
		// The user, a little later, and nothing else.
		best, delay := 2.0, 0
		for d := range Samples(30 * time.Millisecond) {
			var off, all float64
			for i := Samples(time.Second); i < Samples(2*time.Second); i++ {
				x := float64(user[i-d])
				off += (float64(got[i]) - x) * (float64(got[i]) - x)
				all += x * x
			}
			if off/all < best {
				best, delay = off/all, d
			}
		}
		if best > 0.01 {
			t.Errorf("%.1f dB of something else than the user is left", 10*math.Log10(best))
		}
		if d := Duration(delay); d > 20*time.Millisecond {
			t.Errorf("it is held back for %v", d)
		}
	})
}
