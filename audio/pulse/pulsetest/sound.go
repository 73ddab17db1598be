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

// rate is the sample rate of all sound in this package. All sound has one channel.
const rate = 48000

// Tone returns a sine wave with the frequency hertz and the amplitude peak.
func Tone(hertz, peak float64, length time.Duration) []float32 {
	sound := make([]float32, int(length.Seconds()*rate))
	for i := range sound {
		sound[i] = float32(peak * math.Sin(2*math.Pi*hertz*float64(i)/rate))
	}
	return sound
}

// PlayToMicrophone starts to play sound into the microphone and returns. Call stop to end the
// playback early.
func (s *Server) PlayToMicrophone(sound []float32) (stop func()) {
	s.t.Helper()
	cmd := s.command("pacat", "--playback", "--raw", "--device="+microphoneSink, "--format=float32le", "--rate=48000", "--channels=1", "--latency-msec=500")
	in, err := cmd.StdinPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		in.Write(encode(sound)) // Write fails when stop is called
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

// A Recording contains the sound that has been recorded from a source so far.
type Recording struct {
	cmd  *exec.Cmd
	done sync.WaitGroup

	mu    sync.Mutex // guards the fields below
	sound []float32
	start time.Time // estimated time of the first sample
}

// Record starts to record from a source, such as [Heard], and returns when the first samples have
// arrived. The recording ends when Stop is called or the test ends.
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
		// Samples arrive late by varying times, but never early. So the earliest of the calculated
		// start times is the most accurate one.
		if start := now.Add(-length(len(r.sound))); r.start.IsZero() || start.Before(r.start) {
			r.start = start
		}
		r.mu.Unlock()
		left = copy(data, data[whole:n])
	}
}

// length returns the length of n samples.
func length(n int) time.Duration { return time.Duration(n) * time.Second / rate }

// Len returns the number of samples that have been recorded so far.
func (r *Recording) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.sound)
}

// Samples returns a copy of the recorded samples. first is the index of the first sample to return.
func (r *Recording) Samples(first int) []float32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]float32(nil), r.sound[min(first, len(r.sound)):]...)
}

// At returns the index of the sample that was recorded at time t.
func (r *Recording) At(t time.Time) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return int(t.Sub(r.start).Seconds() * rate)
}

// Time returns when the sample with the index n was recorded.
func (r *Recording) Time(n int) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.start.Add(length(n))
}

// Stop ends the recording. The recorded samples remain available.
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
