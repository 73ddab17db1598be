package wav

import (
	"io"

	"moonlark/audio/pcm"
)

// A Writer writes a WAV file with 16-bit mono samples. The file is valid at any time. If the
// program ends without a call of Close, the size in the header lacks at most the last second. The
// header of a file with more than 4 GB of sound (12 hours at 48000 samples per second) states 4 GB,
// and some readers stop at that size.
type Writer struct {
	out    io.WriteSeeker
	format pcm.Format

	buf        []byte
	data       int64 // number of bytes of sound in the file
	headerData int64 // number of bytes of sound, as the file's header states it
}

// NewWriter writes the header of a new file to out and returns a Writer for the sound. rate is the
// number of samples per second. The caller closes out.
func NewWriter(out io.WriteSeeker, rate int) (*Writer, error) {
	return newWriter(out, rate, 0)
}

// newWriter returns a Writer that appends to a file, which contains data bytes of sound so far.
func newWriter(out io.WriteSeeker, rate int, data int64) (*Writer, error) {
	w := &Writer{out: out, format: pcm.Format{Encoding: pcm.S16, Rate: rate}, data: data}
	return w, w.writeHeader()
}

// Write appends sound to the file. About once per second of sound, it updates the header.
func (w *Writer) Write(sound []float32) error {
	w.buf = w.format.Append(w.buf[:0], sound)
	n, err := w.out.Write(w.buf)
	w.data += int64(n)
	if err != nil {
		return err
	}
	if w.data-w.headerData >= int64(w.format.BytesPerSecond()) {
		return w.writeHeader()
	}
	return nil
}

// Close updates the header. It does not close the underlying file. Write may be called after Close.
func (w *Writer) Close() error {
	if w.headerData == w.data {
		return nil
	}
	return w.writeHeader()
}

// writeHeader writes the header with the current size. After that, it seeks to the end of the
// sound.
func (w *Writer) writeHeader() error {
	w.buf = AppendHeader(w.buf[:0], w.format.Rate, 1, w.data)
	if _, err := w.out.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := w.out.Write(w.buf); err != nil {
		return err
	}
	if _, err := w.out.Seek(headerBytes+w.data, io.SeekStart); err != nil {
		return err
	}
	w.headerData = w.data
	return nil
}
