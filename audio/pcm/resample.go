package pcm

import (
	"fmt"
	"math"
	"slices"
	"time"
)

const (
	// taps is the length of a filter, in samples at the lower of the two rates. A shorter filter,
	// of 48 samples, would have one of two defects: it would let frequencies through that the lower
	// rate cannot represent, or it would also attenuate frequencies that the lower rate can
	// represent.
	taps = 64

	// rejection is the attenuation, in dB, of frequencies that the lower rate cannot represent.
	rejection = 100

	// maxPhases is the maximum number of filters in a table. If the ratio of the two rates needs
	// more filters, the resampler interpolates between the filters of the table, with an error of
	// -118 dB. The usual ratios need fewer filters.
	maxPhases = 1024

	// number of input samples that fit into Resampler.buf in addition to the length of one filter
	bufferSamples = 512
)

// A Resampler changes the sample rate of one stream. The sound is not shifted in time. But an
// output sample becomes available late: only when the method Append has got more input, of the
// length Delay. The resampler removes frequencies above half of the lower rate, and does not change
// frequencies below two fifths of the lower rate.
type Resampler struct {
	// ratio of the rates: up output samples for each down input samples; never change after
	// NewResampler
	up, down int
	// length of a filter in input samples, or 0 if the two rates are the same; never changes after
	// NewResampler
	width int
	// number of filters in table, not counting the last one, which serves interpolation; never
	// changes after NewResampler
	phases int
	// interpolate between two filters, because up is greater than phases; never changes after
	// NewResampler
	interpolate bool
	table       []float32 // the filters, one per phase; never changes after NewResampler
	rate        int       // sample rate of the input; never changes after NewResampler

	// input samples that the next output samples need; the capacity leaves room for the silence
	// that Rest appends
	buf []float32
	at  int // index in buf of the first input sample for the next output sample
	// position of the next output sample, as its distance from an input sample in units of 1/up
	// samples
	phase int
}

// NewResampler returns a resampler that converts sound from the sample rate from to the sample rate
// to. Both rates must be at least 1. For the rates of [Formats], NewResampler takes a few
// milliseconds, and the resampler uses up to 120 KB of memory.
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
		r.width = (taps*from/to + 7) &^ 7 // the function dot needs a multiple of 8
	}
	r.phases, r.interpolate = r.up, r.up > maxPhases
	if r.interpolate {
		r.phases = maxPhases
	}
	r.table = filters(r.width, r.phases, min(1, float64(to)/float64(from)))
	r.buf = make([]float32, 0, r.width+bufferSamples+r.width/2)
	r.Reset()
	return r
}

// Reset discards all input and prepares the resampler for a new stream.
func (r *Resampler) Reset() {
	if r.width > 0 {
		r.buf = r.buf[:r.width/2-1]
		clear(r.buf)
	}
	r.at, r.phase = 0, 0
}

// Delay returns the length of the input for which no output is available yet. Each output sample
// depends on this much of the input after it.
func (r *Resampler) Delay() time.Duration {
	return time.Duration(r.width/2) * time.Second / time.Duration(r.rate)
}

// Append adds sound to the input, appends the available output to out, and returns the result. It
// allocates memory only if the capacity of out is too small. sound and out must not overlap.
func (r *Resampler) Append(out, sound []float32) []float32 {
	if r.width == 0 {
		return append(out, sound...)
	}
	out = slices.Grow(out, int(int64(len(sound))*int64(r.up)/int64(r.down))+1)
	for len(sound) > 0 {
		n := min(len(sound), r.width+bufferSamples-len(r.buf))
		r.buf = append(r.buf, sound[:n]...)
		sound = sound[n:]
		out = r.produce(out, len(r.buf)-r.width)
		if len(r.buf) == r.width+bufferSamples {
			r.buf = r.buf[:copy(r.buf, r.buf[r.at:])]
			r.at = 0
		}
	}
	return out
}

// Flush ends the stream: it computes the rest of the output as if silence followed the input,
// appends that output to out, calls Reset, and returns the result. For an input of n samples, the
// total output has n*to/from samples, rounded up.
func (r *Resampler) Flush(out []float32) []float32 {
	out = r.Rest(out)
	r.Reset()
	return out
}

// Rest appends to out what Flush would append, and returns the result. Unlike Flush, Rest does not
// end the stream and has no effect on later calls of Append.
func (r *Resampler) Rest(out []float32) []float32 {
	if r.width == 0 {
		return out
	}
	n, at, phase := len(r.buf), r.at, r.phase
	r.buf = r.buf[:n+r.width/2]
	clear(r.buf[n:])
	// compute the output up to the last input sample before the silence
	out = r.produce(out, n-r.width/2)
	r.buf, r.at, r.phase = r.buf[:n], at, phase
	return out
}

// produce computes the output samples whose first input sample has an index in buf of at most last.
// It appends them to out and returns the result.
func (r *Resampler) produce(out []float32, last int) []float32 {
	for r.at <= last {
		x := r.buf[r.at : r.at+r.width]
		if r.interpolate {
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

// filter returns the filter with the number phase in the table.
func (r *Resampler) filter(phase int) []float32 {
	return r.table[phase*r.width : (phase+1)*r.width]
}

// dot returns the dot product of a and b. Both must have the same length, which must be a multiple
// of 8. With four independent sums and few bounds checks, dot is twice as fast as a simple loop.
// The race detector would make it many times slower.
//
//go:norace
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

// filters returns phases+1 low-pass filters of width samples each, one after the other in one
// slice. The last filter equals the first one shifted by one sample. The filters remove frequencies
// above band/2 times the input rate.
func filters(width, phases int, band float64) []float32 {
	// These are the formulas for a Kaiser window.
	// width of the filter's transition band
	transition := (rejection - 7.95) / (14.36 * taps) * band
	beta := 0.1102 * (rejection - 8.7)
	cutoff := band - transition // twice the frequency in the middle of the transition band
	half := float64(width) / 2

	table := make([]float32, 0, (phases+1)*width)
	row := make([]float64, width)
	for p := range phases + 1 {
		sum := 0.0
		for i := range row {
			t := float64(p)/float64(phases) + half - 1 - float64(i)
			w := 1 - t/half*t/half
			row[i] = sinc(cutoff*t) * bessel(beta*math.Sqrt(max(w, 0)))
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

// bessel returns the modified Bessel function of the first kind of order 0 at x.
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
