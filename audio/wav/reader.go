// Package wav reads and writes WAV files, and has a speaker and a microphone
// that are such files.
//
// Files come from anywhere and are often cut off or wrong about their own size,
// so what a header says about that is a hint. What the sound is must be right.
package wav

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"moonlark/audio/pcm"
)

const (
	minRate, maxRate = 1000, 384000 // what we take for the rate of sound

	maxSkipped = 64 << 20   // bytes before the sound, as of pictures
	endless    = 0x7fff0000 // from here on a size means that it was not known

	pieceBytes = 16 << 10 // read at a time, at least one frame
)

// A Reader reads the sound of a WAV file, mixed down to mono, at the rate that
// it has. It reads ahead.
type Reader struct {
	Rate     int // samples a second
	Channels int // in the file

	in     io.Reader
	decode func(sample []byte) float64
	width  int    // bytes a sample
	left   uint64 // bytes of sound not read yet, at most
	buf    []byte
	frames []byte // in buf, not given yet
}

// NewReader reads up to the sound. Its errors do not say which file it is.
func NewReader(in io.Reader) (*Reader, error) {
	r := &Reader{in: in}
	var head [12]byte
	n, err := io.ReadFull(in, head[:])
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	if err := isWAV(head[:n]); err != nil {
		return nil, err
	}
	whole := binary.LittleEndian.Uint32(head[4:])
	if err := r.chunks(uint64(whole)); err != nil {
		return nil, err
	}
	frame := r.width * r.Channels
	r.buf = make([]byte, max(frame, pieceBytes/frame*frame))
	return r, nil
}

// isWAV says what is wrong with the beginning of a file.
func isWAV(head []byte) error {
	if len(head) == 12 && string(head[8:]) == "WAVE" {
		switch string(head[:4]) {
		case "RIFF", "RF64":
			return nil
		case "RIFX":
			return errors.New("a WAV file in big-endian order, which is not supported")
		}
	}
	if len(head) == 0 {
		return errors.New("the file is empty")
	}
	for _, k := range []struct{ begin, name string }{
		{"ID3", "MP3"}, {"\xff\xfb", "MP3"}, {"\xff\xf3", "MP3"}, {"OggS", "Ogg"}, {"fLaC", "FLAC"}, {"FORM", "AIFF"},
	} {
		if len(head) >= len(k.begin) && string(head[:len(k.begin)]) == k.begin {
			return fmt.Errorf("not a WAV file but %s", k.name)
		}
	}
	return errors.New("not a WAV file")
}

// chunks reads up to the sound of a file that says that it has whole bytes
// after the first eight.
func (r *Reader) chunks(whole uint64) error {
	at := uint64(12)
	for {
		var head [8]byte
		if _, err := io.ReadFull(r.in, head[:]); err != nil {
			return ended(err, "it ends before its sound begins")
		}
		at += 8
		size := uint64(binary.LittleEndian.Uint32(head[4:]))
		switch string(head[:4]) {
		case "data":
			if r.decode == nil {
				return errors.New("its sound begins before it says what format it has")
			}
			r.left = size
			// A writer that has not come to the end yet leaves 0. But when there
			// is more than that in the file, there really is no sound in it.
			if size >= endless || size == 0 && (whole <= at-8 || whole >= endless) {
				r.left = math.MaxUint64
			}
			return nil
		case "fmt ":
			if size > 1<<16 {
				return fmt.Errorf("its format takes %d bytes", size)
			}
			body := make([]byte, size+size&1)
			if _, err := io.ReadFull(r.in, body); err != nil {
				return ended(err, "it ends before its sound begins")
			}
			if err := r.format(body[:size]); err != nil {
				return err
			}
		default:
			if at+size > maxSkipped {
				return fmt.Errorf("no sound in its first %d MB", maxSkipped>>20)
			}
			if _, err := io.CopyN(io.Discard, r.in, int64(size+size&1)); err != nil {
				return ended(err, "it ends before its sound begins")
			}
		}
		at += size + size&1
	}
}

