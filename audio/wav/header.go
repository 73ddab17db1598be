package wav

import (
	"encoding/binary"

	"moonlark/audio/pcm"
)

const (
	headerBytes = 44
	// maximum number of bytes of sound that a header can state
	maxData = 0xffffffff - headerBytes
)

// AppendHeader appends the header of a WAV file with 16-bit samples to b and returns the result. rate is
// the number of samples per second of each channel, and dataBytes is the number of bytes of sound after
// the header. If dataBytes is more than 4 GB, the header states the maximum, which is 4 GB.
func AppendHeader(b []byte, rate, channels int, dataBytes int64) []byte {
	format := pcm.Format{Encoding: pcm.S16, Rate: rate}
	data := uint32(min(dataBytes, maxData))
	le := binary.LittleEndian
	b = append(b, "RIFF"...)
	b = le.AppendUint32(b, headerBytes-8+data)
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 16) // size of the format chunk in bytes
	b = le.AppendUint16(b, formatPCM)
	b = le.AppendUint16(b, uint16(channels))
	b = le.AppendUint32(b, uint32(rate))
	b = le.AppendUint32(b, uint32(channels*format.BytesPerSecond()))
	b = le.AppendUint16(b, uint16(channels*format.SampleBytes()))
	b = le.AppendUint16(b, 16) // bits per sample
	b = append(b, "data"...)
	return le.AppendUint32(b, data)
}

// Encode returns the bytes of a WAV file that contains sound as 16-bit mono samples. rate is the
// number of samples per second of sound; Encode does not resample.
func Encode(sound []float32, rate int) []byte {
	format := pcm.Format{Encoding: pcm.S16, Rate: rate}
	size := len(sound) * format.SampleBytes()
	b := AppendHeader(make([]byte, 0, headerBytes+size), rate, 1, int64(size))
	return format.Append(b, sound)
}
