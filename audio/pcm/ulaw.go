package pcm

import (
	"math"
	"math/bits"
)

const (
	ulawZero = 0xff    // the code of silence
	ulawBias = 33      // what G.711 adds, in steps of its 14 bits
	ulawMax  = 8158    // the loudest before the bias, in the same steps
	ulawFull = 1 << 13 // the step that means 1
)

// ulawSound is what each code means. There is a zero of either sign.
var ulawSound = func() (sound [256]float32) {
	for code := range sound {
		c := ^byte(code) // sent inverted
		step := (int(c&0xf)<<1|ulawBias)<<(c>>4&7) - ulawBias
		x := float64(step) / ulawFull
		if c&0x80 != 0 {
			x = -x
			if step == 0 {
				x = math.Copysign(0, -1)
			}
		}
		sound[code] = float32(x)
	}
	return sound
}()

// toULaw is the code for x.
func toULaw(x float32) byte {
	var sign byte
	if math.Signbit(float64(x)) {
		sign, x = 0x80, -x
	}
	if x != x {
		return ulawZero
	}
	// Codes meet at whole steps, so what is behind the point decides nothing.
	step := int(min(float64(x)*ulawFull, ulawMax)) + ulawBias
	segment := bits.Len(uint(step)) - 6
	return ^(sign | byte(segment<<4) | byte(step>>(segment+1)&0xf))
}
