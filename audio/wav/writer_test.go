package wav

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWrittenSoundIsReadBack(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.wav")
	sound := noise(10000)
	write(t, name, 24000, sound)
	s, err := readFile(name)
	if err != nil || s.Rate != 24000 {
		t.Fatalf("got rate %d, error %v, want 24000, nil", s.Rate, err)
	}
	wantNear(t, "read back", s.Samples, sound, 0.5001/(1<<15))
}

func TestEncodeReturnsTheBytesThatAWriterWrites(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.wav")
	sound := noise(1000)
	write(t, name, 24000, sound)
	want, err := os.ReadFile(name)
	if got := Encode(sound, 24000); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %d bytes, want the same as the %d bytes of the file, %v", len(got), len(want), err)
	}
}

func TestSoxReadsTheHeader(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.wav")
	write(t, name, 24000, noise(12345))
	for flag, want := range map[string]string{"-r": "24000", "-c": "1", "-b": "16", "-s": "12345", "-e": "Signed Integer PCM"} {
		if got := strings.TrimSpace(run(t, "soxi", flag, name)); got != want {
			t.Errorf("soxi %s: got %s, want %s", flag, got, want)
		}
	}
}

// TestFileWithoutCloseLacksAtMostASecond reads the file after each system call of the Writer,
// because a program can end between any two of them.
func TestFileWithoutCloseLacksAtMostASecond(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "a.wav"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	written := 0
	check := func() {
		s, err := readFile(f.Name())
		if err != nil || s.Rate != 8000 || len(s.Samples) > written || len(s.Samples) < written-8000-160 {
			t.Fatalf("read %d of %d samples, rate %d, error %v", len(s.Samples), written, s.Rate, err)
		}
	}
	w, err := NewWriter(checkedFile{f, check}, 8000)
	if err != nil {
		t.Fatal(err)
	}
	for range 170 {
		written += 160
		if err := w.Write(noise(160)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err := readFile(f.Name()); err != nil || len(s.Samples) != written {
		t.Errorf("after Close: read %d of %d samples, error %v", len(s.Samples), written, err)
	}
}

// A checkedFile is an io.WriteSeeker that calls check after each system call.
type checkedFile struct {
	f     *os.File
	check func()
}

func (c checkedFile) Write(b []byte) (int, error) {
	n, err := c.f.Write(b)
	c.check()
	return n, err
}

func (c checkedFile) Seek(to int64, from int) (int64, error) {
	n, err := c.f.Seek(to, from)
	if n > 0 || from != io.SeekStart { // the file is empty before the first header is written
		c.check()
	}
	return n, err
}

// A nullFile is an io.WriteSeeker that discards all data. Each call returns err.
type nullFile struct{ err error }

func (f nullFile) Write(b []byte) (int, error)         { return len(b), f.err }
func (f nullFile) Seek(to int64, _ int) (int64, error) { return to, f.err }

func TestHeaderStatesAtMostFourGigabytes(t *testing.T) {
	w, err := newWriter(nullFile{}, 48000, 5<<30)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(noise(10)); err != nil {
		t.Error(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if got := w.buf[40:44]; string(got) != "\xd3\xff\xff\xff" {
		t.Errorf("size in the header is % x, want d3 ff ff ff", got)
	}
}

func TestFullDiskIsAnError(t *testing.T) {
	full := errors.New("no space left on device")
	if _, err := NewWriter(nullFile{full}, 48000); err != full {
		t.Errorf("got %v, want %v", err, full)
	}
}

func TestWriterDoesNotAllocate(t *testing.T) {
	w, err := NewWriter(nullFile{}, 48000)
	if err != nil {
		t.Fatal(err)
	}
	piece := noise(960)
	if n := testing.AllocsPerRun(200, func() { w.Write(piece) }); n != 0 {
		t.Errorf("got %v allocations", n)
	}
}
