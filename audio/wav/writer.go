package wav

import (
	"encoding/binary"
	"io"

	"moonlark/audio/pcm"
)

const (
	headerBytes = 44
	maxData     = 0xffffffff - headerBytes // bytes of sound that a header can say
)

// A Writer writes sound as a WAV file of 16 bits, mono. What it writes can be
// read at any time, also when the program ends without Close: then the header
// leaves out the last second at most. After 4 GB, 12 hours at 48000 samples a
// second, the header says that much, and readers that believe it stop there.
type Writer struct {
	out    io.WriteSeeker
	format pcm.Format

	buf  []byte
	data int64 // bytes of sound written
	said int64 // the same, as the header has it
}

// NewWriter begins a file of so many samples a second. It does not close out.
func NewWriter(out io.WriteSeeker, rate int) (*Writer, error) {
	return newWriter(out, rate, 0)
}

// newWriter goes on with a file that has data bytes of sound.
func newWriter(out io.WriteSeeker, rate int, data int64) (*Writer, error) {
	w := &Writer{out: out, format: pcm.Format{Encoding: pcm.S16, Rate: rate}, data: data}
	return w, w.header()
}

// Write appends sound.
func (w *Writer) Write(sound []float32) error {
	w.buf = w.format.Append(w.buf[:0], sound)
	n, err := w.out.Write(w.buf)
	w.data += int64(n)
	if err != nil {
		return err
	}
	if w.data-w.said >= int64(w.format.BytesPerSecond()) {
		return w.header()
	}
	return nil
}

// Close makes the header right. There can be a Write after it.
func (w *Writer) Close() error {
	if w.said == w.data {
		return nil
	}
	return w.header()
}

// header says how much sound there is, and goes back to its end.
func (w *Writer) header() error {
	data := uint32(min(w.data, maxData))
	le := binary.LittleEndian
	var h [headerBytes]byte
	b := append(h[:0], "RIFF"...)
	b = le.AppendUint32(b, headerBytes-8+data)
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(b, formatPCM)
	b = le.AppendUint16(b, 1)
	b = le.AppendUint32(b, uint32(w.format.Rate))
	b = le.AppendUint32(b, uint32(w.format.BytesPerSecond()))
	b = le.AppendUint16(b, uint16(w.format.SampleBytes()))
	b = le.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = le.AppendUint32(b, data)
	w.buf = append(w.buf[:0], b...) // what goes through an interface would be allocated
	if _, err := w.out.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := w.out.Write(w.buf); err != nil {
		return err
	}
	if _, err := w.out.Seek(headerBytes+w.data, io.SeekStart); err != nil {
		return err
	}
	w.said = w.data
	return nil
}
