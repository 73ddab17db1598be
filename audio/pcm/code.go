package pcm

import (
	"slices"
)

// full is the number in a signed 16-bit sample that means 1. The loudest such
// sample is a little less.
const full = 1 << 15

// Append appends sound to wire as bytes of format f. What is louder than f can
// say is clipped; what is not a number is silence.
func (f Format) Append(wire []byte, sound []float32) []byte {
	wire = slices.Grow(wire, len(sound)*f.SampleBytes())
	if f.Encoding == ULaw {
		for _, x := range sound {
			wire = append(wire, toULaw(x))
		}
		return wire
	}
	for _, x := range sound {
		s := uint16(toS16(x))
		wire = append(wire, byte(s), byte(s>>8))
	}
	return wire
}

// A Decoder makes sound from the bytes of one stream.
type Decoder struct {
	encoding Encoding
	half     byte // the lower byte of a sample whose upper byte has not come
	odd      bool // half is set
}

// NewDecoder makes a decoder for a stream of format f.
func NewDecoder(f Format) *Decoder { return &Decoder{encoding: f.Encoding} }

// Append appends to sound the samples that wire completes. Half a sample at the
// end of wire is kept for the next call.
func (d *Decoder) Append(sound []float32, wire []byte) []float32 {
	if d.encoding == ULaw {
		sound = slices.Grow(sound, len(wire))
		for _, b := range wire {
			sound = append(sound, ulawSound[b])
		}
		return sound
	}
	if len(wire) == 0 {
		return sound
	}
	sound = slices.Grow(sound, len(wire)/2+1)
	if d.odd {
		sound = append(sound, fromS16(d.half, wire[0]))
		wire = wire[1:]
	}
	for ; len(wire) >= 2; wire = wire[2:] {
		sound = append(sound, fromS16(wire[0], wire[1]))
	}
	if d.odd = len(wire) == 1; d.odd {
		d.half = wire[0]
	}
	return sound
}

// Reset forgets half a sample, for a stream that begins anew.
func (d *Decoder) Reset() { d.odd = false }

func fromS16(lower, upper byte) float32 {
	return float32(int16(uint16(lower)|uint16(upper)<<8)) / full
}

// toS16 is the sample nearest to x.
func toS16(x float32) int16 {
	v := float64(x) * full // a float32 would round before we do
	switch {
	case v >= full-1:
		return full - 1
	case v <= -full:
		return -full
	case v >= 0:
		return int16(v + 0.5)
	case v < 0:
		return int16(v - 0.5)
	}
	return 0 // not a number
}
