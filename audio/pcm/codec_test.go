package pcm

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseKnowsEveryFormat(t *testing.T) {
	for _, name := range strings.Fields("pcm_8000 pcm_16000 pcm_22050 pcm_24000 pcm_44100 pcm_48000 ulaw_8000") {
		f, err := Parse(name)
		if err != nil || f.String() != name {
			t.Errorf("%s: got %v, %v", name, f, err)
		}
	}
}

func TestUnknownFormatErrorListsKnownFormats(t *testing.T) {
	_, err := Parse("opus_48000")
	want := `unknown audio format "opus_48000": it can be ` +
		"pcm_8000, pcm_16000, pcm_22050, pcm_24000, pcm_44100, pcm_48000, ulaw_8000"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestFormatConvertsBetweenBytesAndDurations(t *testing.T) {
	for _, row := range []struct {
		name           string
		second, in20ms int // numbers of bytes in one second and in 20 ms
		silence        byte
		halfSecond     time.Duration
	}{
		{"pcm_16000", 32000, 640, 0, 500 * time.Millisecond},
		{"pcm_22050", 44100, 882, 0, 500 * time.Millisecond},
		{"ulaw_8000", 8000, 160, 0xff, 500 * time.Millisecond},
	} {
		f, _ := Parse(row.name)
		if got := f.BytesPerSecond(); got != row.second {
			t.Errorf("%s: got %d bytes per second, want %d", row.name, got, row.second)
		}
		if got := f.Bytes(20 * time.Millisecond); got != row.in20ms {
			t.Errorf("%s: got %d bytes in 20 ms, want %d", row.name, got, row.in20ms)
		}
		if got := f.Duration(row.second / 2); got != row.halfSecond {
			t.Errorf("%s: got duration %v, want %v", row.name, got, row.halfSecond)
		}
		silence := f.AppendSilence(nil, 3)
		if want := bytes.Repeat([]byte{row.silence}, 3*f.SampleBytes()); !bytes.Equal(silence, want) {
			t.Errorf("%s: got silence %x, want %x", row.name, silence, want)
		}
		for _, x := range NewDecoder(f).Append(nil, silence) {
			if x != 0 {
				t.Errorf("%s: a sample of silence is %v, want 0", row.name, x)
			}
		}
	}
}

func TestEvery16BitSampleIsPreserved(t *testing.T) {
	f := Format{S16, 16000}
	var encoded []byte
	for s := range 1 << 16 {
		encoded = append(encoded, byte(s), byte(s>>8))
	}
	sound := NewDecoder(f).Append(nil, encoded)
	if got := f.Append(nil, sound); !bytes.Equal(got, encoded) {
		t.Error("the bytes differ")
	}
	if slices.Min(sound) != -1 || slices.Max(sound) != 1-1.0/fullScale {
		t.Errorf("the samples are from %v to %v", slices.Min(sound), slices.Max(sound))
	}
}

func TestEncodingRoundsToTheNearest16BitSample(t *testing.T) {
	f := Format{S16, 16000}
	r := rand.New(rand.NewPCG(1, 2))
	d := NewDecoder(f)
	for range 100000 {
		x := r.Float32()*2 - 1
		y := d.Append(nil, f.Append(nil, []float32{x}))[0]
		if off := math.Abs(float64(x)-float64(y)) * fullScale; off > 0.5 && x < 1-1.0/fullScale {
			t.Fatalf("%v became %v, which differs by %v 16-bit steps", x, y, off)
		}
	}
}

func TestEncodingClipsAndReplacesNaN(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	sound := []float32{1, 1.5, 1e9, inf, -1, -1.5, -1e9, -inf, nan, 0.99999, -0.99999}
	s16 := NewDecoder(Format{S16, 1}).Append(nil, Format{S16, 1}.Append(nil, sound))
	const maxSample = 1 - 1.0/fullScale
	if want := []float32{maxSample, maxSample, maxSample, maxSample, -1, -1, -1, -1, 0, maxSample, -1}; !slices.Equal(s16, want) {
		t.Errorf("got %v, want %v", s16, want)
	}
	ulaw := Format{ULaw, 1}.Append(nil, sound)
	if want := []byte{0x80, 0x80, 0x80, 0x80, 0, 0, 0, 0, 0xff, 0x80, 0}; !bytes.Equal(ulaw, want) {
		t.Errorf("got %x, want %x", ulaw, want)
	}
}

func TestEveryULawCodeIsPreserved(t *testing.T) {
	f := Format{ULaw, 8000}
	for code := range 256 {
		encoded := []byte{byte(code)}
		if got := f.Append(nil, NewDecoder(f).Append(nil, encoded)); !bytes.Equal(got, encoded) {
			t.Errorf("%x became %x", encoded, got)
		}
	}
}

// TestULawCodesAreThoseOfG711 checks some codes and their 16-bit values from the tables of the
// standard G.711.
func TestULawCodesAreThoseOfG711(t *testing.T) {
	for code, want := range map[byte]float32{
		0x00: -32124, 0x80: 32124, 0x7e: -8, 0xfe: 8, 0xff: 0, 0x8f: 16764, 0x90: 15996, 0xa0: 7932, 0x40: -1884,
	} {
		if got := ulawSamples[code] * fullScale; got != want {
			t.Errorf("%x: got %v, want %v", code, got, want)
		}
	}
}

func TestULawErrorIsAtMostHalfAStep(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		x := (r.Float32()*2 - 1) * float32(math.Pow(10, -4*r.Float64()))
		if x = min(x, 0.9803); x < -0.9803 {
			continue // sample values outside this range are clipped
		}
		code := toULaw(x)
		// half the distance between neighbouring u-law values, in 14-bit units
		half := math.Exp2(float64(^code >> 4 & 7))
		if off := math.Abs(float64(ulawSamples[code]-x)) * ulawFull; off > half {
			t.Fatalf("%v became %x, which differs by %v, want at most %v", x, code, off, half)
		}
	}
}