func ended(err error, what string) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New(what)
	}
	return err
}

// What a format can be called in a file.
const (
	formatPCM        = 1
	formatFloat      = 3
	formatULaw       = 7
	formatExtensible = 0xfffe
)

func (r *Reader) format(b []byte) error {
	if len(b) < 16 {
		return fmt.Errorf("its format takes %d bytes, which are too few", len(b))
	}
	tag := binary.LittleEndian.Uint16(b)
	channels := int(binary.LittleEndian.Uint16(b[2:]))
	rate := binary.LittleEndian.Uint32(b[4:])
	block := int(binary.LittleEndian.Uint16(b[12:]))
	bits := int(binary.LittleEndian.Uint16(b[14:]))
	if tag == formatExtensible {
		if len(b) < 40 {
			return fmt.Errorf("its extensible format takes %d bytes, which are too few", len(b))
		}
		tag = binary.LittleEndian.Uint16(b[24:])
	}
	switch {
	case channels == 0:
		return errors.New("it has no channels")
	case rate < minRate || rate > maxRate:
		return fmt.Errorf("it has %d samples a second, which is not between %d and %d", rate, minRate, maxRate)
	}
	width := (bits + 7) / 8
	r.decode = decoder(tag, width)
	switch {
	case r.decode == nil:
		return fmt.Errorf("its samples are %s of %d bits, which is not supported", nameOf(tag), bits)
	case block != width*channels:
		return fmt.Errorf("it has %d channels of %d bits, but %d bytes for all of them", channels, bits, block)
	}
	r.Rate, r.Channels, r.width = int(rate), channels, width
	return nil
}

func nameOf(tag uint16) string {
	switch tag {
	case formatPCM:
		return "numbers"
	case 2, 0x11:
		return "ADPCM"
	case formatFloat:
		return "floating point"
	case 6:
		return "A-law"
	case formatULaw:
		return "u-law"
	case 0x55:
		return "MP3"
	}
	return fmt.Sprintf("in format %#x", tag)
}

// decoder is what makes a number from -1 to 1 of a sample of width bytes, or nil.
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
		return func(b []byte) float64 { return number(float64(math.Float32frombits(le.Uint32(b)))) }
	case tag == formatFloat && width == 8:
		return func(b []byte) float64 { return number(math.Float64frombits(le.Uint64(b))) }
	case tag == formatULaw && width == 1:
		return ulaw()
	}
	return nil
}

func ulaw() func([]byte) float64 {
	codes := make([]byte, 256)
	for i := range codes {
		codes[i] = byte(i)
	}
	table := pcm.NewDecoder(pcm.Format{Encoding: pcm.ULaw}).Append(nil, codes)
	return func(b []byte) float64 { return float64(table[b[0]]) }
}

// number is x as a sample, whatever it is.
func number(x float64) float64 {
	if x != x {
		return 0
	}
	return min(max(x, -1), 1)
}

// Read fills sound and says how many samples that were: fewer only at the end,
// with io.EOF. A file that ends before it should ends there.
func (r *Reader) Read(sound []float32) (n int, err error) {
	frame := r.width * r.Channels
	for n < len(sound) {
		if len(r.frames) == 0 {
			if err := r.fill(); err != nil {
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

// fill reads at least one frame, or says why there is none.
func (r *Reader) fill() error {
	frame := r.width * r.Channels
	want := int(min(uint64(len(r.buf)), r.left)) / frame * frame
	if want == 0 {
		return io.EOF
	}
	n, err := io.ReadFull(r.in, r.buf[:want])
	r.left -= uint64(n)
	r.frames = r.buf[:n/frame*frame]
	if err == io.ErrUnexpectedEOF {
		r.left, err = 0, nil
	}
	if err == nil && len(r.frames) == 0 {
		err = io.EOF
	}
	return err
}
