package pcm

import (
	"fmt"
	"math"
	"slices"
	"time"
)

const (
	// taps is how many samples of the lower rate make one sample. With 48,
	// either tones that the lower rate cannot hold come through, or more than
	// the highest fifth of those that it can hold is weakened.
	taps = 64

	// rejection is by how much such tones are weakened, in dB.
	rejection = 100

	// maxPhases is how many filters a table has at most. A ratio that needs
	// more, as of a rate that nobody uses, has the filters between interpolated,
	// which is good to 118 dB.
	maxPhases = 1024

	room = 512 // samples taken in before the buffer is moved up
)

// A Resampler changes the rate of one stream. The sample it gives for a moment
// is the one that the stream had at that moment, so nothing shifts; only it is
// known later, by Delay. What is above half of the lower rate is gone, and what
// is below two fifths of it comes through as it was.
type Resampler struct {
	up, down int       // fixed: down samples become up
	width    int       // fixed: how many samples make one
	phases   int       // fixed: filters in table, less the last when between
	between  bool      // fixed: up is more than phases, so interpolate
	table    []float32 // fixed: filters of width, one a phase
	rate     int       // fixed: of what comes in

	buf   []float32 // what came in and is still needed; has room for a flush
	at    int       // in buf, the first sample of the next one to give
	phase int       // of up: how far that lies behind a sample that came in
}

// NewResampler makes a resampler. The rates are in samples a second and at
// least 1. It takes a few milliseconds, and up to 120 KB for the rates of
// [Formats].
func NewResampler(from, to int) *Resampler {
	if from < 1 || to < 1 {
		panic(fmt.Sprintf("pcm: resample from %d to %d", from, to))
	}
	g := gcd(from, to)
	r := &Resampler{up: to / g, down: from / g, rate: from}
	if from == to {
		return r
	}
	r.width = taps
	if from > to {
		r.width = (taps*from/to + 7) &^ 7 // dot wants eights
	}
	r.phases, r.between = r.up, r.up > maxPhases
	if r.between {
		r.phases = maxPhases
	}
	r.table = filters(r.width, r.phases, min(1, float64(to)/float64(from)))
	r.buf = make([]float32, 0, r.width+room+r.width/2)
	r.Reset()
	return r
}

// Reset forgets the stream, for another to begin.
func (r *Resampler) Reset() {
	if r.width > 0 {
		r.buf = r.buf[:r.width/2-1]
		clear(r.buf)
	}
	r.at, r.phase = 0, 0
}

// Delay is how much of the stream is held back, since what comes after it
// is needed first.
func (r *Resampler) Delay() time.Duration {
	return time.Duration(r.width/2) * time.Second / time.Duration(r.rate)
}

// Append takes in sound and appends to out what can be given by then. It
// allocates only where out has no room. The two must not overlap.
func (r *Resampler) Append(out, sound []float32) []float32 {
	if r.width == 0 {
		return append(out, sound...)
	}
	out = slices.Grow(out, int(int64(len(sound))*int64(r.up)/int64(r.down))+1)
	for len(sound) > 0 {
		n := min(len(sound), r.width+room-len(r.buf))
		r.buf = append(r.buf, sound[:n]...)
		sound = sound[n:]
		out = r.give(out, len(r.buf)-r.width)
		if len(r.buf) == r.width+room {
			r.buf = r.buf[:copy(r.buf, r.buf[r.at:])]
			r.at = 0
		}
	}
	return out
}

// Flush ends the stream: it appends what was held back, as if silence followed,
// and begins anew. Altogether a stream of n samples has then given n*to/from,
// rounded up.
func (r *Resampler) Flush(out []float32) []float32 {
	out = r.Rest(out)
	r.Reset()
	return out
}

// Rest appends what Flush would, but the stream goes on as if it had not been
// asked for.
func (r *Resampler) Rest(out []float32) []float32 {
	if r.width == 0 {
		return out
	}
	n, at, phase := len(r.buf), r.at, r.phase
	r.buf = r.buf[:n+r.width/2]
	clear(r.buf[n:])
	out = r.give(out, n-r.width/2) // up to where the last that came in is in the middle
	r.buf, r.at, r.phase = r.buf[:n], at, phase
	return out
}

// give appends the samples whose first is in buf at most at last.
func (r *Resampler) give(out []float32, last int) []float32 {
	for r.at <= last {
		x := r.buf[r.at : r.at+r.width]
		if r.between {
			p := r.phase * r.phases
			a := dot(r.filter(p/r.up), x)
			b := dot(r.filter(p/r.up+1), x)
			out = append(out, a+(b-a)*float32(p%r.up)/float32(r.up))
		} else {
			out = append(out, dot(r.filter(r.phase), x))
		}
		r.phase += r.down
		r.at += r.phase / r.up
		r.phase %= r.up
	}
	return out
}

func (r *Resampler) filter(phase int) []float32 {
	return r.table[phase*r.width : (phase+1)*r.width]
}

// dot is the sum of the products. The lengths are the same, a multiple of 8.
// Four sums that do not wait for each other, and no look at the length for each
// product, make it twice as fast as the plain loop.
func dot(a, b []float32) float32 {
	var w, x, y, z float32
	for len(a) >= 8 && len(b) >= 8 {
		p, q := (*[8]float32)(a), (*[8]float32)(b)
		w += p[0] * q[0]
		x += p[1] * q[1]
		y += p[2] * q[2]
		z += p[3] * q[3]
		w += p[4] * q[4]
		x += p[5] * q[5]
		y += p[6] * q[6]
		z += p[7] * q[7]
		a, b = a[8:], b[8:]
	}
	return (w + y) + (x + z)
}

// filters are phases+1 low-passes of width samples each, one after the other;
// the last is the first moved by a sample. What is above half of keep, a
// fraction of the rate that comes in, is stopped.
func filters(width, phases int, keep float64) []float32 {
	// The rules for a Kaiser window.
	edge := (rejection - 7.95) / (14.36 * taps) * keep // how wide the slope is
	beta := 0.1102 * (rejection - 8.7)
	cut := keep - edge // twice the middle of the slope
	half := float64(width) / 2

	table := make([]float32, 0, (phases+1)*width)
	row := make([]float64, width)
	for p := range phases + 1 {
		sum := 0.0
		for i := range row {
			t := float64(p)/float64(phases) + half - 1 - float64(i)
			w := 1 - t/half*t/half
			row[i] = sinc(cut*t) * bessel(beta*math.Sqrt(max(w, 0)))
			sum += row[i]
		}
		for _, x := range row {
			table = append(table, float32(x/sum))
		}
	}
	return table
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// bessel is the modified Bessel function of the first kind, of order 0.
func bessel(x float64) float64 {
	sum, term, q := 1.0, 1.0, x*x/4
	for k := 1.0; term > sum*1e-15; k++ {
		term *= q / (k * k)
		sum += term
	}
	return sum
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
