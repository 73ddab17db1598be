package testkit

import (
	"encoding/binary"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"testing"
)

// NeedPrograms skips the test if one of the programs is not installed.
func NeedPrograms(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed", name)
		}
	}
}

// Flite returns the sound of the program flite speaking a text with one of its voices, such as "slt":
// mono, 48000 samples per second, with a pause before and after it. noise is the level of brown noise
// that sox adds, from 0 to 1. The sound is the same each time.
func Flite(t testing.TB, voice, text string, noise float64) []float32 {
	t.Helper()
	NeedPrograms(t, "flite", "sox")
	dir := t.TempDir()
	run := func(program string, args ...string) []byte {
		t.Helper()
		cmd := exec.Command(program, args...)
		cmd.Dir = dir
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", program, err)
		}
		return out
	}
	run("flite", "-voice", voice, "-t", text, "-o", filepath.Join(dir, "said.wav"))
	run("sox", "-R", "said.wav", "-r", "48000", "-c", "1", "-b", "16", "padded.wav", "pad", "0.4", "0.7")
	// synth makes noise as long as its input.
	run("sox", "-R", "padded.wav", "noise.wav", "synth", "brownnoise", "vol", fmt.Sprint(noise))
	raw := run("sox", "-R", "-m", "-v", "1", "padded.wav", "-v", "1", "noise.wav", "-t", "raw", "-e", "floating-point", "-b", "32", "-")
	sound := make([]float32, len(raw)/4)
	for i := range sound {
		sound[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return sound
}
