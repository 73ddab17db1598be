// Package decode reads sound in the formats that people have music in: WAV, MP3 and Ogg Vorbis.
package decode

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/hajimehoshi/go-mp3"
	"github.com/jfreymuth/oggvorbis"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/audio/wav"
)

// A Decoder reads the sound of one file or stream. Only one goroutine at a time may use it.
type Decoder struct {
	rate      int
	read      func(sound []float32) (int, error) // mono samples at rate
	resampler *pcm.Resampler
	piece     []float32
	ended     bool
}

const (
	pieceSize = 2048 // samples that are decoded at a time
	sniffed   = 12   // bytes at the beginning that tell the format

	maxChannels = 8
	maxRate     = 192000
)

// ErrFormat is the error of New for bytes that are not sound in a known format.
var ErrFormat = errors.New("it is not a sound file: WAV, MP3 and Ogg Vorbis are supported")

// New reads the beginning of a file or stream, and returns a Decoder for its sound. It waits for
// bytes from in. contentType is the type that a server has given, such as "audio/mpeg", or "".
func New(in io.Reader, contentType string) (d *Decoder, err error) {
	defer recoverTo(&err)
	b := bufio.NewReader(in)
	head, err := b.Peek(sniffed)
	if err != nil && err != io.EOF {
		return nil, err
	}
	d = new(Decoder)
	switch format := Format(head); {
	case format == "wav":
		err = d.openWAV(b)
	case format == "mp3", format == "" && strings.HasPrefix(contentType, "audio/mpeg"):
		err = d.openMP3(b)
	case format == "ogg":
		err = d.openVorbis(b)
	case format != "":
		err = fmt.Errorf("%s is not supported, only WAV, MP3 and Ogg Vorbis", format)
	default:
		err = ErrFormat
	}
	if err != nil {
		return nil, err
	}
	if d.rate < 1 || d.rate > maxRate {
		return nil, fmt.Errorf("a sample rate of %d is not supported", d.rate)
	}
	d.resampler = pcm.NewResampler(d.rate, audio.Rate)
	d.piece = make([]float32, pieceSize)
	return d, nil
}

// Format returns the format of a sound that begins with head: "wav", "mp3" or "ogg", the name of
// another format that is not supported, or "" if head is not the beginning of a sound.
func Format(head []byte) string {
	has := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	switch {
	case has("RIFF"), has("RF64"):
		return "wav"
	case has("ID3"):
		return "mp3"
	case has("OggS"):
		return "ogg"
	case has("fLaC"):
		return "FLAC"
	case len(head) >= 8 && string(head[4:8]) == "ftyp":
		return "AAC"
	case has("FORM"):
		return "AIFF"
	case len(head) >= 2 && head[0] == 0xff && head[1]&0xe0 == 0xe0:
		if head[1]&0x06 == 0 {
			return "AAC"
		}
		return "mp3"
	}
	return ""
}

// Append appends the next samples of the sound to dst: mono, at the rate audio.Rate, from -1 to 1.
// It returns io.EOF with the last samples, or after them.
func (d *Decoder) Append(dst []float32) (_ []float32, err error) {
	defer recoverTo(&err)
	if d.ended {
		return dst, io.EOF
	}
	begin := len(dst)
	n, err := d.read(d.piece)
	dst = d.resampler.Append(dst, d.piece[:n])
	if err == io.ErrUnexpectedEOF { // a file that has been cut off is played to its end
		err = io.EOF
	}
	if d.ended = err != nil; err == io.EOF {
		dst = d.resampler.Flush(dst)
	}
	for i, x := range dst[begin:] { // the resampler exceeds the peaks of a loud sound
		dst[begin+i] = min(max(x, -1), 1)
	}
	return dst, err
}

// recoverTo sets *err if a decoder has panicked, which a damaged file can cause.
func recoverTo(err *error) {
	if r := recover(); r != nil {
		*err = errDamaged
	}
}

func (d *Decoder) openWAV(in io.Reader) error {
	r, err := wav.NewReader(in)
	if err != nil {
		return err
	}
	d.rate, d.read = r.Rate, r.Read
	return nil
}

func (d *Decoder) openMP3(in *bufio.Reader) error {
	if err := skipID3(in); err != nil {
		return fmt.Errorf("in the MP3 file: %w", err)
	}
	r, err := mp3.NewDecoder(in)
	if err != nil {
		return fmt.Errorf("in the MP3 file: %w", err)
	}
	d.rate = r.SampleRate()
	frames := make([]byte, 4*pieceSize) // two channels of 16 bits
	d.read = func(sound []float32) (int, error) {
		n, err := io.ReadFull(r, frames[:4*min(len(sound), pieceSize)])
		for i := range n / 4 {
			left, right := int16(frames[4*i])|int16(frames[4*i+1])<<8, int16(frames[4*i+2])|int16(frames[4*i+3])<<8
			sound[i] = (float32(left) + float32(right)) / (1 << 16)
		}
		return n / 4, err
	}
	return nil
}

// skipID3 skips the tags at the beginning of an MP3 file. The library would keep them in memory, up to
// half a gigabyte.
func skipID3(in *bufio.Reader) error {
	for {
		head, err := in.Peek(10)
		if err != nil && err != io.EOF {
			return err
		}
		if !bytes.HasPrefix(head, []byte("ID3")) {
			return nil
		}
		if len(head) < 10 {
			return io.ErrUnexpectedEOF
		}
		size := 10
		for i, b := range head[6:] {
			size += int(b&0x7f) << (7 * (3 - i))
		}
		if _, err := in.Discard(size); err != nil {
			return err
		}
	}
}

func (d *Decoder) openVorbis(in io.Reader) error {
	in, err := checkOggHeaders(in)
	if err != nil {
		return fmt.Errorf("in the Ogg file: %w", err)
	}
	r, err := oggvorbis.NewReader(in)
	if err != nil {
		return fmt.Errorf("in the Ogg file: %w", err)
	}
	channels := r.Channels()
	if channels < 1 || channels > maxChannels {
		return fmt.Errorf("%d channels are not supported", channels)
	}
	d.rate = r.SampleRate()
	frames := make([]float32, channels*pieceSize)
	d.read = func(sound []float32) (int, error) {
		n, err := r.Read(frames[:channels*min(len(sound), pieceSize)])
		n /= channels
		for i := range n {
			sum := float32(0)
			for _, x := range frames[channels*i : channels*(i+1)] {
				sum += x
			}
			sound[i] = min(max(sum/float32(channels), -1), 1)
		}
		return n, err
	}
	return nil
}
