package speech

import (
	"bufio"
	"io"
	"strings"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/audio/wav"
)

// Period is the duration of the sound that is read and played at a time.
const Period = 20 * time.Millisecond

// HasHeader reports whether the sound begins with the header of a WAV file or of another known
// format. Playing such a file as raw samples would make noise.
func HasHeader(in *bufio.Reader) bool {
	magic, _ := in.Peek(4)
	for _, header := range []string{"RIFF", "RF64", "ID3", "\xff\xfb", "\xff\xf3", "OggS", "fLaC"} {
		if strings.HasPrefix(string(magic), header) {
			return true
		}
	}
	return false
}

// Play passes the sound that read returns to play, until one of the two returns an error. It
// returns this error, or nil for io.EOF. rate is the sample rate of the sound that read returns.
func Play(rate int, read func([]float32) (int, error), play func([]float32) error) error {
	resampler := pcm.NewResampler(rate, audio.Rate)
	in := make([]float32, int(time.Duration(rate)*Period/time.Second)+1)
	var out []float32 // the samples of in, resampled to audio.Rate
	for {
		n, err := read(in)
		out = resampler.Append(out[:0], in[:n])
		if err == io.EOF {
			out = resampler.Flush(out)
		}
		if len(out) > 0 {
			if err := play(out); err != nil {
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

// EncodeWAV returns sound, which is mono at [audio.Rate], as a WAV file with signed 16-bit mono
// samples, [Rate] per second.
func EncodeWAV(sound []float32) []byte {
	resampler := pcm.NewResampler(audio.Rate, Rate)
	return wav.Encode(resampler.Flush(resampler.Append(nil, sound)), Rate)
}

// Format is the format of sound with signed 16-bit little-endian mono samples, [Rate] per second.
var Format = pcm.Format{Encoding: pcm.S16, Rate: Rate}
