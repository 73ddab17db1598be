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

func TestMicrophoneRecordsInSmallPiecesWithoutGaps(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		s := &recordingSink{}
		var counts audio.Counts
		microphone := pulse.NewMicrophone(pulse.Options{Server: server.Address(), Counts: &counts})
		r := record(t, microphone, s)
		server.PlayToMicrophone(pulsetest.Tone(1000, 0.5, 4*time.Second))
		r.waitUntil(t, "the tone is recorded", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return peak(s.sound) > 0.4 })
		from := s.len()
		time.Sleep(2 * time.Second)
		s.mu.Lock()
		defer s.mu.Unlock()
		sound := s.sound[from:]
		if d := audio.Duration(len(sound)) - 2*time.Second; d.Abs() > 500*time.Millisecond {
			t.Errorf("recorded %v more than 2 s", d)
		}
		if p := peak(sound); math.Abs(p-0.5) > 0.01 {
			t.Errorf("peak: got %.3f, want 0.5", p)
		}
		if n := pulsetest.Gaps(sound, 1000); n != 0 {
			t.Errorf("gaps: got %d, want none", n)
		}
		for n := range s.sizes {
			if n > 20*audio.Rate/1000 {
				t.Errorf("a piece has %d samples, want at most 20 ms", n)
			}
		}
		if n := counts.Overruns.Load(); n != 0 {
			t.Errorf("overruns: got %d, want none", n)
		}
		t.Log(microphone, s.sizes, s.ages[max(0, len(s.ages)-8):])
	})
}

func TestDevicesReturnsSinksAndSources(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		speakers, microphones, err := pulse.Devices(t.Context(), pulse.Options{Server: server.Address()})
		if err != nil {
			t.Fatal(err)
		}
		want := pulse.Device{Name: pulsetest.Speaker, Description: "The speaker", Default: true}
		if !containsDevice(speakers, want) {
			t.Errorf("speakers: got %+v, want %+v among them", speakers, want)
		}
		want = pulse.Device{Name: pulsetest.Microphone, Default: true, Monitor: true}
		if !containsDevice(microphones, want) {
			t.Errorf("microphones: got %+v, want %+v among them", microphones, want)
		}
	})
}

func containsDevice(list []pulse.Device, want pulse.Device) bool {
	for _, d := range list {
		// the servers describe a monitor differently, so the description is not compared
		if want.Description == "" {
			d.Description = ""
		}
		if d == want {
			return true
		}
	}
	return false
}

func TestServerIsFoundWithoutRuntimeDir(t *testing.T) {
	server := pulsetest.Start(t)
	t.Setenv("PULSE_SERVER", "")
	t.Setenv("XDG_RUNTIME_DIR", server.RuntimeDir())
	if !pulse.Found() {
		t.Error("the server is not found in XDG_RUNTIME_DIR")
	}
	startPlaying(t, pulse.Options{})
	t.Setenv("XDG_RUNTIME_DIR", "")
	t.Setenv("HOME", server.RuntimeDir())
	server.LinkHome()
	if !pulse.Found() {
		t.Error("the server is not found in the home directory")
	}
	startPlaying(t, pulse.Options{})
	server.Kill()
	t.Setenv("PULSE_SERVER", server.Address())
	if pulse.Found() {
		t.Error("the server is found after its end")
	}
}

func TestEchoCancellerIsUnloadedAndReplaced(t *testing.T) {
	pulsetest.Each(t, func(t *testing.T, server *pulsetest.Server) {
		opts := pulse.EchoCancellerOptions{Server: server.Address()}
		wantModules := func(when string, want int) {
			t.Helper()
			if n := server.Modules("module-echo-cancel"); n != want {
				t.Fatalf("%s: got %d modules, want %d", when, n, want)
			}
		}
		load := func(ctx context.Context) *pulse.EchoCanceller {
			t.Helper()
			c := pulse.NewEchoCanceller(opts)
			if err := c.Ensure(ctx); err != nil {
				t.Fatal(err)
			}
			return c
		}
		ctx, cancel := context.WithCancel(t.Context())
		first := load(ctx)
		wantModules("the first one is loaded", 1)
		cancel() // the canceller's connection must stay open although its context is done
		second := load(t.Context())
		wantModules("the second one shares the module", 1)
		if err := second.Close(); err != nil {
			t.Fatal(err)
		}
		wantModules("the second one is closed", 1)
		pulse.Crash(first)
		c := load(t.Context())
		wantModules("the module of a crashed process is replaced", 1)
		startPlaying(t, pulse.Options{Server: server.Address(), Find: c.Speaker}).stop()
		startRecording(t, pulse.Options{Server: server.Address(), Find: c.Microphone}).stop()
		server.Restart()
		startPlaying(t, pulse.Options{Server: server.Address(), Find: c.Speaker}).stop()
		wantModules("the server was restarted", 1)
		pulse.Crash(c)
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		wantModules("the canceller is closed", 0)
	})
}
