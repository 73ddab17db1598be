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

func TestEveryFormatIsParsedFromItsName(t *testing.T) {
	for _, name := range strings.Fields("pcm_8000 pcm_16000 pcm_22050 pcm_24000 pcm_44100 pcm_48000 ulaw_8000") {
		f, err := Parse(name)
		if err != nil || f.String() != name {
			t.Errorf("%s: got %v, %v", name, f, err)
		}
	}
}

func TestAnUnknownFormatIsAnErrorThatNamesThoseKnown(t *testing.T) {
	_, err := Parse("opus_48000")
	want := `unknown audio format "opus_48000": it can be ` +
		"pcm_8000, pcm_16000, pcm_22050, pcm_24000, pcm_44100, pcm_48000, ulaw_8000"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestBytesAndTimesOfAFormatAgree(t *testing.T) {
	for _, row := range []struct {
		name             string
		second, in20ms   int
		silence          byte
		timeOfSecondHalf time.Duration
	}{
		{"pcm_16000", 32000, 640, 0, 500 * time.Millisecond},
		{"pcm_22050", 44100, 882, 0, 500 * time.Millisecond},
		{"ulaw_8000", 8000, 160, 0xff, 500 * time.Millisecond},
	} {
		f, _ := Parse(row.name)
		if got := f.BytesPerSecond(); got != row.second {
			t.Errorf("%s: got %d bytes a second, want %d", row.name, got, row.second)
		}
		if got := f.Bytes(20 * time.Millisecond); got != row.in20ms {
			t.Errorf("%s: got %d bytes in 20 ms, want %d", row.name, got, row.in20ms)
		}
		if got := f.Duration(row.second / 2); got != row.timeOfSecondHalf {
			t.Errorf("%s: got %v, want %v", row.name, got, row.timeOfSecondHalf)
		}
		silence := f.AppendSilence(nil, 3)
		if want := bytes.Repeat([]byte{row.silence}, 3*f.SampleBytes()); !bytes.Equal(silence, want) {
			t.Errorf("%s: got silence %x, want %x", row.name, silence, want)
		}
		for _, x := range NewDecoder(f).Append(nil, silence) {
			if x != 0 {
				t.Errorf("%s: silence is %v", row.name, x)
			}
		}
	}
}

func TestEvery16BitSampleComesBackAsItWas(t *testing.T) {
	f := Format{S16, 16000}
	var wire []byte
	for s := range 1 << 16 {
		wire = append(wire, byte(s), byte(s>>8))
	}
	sound := NewDecoder(f).Append(nil, wire)
	if got := f.Append(nil, sound); !bytes.Equal(got, wire) {
		t.Error("the bytes differ")
	}
	if slices.Min(sound) != -1 || slices.Max(sound) != 1-1.0/full {
		t.Errorf("sound is from %v to %v", slices.Min(sound), slices.Max(sound))
	}
}

func TestSoundIsRoundedToTheNearestSample(t *testing.T) {
	f := Format{S16, 16000}
	r := rand.New(rand.NewPCG(1, 2))
	d := NewDecoder(f)
	for range 100000 {
		x := r.Float32()*2 - 1
		y := d.Append(nil, f.Append(nil, []float32{x}))[0]
		if off := math.Abs(float64(x)-float64(y)) * full; off > 0.5 && x < 1-1.0/full {
			t.Fatalf("%v became %v, off by %v steps", x, y, off)
		}
	}
}

func TestWhatIsTooLoudIsClippedAndWhatIsNoNumberIsSilent(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	sound := []float32{1, 1.5, 1e9, inf, -1, -1.5, -1e9, -inf, nan, 0.99999, -0.99999}
	s16 := NewDecoder(Format{S16, 1}).Append(nil, Format{S16, 1}.Append(nil, sound))
	const top = 1 - 1.0/full
	if want := []float32{top, top, top, top, -1, -1, -1, -1, 0, top, -1}; !slices.Equal(s16, want) {
		t.Errorf("got %v, want %v", s16, want)
	}
	ulaw := Format{ULaw, 1}.Append(nil, sound)
	if want := []byte{0x80, 0x80, 0x80, 0x80, 0, 0, 0, 0, 0xff, 0x80, 0}; !bytes.Equal(ulaw, want) {
		t.Errorf("got %x, want %x", ulaw, want)
	}
}

func TestEveryULawCodeComesBackAsItWas(t *testing.T) {
	f := Format{ULaw, 8000}
	for code := range 256 {
		wire := []byte{byte(code)}
		if got := f.Append(nil, NewDecoder(f).Append(nil, wire)); !bytes.Equal(got, wire) {
			t.Errorf("%x came back as %x", wire, got)
		}
	}
}

// Some codes and what they mean in 16 bits, from the tables of G.711.
func TestULawCodesMeanWhatG711Says(t *testing.T) {
	for code, want := range map[byte]float32{
		0x00: -32124, 0x80: 32124, 0x7e: -8, 0xfe: 8, 0xff: 0, 0x8f: 16764, 0x90: 15996, 0xa0: 7932, 0x40: -1884,
	} {
		if got := ulawSound[code] * full; got != want {
			t.Errorf("%x: got %v, want %v", code, got, want)
		}
	}
}

func TestULawIsOffByHalfAStepAtMost(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		x := (r.Float32()*2 - 1) * float32(math.Pow(10, -4*r.Float64()))
		if x = min(x, 0.9803); x < -0.9803 {
			continue // clipped
		}
		code := toULaw(x)
		half := math.Exp2(float64(^code >> 4 & 7)) // in 14 bits
		if off := math.Abs(float64(ulawSound[code]-x)) * ulawFull; off > half {
			t.Fatalf("%v became %x, which is off by %v, want at most %v", x, code, off, half)
		}
	}
}

