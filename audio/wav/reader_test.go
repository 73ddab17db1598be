package wav

import (
	"bytes"
	"encoding/binary"
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

// A file is a WAV file in pieces, for tests to get them wrong.
type file struct {
	tag, channels, block, bits uint16
	rate                       uint32
	before                     string // chunks before the format
	extra                      []byte // after the format's 16 bytes
	riff, size                 uint32 // instead of the true sizes; 1 means the true one
	data                       []byte
	after                      string
}

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

// plain is a good file with three samples.
func plain() file {
	return file{tag: 1, channels: 1, block: 2, bits: 16, rate: 8000, riff: 1, size: 1,
		data: []byte{0, 0x40, 0, 0xc0, 0, 0x20}}
}

func TestEveryKindOfSampleIsRead(t *testing.T) {
	extensible := func(tag byte) []byte {
		return append([]byte{22, 0, 16, 0, 4, 0, 0, 0, tag, 0}, "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"...)
	}
	for _, row := range []struct {
		name      string
		tag, bits uint16
		extra     []byte
		data      []byte
	}{
		{"8 bits, without a sign", 1, 8, nil, []byte{0xc0, 0x40, 0xa0}},
		{"16 bits", 1, 16, nil, []byte{0, 0x40, 0, 0xc0, 0, 0x20}},
		{"24 bits", 1, 24, nil, []byte{0, 0, 0x40, 0, 0, 0xc0, 0, 0, 0x20}},
		{"32 bits", 1, 32, nil, []byte{0, 0, 0, 0x40, 0, 0, 0, 0xc0, 0, 0, 0, 0x20}},
		{"float", 3, 32, []byte{0, 0}, []byte{0, 0, 0, 0x3f, 0, 0, 0, 0xbf, 0, 0, 0x80, 0x3e}},
		{"double", 3, 64, []byte{0, 0},
			[]byte{0, 0, 0, 0, 0, 0, 0xe0, 0x3f, 0, 0, 0, 0, 0, 0, 0xe0, 0xbf, 0, 0, 0, 0, 0, 0, 0xd0, 0x3f}},
		{"u-law", 7, 8, []byte{0, 0}, []byte{0x8f, 0x0f, 0x9f}},
		{"extensible, 16 bits", 0xfffe, 16, extensible(1), []byte{0, 0x40, 0, 0xc0, 0, 0x20}},
		{"extensible, float", 0xfffe, 32, extensible(3), []byte{0, 0, 0, 0x3f, 0, 0, 0, 0xbf, 0, 0, 0x80, 0x3e}},
		{"12 bits, in 16", 1, 12, nil, []byte{0, 0x40, 0, 0xc0, 0, 0x20}},
	} {
		f := plain()
		f.tag, f.bits, f.extra, f.data, f.block = row.tag, row.bits, row.extra, row.data, (row.bits+7)/8
		s, err := Read(bytes.NewReader(f.bytes()), 0)
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		near(t, row.name, s.Samples, []float32{0.5, -0.5, 0.25}, 0.02)
	}
}

func near(t *testing.T, name string, got, want []float32, by float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: got %d samples, want %d", name, len(got), len(want))
		return
	}
	for i := range got {
		if math.Abs(float64(got[i]-want[i])) > by {
			t.Errorf("%s: sample %d: got %v, want %v", name, i, got[i], want[i])
			return
		}
	}
}

func TestFloatsOutsideOfWhatSoundIsAreMadeToFit(t *testing.T) {
	f := plain()
	f.tag, f.bits, f.block, f.data = 3, 32, 4, nil
	for _, x := range []float64{math.NaN(), math.Inf(1), -7, 1e38} {
		f.data = binary.LittleEndian.AppendUint32(f.data, math.Float32bits(float32(x)))
	}
	s, err := Read(bytes.NewReader(f.bytes()), 0)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "floats", s.Samples, []float32{0, 1, -1, 1}, 0)
}

func TestChannelsAreMixedDown(t *testing.T) {
	f := plain()
	f.channels, f.block = 3, 6
	f.data = append(f.data, 0, 0x60, 0, 0x60, 0, 0xc0, 1, 2, 3) // the last frame is not whole
	s, err := Read(iotest.OneByteReader(bytes.NewReader(f.bytes())), 0)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "mixed", s.Samples, []float32{0.25 / 3, 1.0 / 3}, 1e-6)
}

