package silero

import (
	"math"
	"math/bits"
)

const (
	windowSize = 256              // number of samples of a column of the spectra
	hop        = 128              // number of samples from one column to the next
	bins       = windowSize/2 + 1 // number of frequencies of a column
	columns    = 4                // number of columns of a frame
)

// spectra holds the amplitudes of the frequencies of a frame. Each row has the columns of one
// frequency, between two columns of zeros, which the first layer needs.
type spectra [bins][columns + 2]float32

// A transform is a table for the Fourier transform of 256 samples.
type transform struct {
	window   [windowSize]float32
	cos, sin [windowSize / 2]float32
	reversed [windowSize]uint8 // the indices with their bits in reverse order
}

func newTransform() *transform {
	t := new(transform)
	for i := range t.window {
		s := math.Sin(math.Pi * float64(i) / windowSize)
		t.window[i] = float32(s * s)
		t.reversed[i] = bits.Reverse8(uint8(i))
	}
	for i := range t.cos {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / windowSize)
		t.cos[i], t.sin[i] = float32(cos), float32(sin)
	}
	return t
}

// amplitudes computes the spectra of the input. It transforms two columns at a time, one as the
// real part and the other as the imaginary part.
//
//go:norace
func (t *transform) amplitudes(in *[contextSize + FrameSize + contextSize]float32, out *spectra) {
	var re, im [windowSize]float32
	for column := 0; column < columns; column += 2 {
		a := in[column*hop:][:windowSize]
		b := in[(column+1)*hop:][:windowSize]
		for i, w := range t.window {
			at := t.reversed[i]
			re[at], im[at] = w*a[i], w*b[i]
		}
		t.transform(&re, &im)
		for k := range bins {
			// The spectrum of a is the even part of the transform, that of b is the odd part.
			mirror := (windowSize - k) % windowSize
			r1, i1, r2, i2 := re[k], im[k], re[mirror], im[mirror]
			out[k][column+1] = amplitude(r1+r2, i1-i2)
			out[k][column+2] = amplitude(i1+i2, r1-r2)
		}
	}
}

// amplitude returns half of the absolute value of a complex number.
func amplitude(re, im float32) float32 {
	return float32(math.Sqrt(float64(re*re+im*im))) / 2
}

// transform computes the Fourier transform of complex numbers whose order is that of t.reversed.
//
//go:norace
func (t *transform) transform(re, im *[windowSize]float32) {
	for half := 1; half < windowSize; half *= 2 {
		step := windowSize / (2 * half)
		for i := range half {
			c, s := t.cos[i*step], t.sin[i*step]
			for a := i; a < windowSize; a += 2 * half {
				b := a + half
				x, y := re[b]*c+im[b]*s, im[b]*c-re[b]*s
				re[b], im[b] = re[a]-x, im[a]-y
				re[a], im[a] = re[a]+x, im[a]+y
			}
		}
	}
}
