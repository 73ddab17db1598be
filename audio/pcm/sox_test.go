package pcm

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os/exec"
	"strings"
	"testing"
)

// sox runs the program sox with in as its standard input and returns its standard output. It skips
// the test if sox is not installed.
func sox(t *testing.T, in []byte, args string) []byte {
	t.Helper()
	path, err := exec.LookPath("sox")
	if err != nil {
		t.Skip("sox is not installed")
	}
	var out, stderr bytes.Buffer
	cmd := exec.Command(path, strings.Fields(args)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &out, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("sox %s: %v: %s", args, err, &stderr)
	}
	return out.Bytes()
}

// sweep returns n samples that contain a tone of 220 Hz and a tone whose frequency rises from 0 to
// maxHz.
func sweep(rate, n int, maxHz float64) []float32 {
	sound := make([]float32, n)
	for i := range sound {
		at := float64(i) / float64(rate)
		length := float64(n) / float64(rate)
		x := 0.4 * math.Sin(math.Pi*maxHz*at*at/length)
		x += 0.1 * math.Sin(2*math.Pi*220*at)
		fade := min(1, 20*at, 20*(length-at))
		sound[i] = float32(x * fade)
	}
	return sound
}

func TestResamplerAgreesWithSox(t *testing.T) {
	eachRatio(t, func(t *testing.T, from, to int) {
		sound := sweep(from, from, 0.39*float64(min(from, to)))
		var raw []byte
		for _, x := range sound {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
		}
		raw = sox(t, raw, fmt.Sprintf("-t f32 -r %d -c 1 - -t f32 -r %d - rate -v", from, to))
		got := resample(sound, from, to)
		if len(raw)/4 != len(got) {
			t.Fatalf("got %d samples, sox has %d", len(got), len(raw)/4)
		}
		var gg, gw, ww, dd float64
		for i, g := range got {
			g, w := float64(g), float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])))
			gg, gw, ww, dd = gg+g*g, gw+g*w, ww+w*w, dd+(g-w)*(g-w)
		}
		t.Logf("difference %.1f dB", 10*math.Log10(dd/ww))
		if corr := gw / math.Sqrt(gg*ww); corr < 0.999999 {
			t.Errorf("correlation %.7f, want at least 0.999999", corr)
		}
	})
}

func TestULawDecoderAgreesWithSox(t *testing.T) {
	var codes []byte
	for c := range 256 {
		codes = append(codes, byte(c))
	}
	want := sox(t, codes, "-D -t ul -r 8000 -c 1 - -t s16 -")
	if got := (Format{S16, 8000}).Append(nil, ulawSamples[:]); !bytes.Equal(got, want) {
		t.Errorf("got %x, want %x", got, want)
	}
}

// TestULawEncoderAgreesWithSox uses only 16-bit samples whose lowest two bits are 0, because sox
// first rounds samples down to 14 bits.
func TestULawEncoderAgreesWithSox(t *testing.T) {
	var encoded []byte
	for s := -1 << 15; s < 1<<15; s += 4 {
		encoded = append(encoded, byte(s), byte(s>>8))
	}
	want := sox(t, encoded, "-D -t s16 -r 8000 -c 1 - -t ul -")
	got := Format{ULaw, 8000}.Append(nil, NewDecoder(Format{S16, 8000}).Append(nil, encoded))
	differ := 0
	for i := range want {
		if got[i] != want[i] {
			if differ++; differ < 10 {
				t.Errorf("%d: got %x, sox has %x", int16(binary.LittleEndian.Uint16(encoded[2*i:])), got[i], want[i])
			}
		}
	}
}
