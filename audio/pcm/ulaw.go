package pcm

import (
	"math"
	"math/bits"
)

const (
	ulawZero = 0xff    // u-law code of the sample value 0
	ulawBias = 33      // number that the standard G.711 adds to each 14-bit magnitude
	ulawMax  = 8158    // largest 14-bit magnitude before ulawBias is added
	ulawFull = 1 << 13 // 14-bit magnitude of the sample value 1
)

// ulawSamples contains the sample value of each u-law code. Two codes have the value 0: one with a
// positive and one with a negative sign.
var ulawSamples = func() (samples [256]float32) {
	for code := range samples {
		c := ^byte(code) // the standard G.711 inverts the bits of a code
		magnitude := (int(c&0xf)<<1|ulawBias)<<(c>>4&7) - ulawBias
		x := float64(magnitude) / ulawFull
		if c&0x80 != 0 {
			x = -x
			if magnitude == 0 {
				x = math.Copysign(0, -1)
			}
		}
		samples[code] = float32(x)
	}
	return samples
}()

// toULaw returns the code whose sample value is nearest to x. It clips x and returns the code of 0
// for NaN.
func toULaw(x float32) byte {
	var sign byte
	if math.Signbit(float64(x)) {
		sign, x = 0x80, -x
	}
	if x != x {
		return ulawZero
	}
	// Each code stands for a range of magnitudes that begins and ends at an integer. So int, which
	// cuts off the fraction, does not change the code.
	magnitude := int(min(float64(x)*ulawFull, ulawMax)) + ulawBias
	segment := bits.Len(uint(magnitude)) - 6
	return ^(sign | byte(segment<<4) | byte(magnitude>>(segment+1)&0xf))
}
