// Package wav reads and writes WAV files. It also contains a speaker that plays into a WAV file and
// a microphone that records from a WAV file.
//
// WAV files are often truncated or state a wrong size. Therefore the reader does not rely on the
// sizes in a header. But it rejects a file whose sample format is invalid.
package wav

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"moonlark/audio/pcm"
)

const (
	minRate, maxRate = 1000, 384000 // range of valid sample rates

	maxSkipped = 64 << 20 // maximum number of bytes before the sound, for example of pictures
	// a program that writes a file of unknown size states this size or a larger one
	unknownSize = 0x7fff0000

	bufferBytes = 16 << 10 // size of Reader.buf in bytes, unless a single frame is larger
)

// A Reader reads the sound of a WAV file and mixes all channels into one. It does not change the
// sample rate. A Reader has a buffer, so it may have read more from the file than it has returned.
type Reader struct {
	Rate     int // samples per second
	Channels int // number of channels in the file

	in     io.Reader
	decode func(sample []byte) float64 // converts a sample to a number from -1 to 1
	width  int                         // number of bytes per sample of one channel
	// maximum number of bytes of sound that are left in the file
	remaining uint64
	buf       []byte
	frames    []byte // the part of buf that Read has not returned yet
}

// NewReader reads the header of a WAV file, up to the beginning of the sound, and returns a Reader
// for the sound. The text of an error does not contain the name of the file.
func NewReader(in io.Reader) (*Reader, error) {
	r := &Reader{in: in}
	var head [12]byte
	n, err := io.ReadFull(in, head[:])
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	if err := checkMagic(head[:n]); err != nil {
		return nil, err
	}
	riffSize := binary.LittleEndian.Uint32(head[4:])
	if err := r.readChunks(uint64(riffSize)); err != nil {
		return nil, err
	}
	frame := r.width * r.Channels
	r.buf = make([]byte, max(frame, bufferBytes/frame*frame))
	return r, nil
}

// checkMagic returns an error unless head, the first 12 bytes of a file, is the beginning of a WAV
// file. If head has fewer bytes, the file is shorter.
func checkMagic(head []byte) error {
	if len(head) == 12 && string(head[8:]) == "WAVE" {
		switch string(head[:4]) {
		case "RIFF", "RF64":
			return nil
		case "RIFX":
			return errors.New("big-endian WAV files are not supported")
		}
	}
	if len(head) == 0 {
		return errors.New("the file is empty")
	}
	for _, k := range []struct{ prefix, name string }{
		{"ID3", "MP3"}, {"\xff\xfb", "MP3"}, {"\xff\xf3", "MP3"}, {"OggS", "Ogg"}, {"fLaC", "FLAC"}, {"FORM", "AIFF"},
	} {
		if len(head) >= len(k.prefix) && string(head[:len(k.prefix)]) == k.prefix {
			return fmt.Errorf("not a WAV file but %s", k.name)
		}
	}
	return errors.New("not a WAV file")
}

// readChunks reads the chunks of a file up to the beginning of the sound. riffSize is the number of
// bytes after the first eight, as the RIFF header of the file states it.
func (r *Reader) readChunks(riffSize uint64) error {
	at := uint64(12)
	odd := false // the last chunk has an odd size
	for {
		head, padding, err := r.readChunkHead(odd)
		if err != nil {
			return truncatedError(err)
		}
		at += 8 + padding
		size := uint64(binary.LittleEndian.Uint32(head[4:]))
		switch string(head[:4]) {
		case "data":
			if r.decode == nil {
				return errors.New("the sound comes before its format")
			}
			r.remaining = size
			// A program that is still writing the file leaves the size 0. But if riffSize includes
			// chunks after this one, the file is complete, and it contains no sound.
			if size >= unknownSize || size == 0 && (riffSize <= at-8 || riffSize >= unknownSize) {
				r.remaining = math.MaxUint64
			}
			return nil
		case "fmt ":
			if size > 1<<16 {
				return fmt.Errorf("the format chunk has %d bytes, which are too many", size)
			}
			body := make([]byte, size)
			if _, err := io.ReadFull(r.in, body); err != nil {
				return truncatedError(err)
			}
			if err := r.parseFormat(body); err != nil {
				return err
			}
		default:
			if at+size > maxSkipped {
				return fmt.Errorf("no sound in the first %d MB", maxSkipped>>20)
			}
			if _, err := io.CopyN(io.Discard, r.in, int64(size)); err != nil {
				return truncatedError(err)
			}
		}
		at += size
		odd = size%2 == 1
	}
}

// readChunkHead reads the name and the size of a chunk. After a chunk with an odd size, a padding
// byte comes first, which readChunkHead skips. But some programs leave the padding out. padding is
// the number of skipped bytes.
func (r *Reader) readChunkHead(odd bool) (head [8]byte, padding uint64, err error) {
	if _, err := io.ReadFull(r.in, head[:]); err != nil || !odd {
		return head, 0, err
	}
	needed := func(name []byte) bool { return string(name) == "fmt " || string(name) == "data" }
	isName := !slices.ContainsFunc(head[:4], func(b byte) bool { return b < ' ' || b > '~' })
	if needed(head[:4]) || isName && !needed(head[1:5]) {
		return head, 0, nil
	}
	copy(head[:], head[1:])
	_, err = io.ReadFull(r.in, head[7:])
	return head, 1, err
}

