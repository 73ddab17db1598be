package record

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"
)

// A Sound is the sound of a recording. Its methods may be called from any goroutine.
type Sound struct {
	file   *os.File
	header []byte // the header with the sizes that the file really has
	size   int64  // the size of the file, without an incomplete frame at its end
	began  time.Time
}

// OpenSound opens the sound that belongs to the recording at path, whose header is h. It returns nil if
// there is no sound. The sizes in the header of the file may be wrong, as after a power failure. The
// caller must call Close.
func OpenSound(path string, h Header) (*Sound, error) {
	if h.Sound == nil {
		return nil, nil
	}
	file, err := os.Open(soundPath(path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	head := make([]byte, wavHeader)
	info, err := file.Stat()
	if err == nil {
		_, err = file.ReadAt(head, 0)
	}
	const sizes = 4 // the bytes 4 to 7 and the last 4 are the sizes
	want := stereoHeader(0)
	if err != nil || !bytes.Equal(head[:sizes], want[:sizes]) || !bytes.Equal(head[8:wavHeader-sizes], want[8:wavHeader-sizes]) {
		file.Close()
		return nil, fmt.Errorf("%s: this is not the sound of a recording", filepath.Base(file.Name()))
	}
	data := (info.Size() - wavHeader) / frameBytes * frameBytes
	began := h.Time.Add(time.Duration(h.Sound.Offset * float64(time.Second)))
	return &Sound{file: file, header: stereoHeader(data), size: wavHeader + data, began: began}, nil
}

// Close closes the file.
func (s *Sound) Close() error { return s.file.Close() }

// Began returns the time of the first sample.
func (s *Sound) Began() time.Time { return s.began }

// Duration returns how long the sound is.
func (s *Sound) Duration() time.Duration {
	return time.Duration(s.size-wavHeader) * time.Second / (soundRate * frameBytes)
}

// Reader returns a reader of the WAV file, with a correct header.
func (s *Sound) Reader() io.ReadSeeker { return io.NewSectionReader(s, 0, s.size) }

// ReadAt reads bytes of the WAV file, with a correct header.
func (s *Sound) ReadAt(p []byte, off int64) (int, error) {
	n, err := s.file.ReadAt(p, off)
	if off < wavHeader {
		copy(p[:n], s.header[off:])
	}
	return n, err
}

// peakInterval is the length of the sound that has one peak of each side.
const peakInterval = 50 * time.Millisecond

// Peaks are the peaks of each 50 ms of a recorded sound, from 0 to 100: see [Sound.Peaks].
type Peaks struct {
	Began    time.Time `json:"began"`    // the time of the first sample
	Interval float64   `json:"interval"` // how much sound has one peak, in seconds
	User     []int     `json:"user"`     // what the agent hears
	Agent    []int     `json:"agent"`    // what the speaker plays
}

// Peaks reads the whole sound and returns its peaks. A peak is the square root of the amplitude, so that quiet
// speech is visible too.
func (s *Sound) Peaks() (Peaks, error) {
	p := Peaks{Began: s.began, Interval: peakInterval.Seconds(), User: []int{}, Agent: []int{}}
	in := io.NewSectionReader(s, wavHeader, s.size-wavHeader)
	block := make([]byte, int(peakInterval*soundRate/time.Second)*frameBytes)
	for {
		n, err := io.ReadFull(in, block)
		if n == 0 && err == io.EOF {
			return p, nil
		}
		if err != nil && err != io.ErrUnexpectedEOF {
			return p, err
		}
		p.User = append(p.User, peakOf(block[:n]))
		p.Agent = append(p.Agent, peakOf(block[2:max(n, 2)]))
	}
}

// peakOf returns the peak of every second sample, from 0 to 100.
func peakOf(block []byte) int {
	largest := 0.0
	for i := 0; i+1 < len(block); i += frameBytes {
		x := float64(int16(uint16(block[i]) | uint16(block[i+1])<<8))
		largest = max(largest, math.Abs(x))
	}
	return int(math.Round(math.Sqrt(largest/(1<<15)) * 100))
}
