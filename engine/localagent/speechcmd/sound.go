package speechcmd

import (
	"bufio"
	"encoding/binary"
	"io"
	"strings"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
)

// step is how much sound is read and played at a time.
const step = 20 * time.Millisecond

// headed says whether sound begins with a header: that of a WAV, or of a file
// that would only be noise without one.
func headed(in *bufio.Reader) bool {
	magic, _ := in.Peek(4)
	for _, header := range []string{"RIFF", "RF64", "ID3", "\xff\xfb", "\xff\xf3", "OggS", "fLaC"} {
		if strings.HasPrefix(string(magic), header) {
			return true
		}
	}
	return false
}

// playRaw plays sound that has no header.
func playRaw(in io.Reader, play func([]float32) error) error {
	decoder := pcm.NewDecoder(format)
	wire := make([]byte, format.Bytes(step))
	return playAll(format.Rate, func(sound []float32) (int, error) {
		n, err := in.Read(wire)
		return len(decoder.Append(sound[:0], wire[:n])), err
	}, play)
}

// playAll plays what read gives, up to an error.
func playAll(rate int, read func([]float32) (int, error), play func([]float32) error) error {
	resampler := pcm.NewResampler(rate, audio.Rate)
	narrow := make([]float32, int(time.Duration(rate)*step/time.Second)+1)
	var sound []float32
	for {
		n, err := read(narrow)
		sound = resampler.Append(sound[:0], narrow[:n])
		if err == io.EOF {
			sound = resampler.Flush(sound)
		}
		if len(sound) > 0 {
			if err := play(sound); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// encode is sound as a WAV file.
func encode(sound []float32) []byte {
	const header = 44
	resampler := pcm.NewResampler(audio.Rate, format.Rate)
	narrow := resampler.Flush(resampler.Append(nil, sound))
	size := len(narrow) * format.SampleBytes()
	le := binary.LittleEndian
	b := make([]byte, 0, header+size)
	b = le.AppendUint32(append(b, "RIFF"...), uint32(header-8+size))
	b = le.AppendUint32(append(b, "WAVEfmt "...), 16)
	b = le.AppendUint16(b, 1) // whole numbers
	b = le.AppendUint16(b, 1) // mono
	b = le.AppendUint32(b, uint32(format.Rate))
	b = le.AppendUint32(b, uint32(format.BytesPerSecond()))
	b = le.AppendUint16(b, uint16(format.SampleBytes()))
	b = le.AppendUint16(b, uint16(8*format.SampleBytes()))
	b = le.AppendUint32(append(b, "data"...), uint32(size))
	return format.Append(b, narrow)
}
