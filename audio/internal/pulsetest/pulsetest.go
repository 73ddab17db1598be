// Package pulsetest runs a PulseAudio of its own for a test, with devices that
// are not there.
package pulsetest

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"moonlark/audio"
)

// A Server is a PulseAudio that plays to nobody. What is played on one of its
// sinks can be recorded from the monitor of it.
type Server struct {
	Address string // as PULSE_SERVER wants it
	dir     string
	process *os.Process
}

// Start starts a server that has those sinks, and nothing else, until the test
// ends. The test is skipped where there is no PulseAudio.
func Start(t testing.TB, sinks ...string) *Server {
	t.Helper()
	for _, program := range []string{"pulseaudio", "pactl", "parec", "pacat"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("no PulseAudio here: apt-get install pulseaudio pulseaudio-utils")
		}
	}
	dir, err := os.MkdirTemp("", "pulse") // a short name: a socket's path is at most 108 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &Server{Address: "unix:" + filepath.Join(dir, "native"), dir: dir}

	cmd := s.command("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--log-target=stderr",
		"-L", "module-native-protocol-unix auth-anonymous=1 socket="+filepath.Join(dir, "native"))
	for _, sink := range sinks {
		cmd.Args = append(cmd.Args, "-L", "module-null-sink format=float32le rate=48000 channels=1 sink_name="+sink)
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.process = cmd.Process
	t.Cleanup(func() {
		s.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("pulseaudio: %s", said.Bytes())
		}
	})
	for until := time.Now().Add(20 * time.Second); s.command("pactl", "info").Run() != nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("the PulseAudio of the test does not start")
		}
	}
	return s
}

// Kill ends the server in the middle of everything.
func (s *Server) Kill() { s.process.Kill() }

// Control does what pactl does with those arguments.
func (s *Server) Control(t testing.TB, args ...string) string {
	t.Helper()
	out, err := s.command("pactl", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("pactl %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// Play plays sound on a sink, until the test ends.
func (s *Server) Play(t testing.TB, sink string, sound []float32) {
	t.Helper()
	cmd := s.command("pacat", "-d", sink, "--raw", "--format=float32le", "--rate=48000", "--channels=1", "--latency-msec=100")
	var raw bytes.Buffer
	binary.Write(&raw, binary.LittleEndian, sound)
	cmd.Stdin = &raw
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
}

// A Recording is what has been heard so far.
type Recording struct {
	mu    sync.Mutex // guards what follows
	sound []float32
}

// Record records from a source, until the test ends. It returns once there is
// sound.
func (s *Server) Record(t testing.TB, source string) *Recording {
	t.Helper()
	cmd := s.command("parec", "-d", source, "--raw", "--format=float32le", "--rate=48000", "--channels=1", "--latency-msec=5")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := &Recording{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		raw := make([]byte, 4*240)
		for {
			n, err := io.ReadFull(out, raw)
			r.mu.Lock()
			for i := 0; i+4 <= n; i += 4 {
				r.sound = append(r.sound, math.Float32frombits(binary.LittleEndian.Uint32(raw[i:])))
			}
			r.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { cmd.Process.Kill(); <-done; cmd.Wait() })
	r.Until(t, "there is any", func(sound []float32) bool { return len(sound) > 0 })
	return r
}

// Sound is what has been heard so far.
func (r *Recording) Sound() []float32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]float32(nil), r.sound...)
}

// Until waits until what has been heard is as it should be.
func (r *Recording) Until(t testing.TB, what string, is func([]float32) bool) {
	t.Helper()
	for until := time.Now().Add(20 * time.Second); !is(r.Sound()); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("waited in vain until of the sound %s", what)
		}
	}
}

// Tone is d of a tone of 1 kHz, no sample of which is zero.
func Tone(d time.Duration) []float32 {
	sound := make([]float32, audio.Samples(d))
	for i := range sound {
		sound[i] = float32(0.5 * math.Sin(2*math.Pi*(float64(i)+0.5)/48))
	}
	return sound
}

// Heard is how many samples are not silence, where the first of them is, and
// where the last.
func Heard(sound []float32) (n, first, last int) {
	first = -1
	for i, v := range sound {
		if math.Abs(float64(v)) > 0.002 {
			if first < 0 {
				first = i
			}
			n, last = n+1, i
		}
	}
	return n, first, last
}

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "PULSE_SERVER="+s.Address, "HOME="+s.dir, "XDG_RUNTIME_DIR="+s.dir, "XDG_CONFIG_HOME="+s.dir)
	if name == "pulseaudio" {
		cmd.Env = append(cmd.Env, "PULSE_SERVER=")
	}
	return cmd
}