func FuzzDecodingDoesNotDependOnWhereTheBytesAreCut(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5}, []byte{1, 2}, false)
	f.Add([]byte{1, 2, 3, 4, 5, 6}, []byte{0, 3, 0}, true)
	f.Fuzz(func(t *testing.T, wire, cuts []byte, ulaw bool) {
		format := Format{S16, 8000}
		if ulaw {
			format.Encoding = ULaw
		}
		want := NewDecoder(format).Append(nil, wire)
		d := NewDecoder(format)
		var got []float32
		rest := wire
		for _, n := range cuts {
			n := min(int(n), len(rest))
			got = d.Append(got, rest[:n])
			rest = rest[n:]
		}
		if got = d.Append(got, rest); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if len(got) != len(wire)/format.SampleBytes() {
			t.Errorf("%d bytes gave %d samples", len(wire), len(got))
		}
	})
}

func TestCodingAllocatesNothing(t *testing.T) {
	for _, f := range []Format{{S16, 16000}, {ULaw, 8000}} {
		sound, wire := make([]float32, 0, 1000), make([]byte, 321)
		out := make([]byte, 0, 1000)
		d := NewDecoder(f)
		if n := testing.AllocsPerRun(100, func() {
			sound = d.Append(sound[:0], wire)
			out = f.Append(out[:0], sound)
		}); n != 0 {
			t.Errorf("%v: got %v allocations", f, n)
		}
	}
}

func BenchmarkCode(b *testing.B) {
	for _, f := range []Format{{S16, 16000}, {ULaw, 8000}} {
		sound := tone(997, f.Rate, f.Rate/50)
		wire := f.Append(nil, sound)
		b.Run(f.String()+"/decode", func(b *testing.B) {
			d := NewDecoder(f)
			for b.Loop() {
				sound = d.Append(sound[:0], wire)
			}
			realtime(b)
		})
		b.Run(f.String()+"/encode", func(b *testing.B) {
			for b.Loop() {
				wire = f.Append(wire[:0], sound)
			}
			realtime(b)
		})
	}
}

// realtime says how much faster than it is heard 20 ms of sound were done.
func realtime(b *testing.B) {
	b.ReportMetric(0.02*float64(b.N)/b.Elapsed().Seconds(), "x-realtime")
}
