// Package pcm changes sound between what the wire and the devices have, which
// is bytes, and what the program has, which is numbers from -1 to 1. It also
// changes how many of them a second has.
//
// A stream can be cut anywhere, in the middle of a sample too: what comes out
// depends on the bytes alone and never on where they were cut. So one [Decoder]
// and one [Resampler] belong to one stream, and to the goroutine that reads it.
package pcm

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// An Encoding is how a sample is written in bytes.
type Encoding string

const (
	S16  Encoding = "pcm"  // two bytes, signed, the lower first
	ULaw Encoding = "ulaw" // one byte, G.711
)

// A Format is what the bytes of a stream mean. All formats are mono.
type Format struct {
	Encoding Encoding
	Rate     int // samples a second
}

// Formats are those of the wire.
func Formats() []Format {
	return []Format{
		{S16, 8000}, {S16, 16000}, {S16, 22050}, {S16, 24000}, {S16, 44100}, {S16, 48000}, {ULaw, 8000},
	}
}

// Parse is the format of the wire that is called name, such as "pcm_16000".
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

// String is the name of f on the wire.
func (f Format) String() string { return fmt.Sprintf("%s_%d", f.Encoding, f.Rate) }

// SampleBytes is how many bytes a sample has.
func (f Format) SampleBytes() int {
	if f.Encoding == ULaw {
		return 1
	}
	return 2
}

// BytesPerSecond is how many bytes a second of sound has.
func (f Format) BytesPerSecond() int { return f.Rate * f.SampleBytes() }

// Bytes is how many bytes d has, in whole samples.
func (f Format) Bytes(d time.Duration) int {
	return int(d*time.Duration(f.Rate)/time.Second) * f.SampleBytes()
}

// Duration is how long n bytes take.
func (f Format) Duration(n int) time.Duration {
	return time.Duration(n/f.SampleBytes()) * time.Second / time.Duration(f.Rate)
}

// Silence is the byte that silence is made of.
func (f Format) Silence() byte {
	if f.Encoding == ULaw {
		return ulawZero
	}
	return 0
}

// AppendSilence appends n samples of silence to wire.
func (f Format) AppendSilence(wire []byte, n int) []byte {
	n *= f.SampleBytes()
	wire = slices.Grow(wire, n)
	for range n {
		wire = append(wire, f.Silence())
	}
	return wire
}
