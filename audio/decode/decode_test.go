package decode

import (
	"bytes"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"moonlark/audio"
	"moonlark/audio/wav"
)

// readAll returns the sound of a file.
func readAll(content []byte, contentType string) (sound []float32, err error) {
	d, err := New(bytes.NewReader(content), contentType)
	for err == nil && len(sound) < 20*audio.Rate {
		sound, err = d.Append(sound)
	}
	if err == io.EOF {
		err = nil
	}
	return sound, err
}

// files returns a second of a tone of 1 kHz with the peak 0.5 in each format.
func files(t testing.TB) map[string][]byte {
	tone := make([]float32, 16000)
	for i := range tone {
		tone[i] = 0.5 * float32(math.Sin(2*math.Pi*1000*float64(i)/16000))
	}
	all := map[string][]byte{"tone.wav": wav.Encode(tone, 16000)}
	for _, name := range []string{"tone.mp3", "tone.ogg"} {
		content, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = content
	}
	return all
}

func TestAToneIsReadInEachFormat(t *testing.T) {
	for name, content := range files(t) {
		sound, err := readAll(content, "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if seconds := float64(len(sound)) / audio.Rate; seconds < 0.98 || seconds > 1.2 { // MP3 has padding
			t.Errorf("%s has %.2f s", name, seconds)
		}
		crossings, energy := 0, 0.0
		middle := sound[audio.Rate/4 : audio.Rate*3/4]
		for i, x := range middle {
			energy += float64(x) * float64(x)
			if i > 0 && (x < 0) != (middle[i-1] < 0) {
				crossings++
			}
		}
		if rms := math.Sqrt(energy / float64(len(middle))); rms < 0.33 || rms > 0.38 || crossings < 995 || crossings > 1005 {
			t.Errorf("%s: the effective value is %.3f, with %d zero crossings in 0.5 s; want 0.354 and 1000", name, rms, crossings)
		}
	}
}

func TestOtherFilesAreRefused(t *testing.T) {
	for content, want := range map[string]string{
		"":                         "it is not a sound file",
		"hello":                    "it is not a sound file",
		"<!DOCTYPE html><html>":    "it is not a sound file",
		"fLaC\x00\x00\x00\x22":     "FLAC is not supported",
		"\x00\x00\x00\x20ftypM4A ": "AAC is not supported",
		"\xff\xf1\x50\x80":         "AAC is not supported",
		"RIFF\x00\x00\x00\x00AVI ": "not a WAV file",
		"OggS":                     "in the Ogg file: ",
		"ID3":                      "in the MP3 file: ",
	} {
		if _, err := readAll([]byte(content), ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", content, err, want)
		}
	}
}

// A radio station can begin in the middle of a frame.
func TestAStreamOfMP3CanBeginAnywhere(t *testing.T) {
	content := files(t)["tone.mp3"]
	sound, err := readAll(content[700:], "audio/mpeg")
	if err != nil || len(sound) < audio.Rate/2 {
		t.Errorf("got %d samples, %v", len(sound), err)
	}
}

func TestDamagedFilesDoNotPanic(t *testing.T) {
	for name, content := range files(t) {
		r := rand.New(rand.NewPCG(1, 2))
		for range 60 {
			damaged := bytes.Clone(content)
			for range 1 + r.IntN(20) {
				damaged[r.IntN(len(damaged))] = byte(r.IntN(256))
			}
			damaged = damaged[:r.IntN(len(damaged))]
			sound, _ := readAll(damaged, "")
			for _, x := range sound {
				if !(x >= -1 && x <= 1) {
					t.Fatalf("%s: a sample is %v", name, x)
				}
			}
		}
	}
}

// The library would use gigabytes for these files, or never return.
func TestOggHeadersThatAreMadeToBeExpensiveAreRefused(t *testing.T) {
	page := func(packets ...string) []byte {
		var table, content []byte
		for _, p := range packets {
			table = append(append(table, bytes.Repeat([]byte{255}, len(p)/255)...), byte(len(p)%255))
			content = append(content, p...)
		}
		head := append([]byte("OggS"), make([]byte, 22)...)
		return append(append(append(head, byte(len(table))), table...), content...)
	}
	identity := "\x01vorbis" + strings.Repeat("\x00", 23)
	comments := "\x03vorbis\x00\x00\x00\x00\x00\x00\x00\x00\x01"
	setup := "\x05vorbis\x00BCV"
	for why, content := range map[string][]byte{
		"4 billion comments":             page(identity, "\x03vorbis\x00\x00\x00\x00\xff\xff\xff\xff\x01", setup),
		"a codebook without entries":     page(identity, comments, setup+"\x01\x00\x00\x00\x00"+strings.Repeat("\x00", 50)),
		"a codebook of 4 billion values": page(identity, comments, setup+"\xff\xff\xff\xff\xff"+strings.Repeat("\x00", 50)),
		"an ordered codebook that ends":  page(identity, comments, setup+"\x01\x00\x10\x00\x00\x01"),
		"a codebook without code words":  page(identity, comments, setup+"\x01\x00\x04\x00\x00\x02"+strings.Repeat("\x00", 50)),
	} {
		if _, err := readAll(content, ""); !errors.Is(err, errDamaged) {
			t.Errorf("%s: got %v", why, err)
		}
	}
}

func TestTagsOfMP3AreSkipped(t *testing.T) {
	tag := append([]byte("ID3\x03\x00\x00\x00\x02\x00\x00"), make([]byte, 2<<14)...)
	content := slices.Concat(tag, tag, files(t)["tone.mp3"])
	if sound, err := readAll(content, ""); err != nil || len(sound) < audio.Rate*9/10 {
		t.Errorf("got %d samples, %v", len(sound), err)
	}
}

// A rectangular wave has overshoots after the change of its rate.
func TestSamplesAreWithinTheRange(t *testing.T) {
	wave := make([]float32, 16000)
	for i := range wave {
		wave[i] = float32(1 - 2*(i/20%2))
	}
	sound, err := readAll(wav.Encode(wave, 16000), "")
	if err != nil || slices.Min(sound) < -1 || slices.Max(sound) > 1 {
		t.Errorf("got samples from %v to %v, %v", slices.Min(sound), slices.Max(sound), err)
	}
}

func FuzzNew(f *testing.F) {
	for _, content := range files(f) {
		f.Add(content[:min(len(content), 3000)])
	}
	f.Fuzz(func(_ *testing.T, content []byte) { readAll(content, "audio/mpeg") })
}