// truncatedError returns an error with a better text if err means the end of the file. Otherwise it
// returns err.
func truncatedError(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New("the file ends before the sound")
	}
	return err
}

// These are format tags of WAV files.
const (
	formatPCM        = 1
	formatFloat      = 3
	formatULaw       = 7
	formatExtensible = 0xfffe
)

// parseFormat parses the content of the format chunk and sets the Reader's fields. It returns an
// error if the format is invalid or not supported.
func (r *Reader) parseFormat(b []byte) error {
	if len(b) < 16 {
		return fmt.Errorf("the format chunk has %d bytes, which are too few", len(b))
	}
	tag := binary.LittleEndian.Uint16(b)
	channels := int(binary.LittleEndian.Uint16(b[2:]))
	rate := binary.LittleEndian.Uint32(b[4:])
	block := int(binary.LittleEndian.Uint16(b[12:]))
	bits := int(binary.LittleEndian.Uint16(b[14:]))
	if tag == formatExtensible {
		if len(b) < 40 {
			return fmt.Errorf("the extensible format chunk has %d bytes, which are too few", len(b))
		}
		tag = binary.LittleEndian.Uint16(b[24:])
	}
	switch {
	case channels == 0:
		return errors.New("the file has 0 channels")
	case rate < minRate || rate > maxRate:
		return fmt.Errorf("the sample rate is %d, not between %d and %d", rate, minRate, maxRate)
	}
	width := (bits + 7) / 8
	r.decode = decoder(tag, width)
	switch {
	case r.decode == nil:
		return fmt.Errorf("%d-bit %s samples are not supported", bits, formatName(tag))
	case block != width*channels:
		return fmt.Errorf("a frame of %d channels with %d bits cannot have %d bytes", channels, bits, block)
	}
	r.Rate, r.Channels, r.width = int(rate), channels, width
	return nil
}

// formatName returns the name of a sample format for error messages.
func formatName(tag uint16) string {
	switch tag {
	case formatPCM:
		return "integer"
	case 2, 0x11:
		return "ADPCM"
	case formatFloat:
		return "floating-point"
	case 6:
		return "A-law"
	case formatULaw:
		return "u-law"
	case 0x55:
		return "MP3"
	}
	return fmt.Sprintf("format %#x", tag)
}

// decoder returns a function that converts a sample of width bytes to a number from -1 to 1. tag is
// the format tag. decoder returns nil if the format is not supported.
func decoder(tag uint16, width int) func([]byte) float64 {
	le := binary.LittleEndian
	switch {
	case tag == formatPCM && width == 1:
		return func(b []byte) float64 { return (float64(b[0]) - 1<<7) / (1 << 7) }
	case tag == formatPCM && width == 2:
		return func(b []byte) float64 { return float64(int16(le.Uint16(b))) / (1 << 15) }
	case tag == formatPCM && width == 3:
		return func(b []byte) float64 {
			return float64(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)) / (1 << 31)
		}
	case tag == formatPCM && width == 4:
		return func(b []byte) float64 { return float64(int32(le.Uint32(b))) / (1 << 31) }
	case tag == formatFloat && width == 4:
		return func(b []byte) float64 { return clamp(float64(math.Float32frombits(le.Uint32(b)))) }
	case tag == formatFloat && width == 8:
		return func(b []byte) float64 { return clamp(math.Float64frombits(le.Uint64(b))) }
	case tag == formatULaw && width == 1:
		return ulawDecoder()
	}
	return nil
}

// ulawDecoder returns a function that converts a u-law sample to a number from -1 to 1.
func ulawDecoder() func([]byte) float64 {
	codes := make([]byte, 256)
	for i := range codes {
		codes[i] = byte(i)
	}
	table := pcm.NewDecoder(pcm.Format{Encoding: pcm.ULaw}).Append(nil, codes)
	return func(b []byte) float64 { return float64(table[b[0]]) }
}

// clamp limits x to the range from -1 to 1. NaN becomes 0.
func clamp(x float64) float64 {
	if x != x {
		return 0
	}
	return min(max(x, -1), 1)
}

// Read fills sound with the next samples and returns their number. At the end of the file it
// returns fewer samples than fit into sound, and io.EOF. A truncated file is not an error.
func (r *Reader) Read(sound []float32) (n int, err error) {
	frame := r.width * r.Channels
	for n < len(sound) {
		if len(r.frames) == 0 {
			if err := r.fillBuffer(); err != nil {
				return n, err
			}
		}
		for ; n < len(sound) && len(r.frames) > 0; n++ {
			sum := 0.0
			for i := 0; i < frame; i += r.width {
				sum += r.decode(r.frames[i : i+r.width])
			}
			sound[n] = float32(sum / float64(r.Channels))
			r.frames = r.frames[frame:]
		}
	}
	return n, nil
}

// fillBuffer reads at least one frame (one sample of each channel) into buf. It returns io.EOF at
// the end of the sound.
func (r *Reader) fillBuffer() error {
	frame := r.width * r.Channels
	want := int(min(uint64(len(r.buf)), r.remaining)) / frame * frame
	if want == 0 {
		return io.EOF
	}
	n, err := io.ReadFull(r.in, r.buf[:want])
	r.remaining -= uint64(n)
	r.frames = r.buf[:n/frame*frame]
	if err == io.ErrUnexpectedEOF {
		r.remaining, err = 0, nil
	}
	if err == nil && len(r.frames) == 0 {
		err = io.EOF
	}
	return err
}
