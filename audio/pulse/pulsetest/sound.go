//go:build linux

package pulsetest

import (
	"encoding/binary"
	"io"
	"math"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// rate is that of all sound here, which is mono.
const rate = 48000

// Tone is a sine of so many hertz, at that peak.
func Tone(hertz, peak float64, length time.Duration) []float32 {
	sound := make([]float32, int(length.Seconds()*rate))
	for i := range sound {
		sound[i] = float32(peak * math.Sin(2*math.Pi*hertz*float64(i)/rate))
	}
	return sound
}

// PlayToMicrophone has the microphone hear sound, and returns at once. stop ends it.
func (s *Server) PlayToMicrophone(sound []float32) (stop func()) {
	s.t.Helper()
	cmd := s.command("pacat", "--playback", "--raw", "--device="+ear, "--format=float32le", "--rate=48000", "--channels=1", "--latency-msec=500")
	in, err := cmd.StdinPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		in.Write(encode(sound)) // ends early when stopped
		in.Close()
		cmd.Wait()
	})
	stop = sync.OnceFunc(func() {
		cmd.Process.Signal(syscall.SIGKILL)
		wg.Wait()
	})
	s.t.Cleanup(stop)
	return stop
}

// A Recording is what a source gives, from its first sample on.
type Recording struct {
	cmd  *exec.Cmd
	done sync.WaitGroup

	mu    sync.Mutex // guards what follows
	sound []float32
	start time.Time // when the first sample was there, as near as the arrival of all others tells
}

// Record records a source, such as [Heard], until the test or the recording is
// stopped. It returns when the first sound has come.
func (s *Server) Record(source string) *Recording {
	s.t.Helper()
	r := &Recording{cmd: s.command("parec", "--raw", "--device="+source, "--format=float32le",
		"--rate=48000", "--channels=1", "--latency-msec=5")}
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	r.done.Go(func() {
		r.read(out)
		r.cmd.Wait()
	})
	s.t.Cleanup(r.Stop)
	s.eventually(func() error {
		if r.Len() == 0 {
			return io.ErrNoProgress
		}
		return nil
	})
	return r
}

func (r *Recording) read(out io.Reader) {
	data := make([]byte, 64<<10)
	var left int
	for {
		n, err := out.Read(data[left:])
		if err != nil {
			return
		}
		now := time.Now()
		n += left
		whole := n &^ 3
		r.mu.Lock()
		r.sound = append(r.sound, decode(data[:whole])...)
		// The sound cannot have come before it was there: so the
		// earliest arrival is the truest.
		if start := now.Add(-length(len(r.sound))); r.start.IsZero() || start.Before(r.start) {
			r.start = start
		}
		r.mu.Unlock()
		left = copy(data, data[whole:n])
	}
}

func length(n int) time.Duration { return time.Duration(n) * time.Second / rate }

// Len is how many samples there are.
func (r *Recording) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.sound)
}

// Samples are those recorded from the one numbered from on.
func (r *Recording) Samples(from int) []float32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]float32(nil), r.sound[min(from, len(r.sound)):]...)
}

// At is which sample was there at that time.
func (r *Recording) At(when time.Time) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return int(when.Sub(r.start).Seconds() * rate)
}

// Time is when sample n was there.
func (r *Recording) Time(n int) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.start.Add(length(n))
}

// Stop ends the recording. What was recorded stays.
func (r *Recording) Stop() {
	r.cmd.Process.Signal(syscall.SIGKILL)
	r.done.Wait()
}

func encode(sound []float32) []byte {
	data := make([]byte, 0, 4*len(sound))
	for _, v := range sound {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return data
}

func decode(data []byte) []float32 {
	sound := make([]float32, len(data)/4)
	for i := range sound {
		sound[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return sound
}
