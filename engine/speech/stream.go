package speech

import (
	"context"
	"io"
	"slices"
	"strings"

	"moonlark/audio"
	"moonlark/audio/pcm"
)

// Whole returns a read function for [Streamer] that returns the whole sound at its first call, and
// then io.EOF.
func Whole(sound []float32) func(context.Context) ([]float32, error) {
	return func(ctx context.Context) ([]float32, error) {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		if sound == nil {
			return nil, io.EOF
		}
		s := sound
		sound = nil
		return s, nil
	}
}

// ReadWire reads sound from read until io.EOF, and passes it to write in the format [Format], at
// most size bytes at a time. write must not keep the bytes. ReadWire returns nil at the end of the
// sound, and otherwise the error of read or write.
func ReadWire(ctx context.Context, read func(context.Context) ([]float32, error), size int, write func(wire []byte) error) error {
	resampler := pcm.NewResampler(audio.Rate, Format.Rate)
	var samples []float32
	var wire []byte
	for {
		sound, err := read(ctx)
		if err != nil && err != io.EOF {
			return err
		}
		samples = resampler.Append(samples[:0], sound)
		if err == io.EOF {
			samples = resampler.Flush(samples)
		}
		wire = Format.Append(wire[:0], samples)
		for part := range slices.Chunk(wire, size) {
			if err := write(part); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

// BaseLanguage returns the language of a language code without the region: "pt" for "pt-br". Many
// servers know only such codes.
func BaseLanguage(code string) string {
	base, _, _ := strings.Cut(strings.ToLower(code), "-")
	base, _, _ = strings.Cut(base, "_")
	return base
}