func FuzzDecoderOutputDoesNotDependOnPieceSizes(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5}, []byte{1, 2}, false)
	f.Add([]byte{1, 2, 3, 4, 5, 6}, []byte{0, 3, 0}, true)
	f.Fuzz(func(t *testing.T, encoded, sizes []byte, ulaw bool) {
		format := Format{S16, 8000}
		if ulaw {
			format.Encoding = ULaw
		}
		want := NewDecoder(format).Append(nil, encoded)
		d := NewDecoder(format)
		var got []float32
		rest := encoded
		for _, n := range sizes {
			n := min(int(n), len(rest))
			got = d.Append(got, rest[:n])
			rest = rest[n:]
		}
		if got = d.Append(got, rest); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if len(got) != len(encoded)/format.SampleBytes() {
			t.Errorf("%d bytes gave %d samples", len(encoded), len(got))
		}
	})
}

func TestCodecDoesNotAllocate(t *testing.T) {
	for _, f := range []Format{{S16, 16000}, {ULaw, 8000}} {
		sound, encoded := make([]float32, 0, 1000), make([]byte, 321)
		out := make([]byte, 0, 1000)
		d := NewDecoder(f)
		if n := testing.AllocsPerRun(100, func() {
			sound = d.Append(sound[:0], encoded)
			out = f.Append(out[:0], sound)
		}); n != 0 {
			t.Errorf("%v: got %v allocations", f, n)
		}
	}
}

func BenchmarkCodec(b *testing.B) {
	for _, f := range []Format{{S16, 16000}, {ULaw, 8000}} {
		sound := tone(997, f.Rate, f.Rate/50)
		encoded := f.Append(nil, sound)
		b.Run(f.String()+"/decode", func(b *testing.B) {
			d := NewDecoder(f)
			for b.Loop() {
				sound = d.Append(sound[:0], encoded)
			}
			reportSpeed(b)
		})
		b.Run(f.String()+"/encode", func(b *testing.B) {
			for b.Loop() {
				encoded = f.Append(encoded[:0], sound)
			}
			reportSpeed(b)
		})
	}
}

// reportSpeed reports the speed of a benchmark as a multiple of real time. Each iteration of the
// benchmark must process 20 ms of sound.
func reportSpeed(b *testing.B) {
	b.ReportMetric(0.02*float64(b.N)/b.Elapsed().Seconds(), "x-realtime")
}