func TestSizesThatSayNothingAreNotBelieved(t *testing.T) {
	for _, row := range []struct {
		name       string
		riff, size uint32
		after      string
		want       int
	}{
		{"sox and ffmpeg to a pipe", 0xffffffff, 0xffffffff, "", 3},
		{"espeak-ng", 0x7ffff024, 0x7ffff000, "", 3},
		{"nobody filled them in", 0, 0, "", 3},
		{"the writer died with an empty header", 36, 0, "", 3},
		{"cut off", 1, 1000, "", 3},
		{"an odd number of bytes", 1, 5, "", 2},
		{"something comes after the sound", 1, 1, "LIST\x04\x00\x00\x00abcd", 3},
		{"really empty, and something comes after it", 1, 0, "LIST\x04\x00\x00\x00abcd", 0},
	} {
		f := plain()
		f.riff, f.size, f.after = row.riff, row.size, row.after
		if row.want == 0 {
			f.data = nil
		}
		s, err := Read(bytes.NewReader(f.bytes()), 0)
		if err != nil || len(s.Samples) != row.want {
			t.Errorf("%s: got %d samples, %v, want %d", row.name, len(s.Samples), err, row.want)
		}
	}
}

func TestUnknownChunksAreSkipped(t *testing.T) {
	f := plain()
	f.before = "JUNK\x03\x00\x00\x00abc\x00bext\x00\x00\x00\x00"
	f.extra = []byte{2, 0, 9, 9} // as is what is in the format beyond what we know
	s, err := Read(bytes.NewReader(f.bytes()), 0)
	if err != nil || len(s.Samples) != 3 {
		t.Errorf("got %d samples, %v", len(s.Samples), err)
	}
}

