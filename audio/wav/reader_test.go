package wav

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"moonlark/audio"
)

// A file describes the contents of a WAV file, which may be invalid.
type file struct {
	tag, channels, block, bits uint16
	rate                       uint32
	before                     string // chunks before the format chunk
	extra                      []byte // the part of the format chunk after its first 16 bytes
	// sizes that the headers state for the file and for data; 1 means the correct size
	riff, size uint32
	data       []byte
	after      string // chunks after the data chunk
}

// bytes returns the contents of the file.
func (f file) bytes() []byte {
	le := binary.LittleEndian
	b := append([]byte("WAVE"), f.before...)
	b = append(b, "fmt "...)
	b = le.AppendUint32(b, 16+uint32(len(f.extra)))
	b = le.AppendUint16(b, f.tag)
	b = le.AppendUint16(b, f.channels)
	b = le.AppendUint32(b, f.rate)
	b = le.AppendUint32(b, f.rate*uint32(f.block))
	b = le.AppendUint16(b, f.block)
	b = le.AppendUint16(b, f.bits)
	b = append(b, f.extra...)
	b = append(b, "data"...)
	if f.size == 1 {
		f.size = uint32(len(f.data))
	}
	b = append(le.AppendUint32(b, f.size), f.data...)
	b = append(b, f.after...)
	if f.riff == 1 {
		f.riff = uint32(len(b))
	}
	return append(le.AppendUint32([]byte("RIFF"), f.riff), b...)
}

// validFile returns the description of a valid file with three samples.
func validFile() file {
	return file{tag: 1, channels: 1, block: 2, bits: 16, rate: 8000, riff: 1, size: 1,
		data: []byte{0, 0x40, 0, 0xc0, 0, 0x20}}
}

func TestEverySampleFormatIsRead(t *testing.T) {
	extensible := func(tag byte) []byte {
		return append([]byte{22, 0, 16, 0, 4, 0, 0, 0, tag, 0}, "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"...)
	}
	for _, row := range []struct {
		name      string
		tag, bits uint16
		extra     []byte
		data      []byte
	}{
		{"8 bits, unsigned", 1, 8, nil, []byte{0xc0, 0x40, 0xa0}},
		{"16 bits", 1, 16, nil, []byte{0, 0x40, 0, 0xc0, 0, 0x20}},
		{"24 bits", 1, 24, nil, []byte{0, 0, 0x40, 0, 0, 0xc0, 0, 0, 0x20}},
		{"32 bits", 1, 32, nil, []byte{0, 0, 0, 0x40, 0, 0, 0, 0xc0, 0, 0, 0, 0x20}},
		{"float", 3, 32, []byte{0, 0}, []byte{0, 0, 0, 0x3f, 0, 0, 0, 0xbf, 0, 0, 0x80, 0x3e}},
		{"double", 3, 64, []byte{0, 0},
			[]byte{0, 0, 0, 0, 0, 0, 0xe0, 0x3f, 0, 0, 0, 0, 0, 0, 0xe0, 0xbf, 0, 0, 0, 0, 0, 0, 0xd0, 0x3f}},
		{"u-law", 7, 8, []byte{0, 0}, []byte{0x8f, 0x0f, 0x9f}},
		{"extensible, 16 bits", 0xfffe, 16, extensible(1), []byte{0, 0x40, 0, 0xc0, 0, 0x20}},
		{"extensible, float", 0xfffe, 32, extensible(3), []byte{0, 0, 0, 0x3f, 0, 0, 0, 0xbf, 0, 0, 0x80, 0x3e}},
		{"12 bits in 2 bytes", 1, 12, nil, []byte{0, 0x40, 0, 0xc0, 0, 0x20}},
	} {
		f := validFile()
		f.tag, f.bits, f.extra, f.data, f.block = row.tag, row.bits, row.extra, row.data, (row.bits+7)/8
		s, err := Read(bytes.NewReader(f.bytes()), time.Minute)
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		wantNear(t, row.name, s.Samples, []float32{0.5, -0.5, 0.25}, 0.02)
	}
}

// wantNear checks that got and want have the same length, and that no sample of got differs from
// the sample in want by more than tolerance. name is used in the error message.
func wantNear(t *testing.T, name string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: got %d samples, want %d", name, len(got), len(want))
		return
	}
	for i := range got {
		if math.Abs(float64(got[i]-want[i])) > tolerance {
			t.Errorf("%s: sample %d: got %v, want %v", name, i, got[i], want[i])
			return
		}
	}
}

