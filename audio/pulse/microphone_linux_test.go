package pulse_test

import (
	"context"
	"math"
	"testing"
	"time"

	"moonlark/audio"
	"moonlark/audio/pulse"
	"moonlark/audio/pulse/pulsetest"
)

func TestMicrophoneHearsEverythingInSmallPieces(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		e := &ear{}
		var counts audio.Counts
		microphone := pulse.NewMicrophone(pulse.Options{Server: server.Address(), Counts: &counts})
		r := record(t, microphone, e)
		server.PlayToMicrophone(pulsetest.Tone(1000, 0.5, 4*time.Second))
		r.until(t, "the tone is heard", func() bool { e.mu.Lock(); defer e.mu.Unlock(); return loudest(e.sound) > 0.4 })
		from := e.len()
		time.Sleep(2 * time.Second)
		e.mu.Lock()
		defer e.mu.Unlock()
		sound := e.sound[from:]
		if d := audio.Duration(len(sound)) - 2*time.Second; d.Abs() > 500*time.Millisecond {
			t.Errorf("2 s of sound are off by %v", d)
		}
		if peak := loudest(sound); math.Abs(peak-0.5) > 0.01 {
			t.Errorf("peak: got %.3f, want 0.5", peak)
		}
		if n := pulsetest.Gaps(sound, 1000); n != 0 {
			t.Errorf("gaps: got %d, want none", n)
		}
		for n := range e.sizes {
			if n > 20*audio.Rate/1000 {
				t.Errorf("a piece of %d samples", n)
			}
		}
		if n := counts.Overruns.Load(); n != 0 {
			t.Errorf("overruns: got %d, want none", n)
		}
		t.Log(microphone, e.sizes, e.ages[max(0, len(e.ages)-8):])
	})
}

func TestDevicesAreListed(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		speakers, microphones, err := pulse.Devices(t.Context(), pulse.Options{Server: server.Address()})
		if err != nil {
			t.Fatal(err)
		}
		want := pulse.Device{Name: pulsetest.Speaker, Description: "The speaker", Default: true}
		if !has(speakers, want) {
			t.Errorf("speakers: got %+v, want %+v among them", speakers, want)
		}
		want = pulse.Device{Name: pulsetest.Microphone, Default: true, Monitor: true}
		if !has(microphones, want) {
			t.Errorf("microphones: got %+v, want %+v among them", microphones, want)
		}
	})
}

func has(list []pulse.Device, want pulse.Device) bool {
	for _, d := range list {
		if want.Description == "" { // that of a monitor differs
			d.Description = ""
		}
		if d == want {
			return true
		}
	}
	return false
}

func TestFoundWithoutRuntimeDir(t *testing.T) {
	server := pulsetest.Start(t)
	t.Setenv("PULSE_SERVER", "")
	t.Setenv("XDG_RUNTIME_DIR", server.RuntimeDir())
	if !pulse.Found() {
		t.Error("it is not found in XDG_RUNTIME_DIR")
	}
	playing(t, pulse.Options{})
	t.Setenv("XDG_RUNTIME_DIR", "")
	t.Setenv("HOME", server.RuntimeDir())
	server.LinkHome()
	if !pulse.Found() {
		t.Error("it is not found below the home of the user")
	}
	playing(t, pulse.Options{})
	server.Kill()
	t.Setenv("PULSE_SERVER", server.Address())
	if pulse.Found() {
		t.Error("it is found after its end")
	}
}

func TestEchoCancellerIsNeverLeaked(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		opts := pulse.EchoOptions{Server: server.Address()}
		modules := func(when string, want int) {
			t.Helper()
			if n := server.Modules("module-echo-cancel"); n != want {
				t.Fatalf("%s: got %d cancellers, want %d", when, n, want)
			}
		}
		crashed, end := context.WithCancel(t.Context())
		lost, err := pulse.EchoCancel(crashed, opts)
		if err != nil {
			t.Fatal(err)
		}
		modules("loaded", 1)
		t.Log("by", lost.Method())
		end() // the connection stays, as in a program that lives
		other, err := pulse.EchoCancel(t.Context(), opts)
		if err != nil {
			t.Fatal(err)
		}
		modules("shared", 1)
		if err := other.Close(); err != nil {
			t.Fatal(err)
		}
		modules("not the other's to unload", 1)
		pulse.Crash(lost)
		c, err := pulse.EchoCancel(t.Context(), opts)
		if err != nil {
			t.Fatal(err)
		}
		modules("found after a crash", 1)
		playing(t, pulse.Options{Server: server.Address(), Find: c.Speaker}).stop()
		recording(t, pulse.Options{Server: server.Address(), Find: c.Microphone}).stop()
		server.Restart()
		playing(t, pulse.Options{Server: server.Address(), Find: c.Speaker}).stop()
		modules("loaded into the new server", 1)
		pulse.Crash(c)
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		modules("closed", 0)
	})
}