func TestAnErrorNamesTheFileAndSaysWhatIsWrong(t *testing.T) {
	with := func(change func(f *file)) string {
		f := plain()
		change(&f)
		return string(f.bytes())
	}
	for _, row := range []struct{ content, want string }{
		{"", "the file is empty"},
		{"hello", "not a WAV file"},
		{"RIFFxxxxAVI LIST", "not a WAV file"},
		{"ID3\x04 and so on and on", "not a WAV file but MP3"},
		{"OggS and so on and on", "not a WAV file but Ogg"},
		{"RIFX\x00\x00\x00\x00WAVE", "a WAV file in big-endian order, which is not supported"},
		{"RIFF\x00\x00\x00\x00WAVE", "it ends before its sound begins"},
		{"RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01", "it ends before its sound begins"},
		{"RIFF\x00\x00\x00\x00WAVEfmt \x02\x00\x00\x00\x01\x00", "its format takes 2 bytes, which are too few"},
		{"RIFF\x00\x00\x00\x00WAVEfmt \xff\xff\xff\xff\x01\x00", "its format takes 4294967295 bytes"},
		{"RIFF\x00\x00\x00\x00WAVEdata\x02\x00\x00\x00\x01\x00", "its sound begins before it says what format it has"},
		{with(func(f *file) { f.before = "JUNK\xff\xff\xff\xff" }), "no sound in its first 64 MB"},
		{with(func(f *file) { f.channels = 0 }), "it has no channels"},
		{with(func(f *file) { f.rate = 0 }), "it has 0 samples a second, which is not between 1000 and 384000"},
		{with(func(f *file) { f.tag = 6; f.bits = 8 }), "its samples are A-law of 8 bits, which is not supported"},
		{with(func(f *file) { f.tag = 0x11; f.bits = 4 }), "its samples are ADPCM of 4 bits, which is not supported"},
		{with(func(f *file) { f.tag = 0x2000 }), "its samples are in format 0x2000 of 16 bits, which is not supported"},
		{with(func(f *file) { f.bits = 0 }), "its samples are numbers of 0 bits, which is not supported"},
		{with(func(f *file) { f.block = 3 }), "it has 1 channels of 16 bits, but 3 bytes for all of them"},
		{with(func(f *file) { f.tag = 0xfffe }), "its extensible format takes 16 bytes, which are too few"},
	} {
		name := filepath.Join(t.TempDir(), "ding.wav")
		if err := os.WriteFile(name, []byte(row.content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadFile(name, 0); err == nil || err.Error() != name+": "+row.want {
			t.Errorf("got %v, want %s", err, row.want)
		}
	}
	if _, err := Load("no.wav", 0); err == nil || !strings.HasPrefix(err.Error(), "no.wav: ") || !os.IsNotExist(unwrap(err)) {
		t.Errorf("got %v", err)
	}
	dir := t.TempDir()
	if _, err := Load(dir, 0); err == nil || err.Error() != dir+": not a file" {
		t.Errorf("got %v", err)
	}
}

func unwrap(err error) error {
	for {
		u, ok := err.(interface{ Unwrap() error })
		if !ok {
			return err
		}
		err = u.Unwrap()
	}
}

func TestMoreSoundThanAskedForIsAnError(t *testing.T) {
	f := plain()
	f.data = make([]byte, 2*8000)
	if s, err := Read(bytes.NewReader(f.bytes()), time.Second); err != nil || len(s.Samples) != 8000 {
		t.Errorf("got %d samples, %v", len(s.Samples), err)
	}
	f.data = append(f.data, 0, 0)
	if _, err := Read(bytes.NewReader(f.bytes()), time.Second); err == nil || err.Error() != "it is longer than 1s" {
		t.Errorf("got %v", err)
	}
}

func TestLoadGivesTheRateOfTheProgram(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.wav")
	write(t, name, 16000, make([]float32, 1600))
	got, err := Load(name, 0)
	if err != nil || len(got) != 4800 {
		t.Errorf("got %d samples, %v, want 4800", len(got), err)
	}
}

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

func noise(n int) []float32 {
	r := rand.New(rand.NewPCG(1, 2))
	sound := make([]float32, n)
	for i := range sound {
		sound[i] = r.Float32() - 0.5
	}
	return sound
}

// run runs a program, or skips the test where it is not installed.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip(name + " is not installed: nothing to compare with")
	}
	out, err := exec.Command(path, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func TestWhatSoxWritesIsReadTheSame(t *testing.T) {
	dir := t.TempDir()
	from := filepath.Join(dir, "from.wav")
	write(t, from, 22050, noise(5000))
	want, err := ReadFile(from, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		args string
		by   float64
	}{
		{"-b 8 -e unsigned", 1.0 / 128}, {"-b 16", 0}, {"-b 24", 0}, {"-b 32", 0},
		{"-b 32 -e floating-point", 0}, {"-b 64 -e floating-point", 0}, {"-e u-law", 0.04},
		{"-c 2", 0}, {"-c 6", 0}, {"-b 24 -c 2", 0},
	} {
		to := filepath.Join(dir, "to.wav")
		run(t, "sox", append(append([]string{"-D", from}, strings.Fields(row.args)...), to)...)
		got, err := ReadFile(to, 0)
		if err != nil || got.Rate != 22050 {
			t.Errorf("%s: %d samples a second, %v", row.args, got.Rate, err)
		}
		near(t, row.args, got.Samples, want.Samples, row.by)
	}
}

func TestWhatEspeakWritesToAPipeIsRead(t *testing.T) {
	out := run(t, "espeak-ng", "--stdout", "hello")
	s, err := Read(strings.NewReader(out), 0)
	if err != nil || s.Rate != 22050 || len(s.Samples) < s.Rate/5 {
		t.Errorf("got %d samples of %d a second, %v", len(s.Samples), s.Rate, err)
	}
}

func FuzzAnyFileIsReadOrRefused(f *testing.F) {
	f.Add(plain().bytes())
	e := plain()
	e.channels, e.block, e.size, e.riff = 2, 4, 0xffffffff, 0
	f.Add(e.bytes())
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVEdata\x02\x00\x00\x00\x01\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Read(bytes.NewReader(b), time.Second)
		if err != nil {
			return
		}
		if s.Rate < minRate || s.Rate > maxRate || len(s.Samples) > audio.Rate || len(s.Samples) > len(b) {
			t.Errorf("%d samples of %d a second from %d bytes", len(s.Samples), s.Rate, len(b))
		}
		for _, x := range s.Samples {
			if !(x >= -1 && x <= 1) {
				t.Errorf("got %v", x)
			}
		}
	})
}