func TestFloatSamplesOutOfRangeAreClamped(t *testing.T) {
	f := validFile()
	f.tag, f.bits, f.block, f.data = 3, 32, 4, nil
	for _, x := range []float64{math.NaN(), math.Inf(1), -7, 1e38} {
		f.data = binary.LittleEndian.AppendUint32(f.data, math.Float32bits(float32(x)))
	}
	s, err := Read(bytes.NewReader(f.bytes()), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	wantNear(t, "floats", s.Samples, []float32{0, 1, -1, 1}, 0)
}

func TestChannelsAreMixedToMono(t *testing.T) {
	f := validFile()
	f.channels, f.block = 3, 6
	f.data = append(f.data, 0, 0x60, 0, 0x60, 0, 0xc0, 1, 2, 3) // the last frame is incomplete
	s, err := Read(iotest.OneByteReader(bytes.NewReader(f.bytes())), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	wantNear(t, "mixed", s.Samples, []float32{0.25 / 3, 1.0 / 3}, 1e-6)
}

func TestWrongSizesInTheHeaderAreIgnored(t *testing.T) {
	for _, row := range []struct {
		name       string
		riff, size uint32
		after      string
		want       int
	}{
		{"written by sox or ffmpeg to a pipe", 0xffffffff, 0xffffffff, "", 3},
		{"written by espeak-ng", 0x7ffff024, 0x7ffff000, "", 3},
		{"sizes not filled in", 0, 0, "", 3},
		{"writer ended before it updated the header", 36, 0, "", 3},
		{"truncated", 1, 1000, "", 3},
		{"an odd number of bytes", 1, 5, "", 2},
		{"a chunk after the sound", 1, 1, "LIST\x04\x00\x00\x00abcd", 3},
		{"no sound and a chunk after it", 1, 0, "LIST\x04\x00\x00\x00abcd", 0},
	} {
		f := validFile()
		f.riff, f.size, f.after = row.riff, row.size, row.after
		if row.want == 0 {
			f.data = nil
		}
		s, err := Read(bytes.NewReader(f.bytes()), time.Minute)
		if err != nil || len(s.Samples) != row.want {
			t.Errorf("%s: got %d samples, %v, want %d", row.name, len(s.Samples), err, row.want)
		}
	}
}

func TestUnknownChunksAreSkipped(t *testing.T) {
	f := validFile()
	f.before = "JUNK\x03\x00\x00\x00abc\x00bext\x00\x00\x00\x00"
	f.extra = []byte{2, 0, 9, 9} // an unknown extension of the format chunk must be ignored too
	s, err := Read(bytes.NewReader(f.bytes()), time.Minute)
	if err != nil || len(s.Samples) != 3 {
		t.Errorf("got %d samples, %v", len(s.Samples), err)
	}
}

// A chunk with an odd size should have a padding byte after it, usually 0, but not all programs write
// it.
func TestChunksWithoutPaddingAreSkipped(t *testing.T) {
	for _, before := range []string{
		"JUNK\x03\x00\x00\x00abc", "JUNK\x03\x00\x00\x00abcbext\x01\x00\x00\x00x", "JUNK\x03\x00\x00\x00abc\x00bext\x01\x00\x00\x00x\x00",
		"JUNK\x03\x00\x00\x00abc ", "JUNK\x03\x00\x00\x00abc\xff",
	} {
		for _, extra := range []string{"", "\x00", "\x00\x00\x00", "\x00\x00\x00 "} {
			f := validFile()
			f.before, f.extra = before, []byte(extra)
			s, err := Read(bytes.NewReader(f.bytes()), time.Minute)
			if err != nil || len(s.Samples) != 3 {
				t.Errorf("chunks %q, extension %q: got %d samples, %v, want 3", before, extra, len(s.Samples), err)
			}
		}
	}
}

func TestErrorNamesTheFileAndTheProblem(t *testing.T) {
	with := func(change func(f *file)) string {
		f := validFile()
		change(&f)
		return string(f.bytes())
	}
	for _, row := range []struct{ content, want string }{
		{"", "the file is empty"},
		{"hello", "not a WAV file"},
		{"RIFFxxxxAVI LIST", "not a WAV file"},
		{"ID3\x04 and so on and on", "not a WAV file but MP3"},
		{"OggS and so on and on", "not a WAV file but Ogg"},
		{"RIFX\x00\x00\x00\x00WAVE", "big-endian WAV files are not supported"},
		{"RIFF\x00\x00\x00\x00WAVE", "the file ends before the sound"},
		{"RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01", "the file ends before the sound"},
		{"RIFF\x00\x00\x00\x00WAVEfmt \x02\x00\x00\x00\x01\x00", "the format chunk has 2 bytes, which are too few"},
		{"RIFF\x00\x00\x00\x00WAVEfmt \xff\xff\xff\xff\x01\x00", "the format chunk has 4294967295 bytes, which are too many"},
		{"RIFF\x00\x00\x00\x00WAVEdata\x02\x00\x00\x00\x01\x00", "the sound comes before its format"},
		{with(func(f *file) { f.before = "JUNK\xff\xff\xff\xff" }), "no sound in the first 64 MB"},
		{with(func(f *file) { f.channels = 0 }), "the file has 0 channels"},
		{with(func(f *file) { f.rate = 0 }), "the sample rate is 0, not between 1000 and 384000"},
		{with(func(f *file) { f.tag = 6; f.bits = 8 }), "8-bit A-law samples are not supported"},
		{with(func(f *file) { f.tag = 0x11; f.bits = 4 }), "4-bit ADPCM samples are not supported"},
		{with(func(f *file) { f.tag = 0x2000 }), "16-bit format 0x2000 samples are not supported"},
		{with(func(f *file) { f.bits = 0 }), "0-bit integer samples are not supported"},
		{with(func(f *file) { f.block = 3 }), "a frame of 1 channels with 16 bits cannot have 3 bytes"},
		{with(func(f *file) { f.tag = 0xfffe }), "the extensible format chunk has 16 bytes, which are too few"},
	} {
		name := filepath.Join(t.TempDir(), "ding.wav")
		if err := os.WriteFile(name, []byte(row.content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := readFile(name); err == nil || err.Error() != name+": "+row.want {
			t.Errorf("got %v, want %s", err, row.want)
		}
	}
	if _, err := readFile("no.wav"); err == nil || !strings.HasPrefix(err.Error(), "no.wav: ") || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	dir := t.TempDir()
	if _, err := readFile(dir); err == nil || err.Error() != dir+": not a file" {
		t.Errorf("got %v", err)
	}
}

func TestSoundLongerThanTheMaximumIsAnError(t *testing.T) {
	f := validFile()
	f.data = make([]byte, 2*8000)
	if s, err := Read(bytes.NewReader(f.bytes()), time.Second); err != nil || len(s.Samples) != 8000 {
		t.Errorf("got %d samples, %v", len(s.Samples), err)
	}
	f.data = append(f.data, 0, 0)
	if _, err := Read(bytes.NewReader(f.bytes()), time.Second); err == nil || err.Error() != "the sound is longer than 1s" {
		t.Errorf("got %v", err)
	}
}

func TestSoundAtAnotherRateIsResampled(t *testing.T) {
	s := Sound{Samples: make([]float32, 1600), Rate: 16000}
	if got := s.At(audio.Rate); len(got) != 4800 {
		t.Errorf("got %d samples, want 4800", len(got))
	}
}

// readFile reads a WAV file. name is the name of the file.
func readFile(name string) (Sound, error) {
	f, r, err := openFile(name)
	if err != nil {
		return Sound{}, err
	}
	defer f.Close()
	return readAll(r, 5*time.Minute)
}

// write creates a WAV file that contains sound. name is the name of the file, and rate is the
// number of samples per second.
func write(t *testing.T, name string, rate int, sound []float32) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := NewWriter(f, rate)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(sound); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// noise returns n samples of noise. Each call returns the same noise.
func noise(n int) []float32 {
	r := rand.New(rand.NewPCG(1, 2))
	sound := make([]float32, n)
	for i := range sound {
		sound[i] = r.Float32() - 0.5
	}
	return sound
}

// run runs a program and returns its output. It skips the test if the program is not installed. The
// test fails if the program fails.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip(name + " is not installed")
	}
	out, err := exec.Command(path, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func TestFilesWrittenBySoxAreRead(t *testing.T) {
	dir := t.TempDir()
	from := filepath.Join(dir, "from.wav")
	write(t, from, 22050, noise(5000))
	want, err := readFile(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		args      string
		tolerance float64
	}{
		{"-b 8 -e unsigned", 1.0 / 128}, {"-b 16", 0}, {"-b 24", 0}, {"-b 32", 0},
		{"-b 32 -e floating-point", 0}, {"-b 64 -e floating-point", 0}, {"-e u-law", 0.04},
		{"-c 2", 0}, {"-c 6", 0}, {"-b 24 -c 2", 0},
	} {
		to := filepath.Join(dir, "to.wav")
		run(t, "sox", append(append([]string{"-D", from}, strings.Fields(row.args)...), to)...)
		got, err := readFile(to)
		if err != nil || got.Rate != 22050 {
			t.Errorf("%s: got rate %d, error %v, want 22050, nil", row.args, got.Rate, err)
		}
		wantNear(t, row.args, got.Samples, want.Samples, row.tolerance)
	}
}

func TestPipeOutputOfEspeakIsRead(t *testing.T) {
	out := run(t, "espeak-ng", "--stdout", "hello")
	s, err := Read(strings.NewReader(out), time.Minute)
	if err != nil || s.Rate != 22050 || len(s.Samples) < s.Rate/5 {
		t.Errorf("got %d samples, rate %d, error %v", len(s.Samples), s.Rate, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(validFile().bytes())
	e := validFile()
	e.channels, e.block, e.size, e.riff = 2, 4, 0xffffffff, 0
	f.Add(e.bytes())
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVEdata\x02\x00\x00\x00\x01\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Read(bytes.NewReader(b), time.Second)
		if err != nil {
			return
		}
		if s.Rate < minRate || s.Rate > maxRate || len(s.Samples) > audio.Rate || len(s.Samples) > len(b) {
			t.Errorf("got %d samples, rate %d, from %d bytes", len(s.Samples), s.Rate, len(b))
		}
		for _, x := range s.Samples {
			if !(x >= -1 && x <= 1) {
				t.Errorf("sample %v is not between -1 and 1", x)
			}
		}
	})
}
