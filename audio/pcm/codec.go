package pcm

import "slices"

// fullScale is the 16-bit number that represents the sample value 1. The largest number that fits
// into 16 bits is one less.
const fullScale = 1 << 15

// Append encodes sound in the format f, appends the bytes to encoded, and returns the result.
// Samples outside the range from -1 to 1 are clipped. NaN becomes 0.
func (f Format) Append(encoded []byte, sound []float32) []byte {
	encoded = slices.Grow(encoded, len(sound)*f.SampleBytes())
	if f.Encoding == ULaw {
		for _, x := range sound {
			encoded = append(encoded, toULaw(x))
		}
		return encoded
	}
	for _, x := range sound {
		s := uint16(ToS16(x))
		encoded = append(encoded, byte(s), byte(s>>8))
	}
	return encoded
}

// A Decoder decodes the bytes of one stream. Each stream needs a Decoder of its own.
type Decoder struct {
	encoding Encoding
	lower    byte // lower byte of a sample whose upper byte was not passed to Append yet
	hasLower bool // the field lower is valid
}

// NewDecoder returns a decoder for a stream of format f.
func NewDecoder(f Format) *Decoder { return &Decoder{encoding: f.Encoding} }

// Append decodes the bytes encoded, appends the samples to sound, and returns the result. If
// encoded ends in the middle of a sample, the decoder keeps the first half for the next call.
func (d *Decoder) Append(sound []float32, encoded []byte) []float32 {
	if d.encoding == ULaw {
		sound = slices.Grow(sound, len(encoded))
		for _, b := range encoded {
			sound = append(sound, ulawSamples[b])
		}
		return sound
	}
	if len(encoded) == 0 {
		return sound
	}
	sound = slices.Grow(sound, len(encoded)/2+1)
	if d.hasLower {
		sound = append(sound, fromS16(d.lower, encoded[0]))
		encoded = encoded[1:]
	}
	for ; len(encoded) >= 2; encoded = encoded[2:] {
		sound = append(sound, fromS16(encoded[0], encoded[1]))
	}
	if d.hasLower = len(encoded) == 1; d.hasLower {
		d.lower = encoded[0]
	}
	return sound
}

// Reset prepares the decoder for a new stream: it discards the first half of an incomplete sample.
func (d *Decoder) Reset() { d.hasLower = false }

func fromS16(lower, upper byte) float32 {
	return float32(int16(uint16(lower)|uint16(upper)<<8)) / fullScale
}

// ToS16 returns the 16-bit sample that is nearest to x. It clips x and returns 0 for NaN.
func ToS16(x float32) int16 {
	// a float64, because the product of float32 numbers would be rounded
	v := float64(x) * fullScale
	switch {
	case v >= fullScale-1:
		return fullScale - 1
	case v <= -fullScale:
		return -fullScale
	case v >= 0:
		return int16(v + 0.5)
	case v < 0:
		return int16(v - 0.5)
	}
	return 0 // NaN
}
