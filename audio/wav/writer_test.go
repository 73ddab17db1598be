package wav

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.wav")
	sound := noise(10000)
	write(t, name, 24000, sound)
	s, err := ReadFile(name, 0)
	if err != nil || s.Rate != 24000 {
		t.Fatalf("%d a second, %v", s.Rate, err)
	}
	near(t, "read back", s.Samples, sound, 0.5001/(1<<15))
}

func TestSoxBelievesTheHeader(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.wav")
	write(t, name, 24000, noise(12345))
	for flag, want := range map[string]string{"-r": "24000", "-c": "1", "-b": "16", "-s": "12345", "-e": "Signed Integer PCM"} {
		if got := strings.TrimSpace(run(t, "soxi", flag, name)); got != want {
			t.Errorf("soxi %s: got %s, want %s", flag, got, want)
		}
	}
}

// A program can end between any two calls of the system. This looks at the
// file after each.
func TestAFileThatWasNotClosedLacksASecondAtMost(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "a.wav"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	written := 0
	look := func() {
		s, err := ReadFile(f.Name(), 0)
		if err != nil || s.Rate != 8000 || len(s.Samples) > written || len(s.Samples) < written-8000-160 {
			t.Fatalf("%d of %d samples can be read, %d a second, %v", len(s.Samples), written, s.Rate, err)
		}
	}
	w, err := NewWriter(watched{f, look}, 8000)
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
	if s, err := ReadFile(f.Name(), 0); err != nil || len(s.Samples) != written {
		t.Errorf("closed, it has %d samples of %d, %v", len(s.Samples), written, err)
	}
}

// watched looks after each call.
type watched struct {
	f    *os.File
	look func()
}

func (w watched) Write(b []byte) (int, error) {
	n, err := w.f.Write(b)
	w.look()
	return n, err
}

func (w watched) Seek(to int64, from int) (int64, error) {
	n, err := w.f.Seek(to, from)
	if n > 0 || from != io.SeekStart { // before the first header there is nothing to see
		w.look()
	}
	return n, err
}

// nowhere is a file that takes anything.
type nowhere struct{ err error }

func (n nowhere) Write(b []byte) (int, error)         { return len(b), n.err }
func (n nowhere) Seek(to int64, _ int) (int64, error) { return to, n.err }

func TestSoundBeyondFourGigabytesStopsTheHeaderOnly(t *testing.T) {
	w, err := newWriter(nowhere{}, 48000, 5<<30)
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
		t.Errorf("the header says % x", got)
	}
}

func TestAFullDiskIsAnError(t *testing.T) {
	full := errors.New("no space left on device")
	if _, err := NewWriter(nowhere{full}, 48000); err != full {
		t.Errorf("got %v", err)
	}
}

func TestWritingAllocatesNothing(t *testing.T) {
	w, err := NewWriter(nowhere{}, 48000)
	if err != nil {
		t.Fatal(err)
	}
	piece := noise(960)
	if n := testing.AllocsPerRun(200, func() { w.Write(piece) }); n != 0 {
		t.Errorf("got %v allocations", n)
	}
}
