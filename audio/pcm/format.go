// Package pcm converts sound between encoded bytes and float32 samples from -1 to 1. The ElevenLabs
// protocol and the devices use encoded bytes; the rest of the program uses float32 samples. The
// package also changes the sample rate of sound.
//
// A stream may be passed to a [Decoder] or a [Resampler] in pieces of any size, even pieces that
// end in the middle of a sample: the output does not depend on the sizes of the pieces. Therefore
// each stream needs a Decoder and a Resampler of its own. Only one goroutine at a time may use
// them.
package pcm

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// An Encoding is a way to represent a sample as bytes.
type Encoding string

const (
	S16  Encoding = "pcm"  // two bytes for each sample: a signed little-endian number
	ULaw Encoding = "ulaw" // one byte for each sample, as the standard G.711 defines it
)

// A Format is the format of encoded sound. All formats have one channel.
type Format struct {
	Encoding Encoding
	Rate     int // samples per second
}

// Formats returns all formats of the ElevenLabs protocol.
func Formats() []Format {
	return []Format{
		{S16, 8000}, {S16, 16000}, {S16, 22050}, {S16, 24000}, {S16, 44100}, {S16, 48000}, {ULaw, 8000},
	}
}

// Parse returns the format that has this name in the ElevenLabs protocol, such as "pcm_16000". The
// error for an unknown name lists the known names.
func Parse(name string) (Format, error) {
	formats := Formats()
	var names []string
	for _, f := range formats {
		names = append(names, f.String())
	}
	if i := slices.Index(names, name); i >= 0 {
		return formats[i], nil
	}
	return Format{}, fmt.Errorf("unknown audio format %q: it can be %s", name, strings.Join(names, ", "))
}

// String returns the name of f in the ElevenLabs protocol.
func (f Format) String() string { return fmt.Sprintf("%s_%d", f.Encoding, f.Rate) }

// SampleBytes returns the number of bytes for each sample.
func (f Format) SampleBytes() int {
	if f.Encoding == ULaw {
		return 1
	}
	return 2
}

// BytesPerSecond returns the number of bytes in one second of sound.
func (f Format) BytesPerSecond() int { return f.Rate * f.SampleBytes() }

// Bytes returns the number of bytes in sound of length d. It rounds down to complete samples.
func (f Format) Bytes(d time.Duration) int {
	return int(d*time.Duration(f.Rate)/time.Second) * f.SampleBytes()
}

// Duration returns the length of sound that consists of n bytes.
func (f Format) Duration(n int) time.Duration {
	return time.Duration(n/f.SampleBytes()) * time.Second / time.Duration(f.Rate)
}

// Silence returns the value of every byte of encoded silence.
func (f Format) Silence() byte {
	if f.Encoding == ULaw {
		return ulawZero
	}
	return 0
}

// AppendSilence appends n samples of silence to encoded and returns the result.
func (f Format) AppendSilence(encoded []byte, n int) []byte {
	n *= f.SampleBytes()
	encoded = slices.Grow(encoded, n)
	for range n {
		encoded = append(encoded, f.Silence())
	}
	return encoded
}
