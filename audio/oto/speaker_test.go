//go:build linux && !static

package oto

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"moonlark/audio"
	"moonlark/audio/pulse/pulsetest"
	"moonlark/engine/testkit"
)

// Oto can open only one device in each process. So each test starts a child process that plays:
// this test binary, which then executes runChild.
//
// No test here ends a PulseAudio server to which oto is connected directly. In oto's PulseAudio
// library, the function Err has a data race with the goroutine that notices the end of the
// connection. The race is harmless, but the race detector would report it.

func TestMain(m *testing.M) {
	if os.Getenv("OTO_CHILD") != "" {
		runChild(os.Stdin, os.Stdout)
		return
	}
	os.Exit(m.Run())
}

// runChild is the main function of the child process. It reads one command from each line of in,
// and writes results to out.
func runChild(in io.Reader, out io.Writer) {
	var counts audio.Counts
	s := New(&counts)
	source := &toneSource{}
	end := func() {}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		switch command, arg, _ := strings.Cut(lines.Text(), " "); command {
		case "play":
			ctx, cancel := context.WithCancel(context.Background())
			end = cancel
			go func() {
				err := s.Play(ctx, source)
				fmt.Fprintf(out, "ended: %v, permanent %v\n", err, errors.Is(err, audio.ErrPermanent))
			}()
		case "end":
			end()
		case "tone": // the tone begins after a flush, which discards the silence in the buffers
			d, _ := time.ParseDuration(arg)
			source.onLost(func() { source.from, source.to = source.at, source.at+int64(audio.Samples(d)) })
			s.Flush()
		case "stop":
			source.onLost(func() { source.to = source.at })
			s.Flush()
		case "status":
			given, lost, delay := source.status()
			fmt.Fprintf(out, "given %d lost %d delay %d underruns %d\n", given, lost, delay.Milliseconds(), counts.Underruns.Load())
		case "second":
			err := New(&counts).Play(context.Background(), source)
			fmt.Fprintf(out, "second: %v, permanent %v\n", err, errors.Is(err, audio.ErrPermanent))
		}
	}
}

// A toneSource is an audio.Source that plays one tone between the samples from and to, and
// otherwise silence.
type toneSource struct {
	mu sync.Mutex // guards the fields below
	// number of samples that Fill has returned, without the samples that were lost
	at       int64
	lost     int64         // number of samples that the last flush discarded
	from, to int64         // numbers of the first sample of the tone and of the sample after it
	delay    time.Duration // time until the last sample from Fill is audible
	then     func()        // function that the next call of Lost calls; nil if there is none
}

func (s *toneSource) Fill(sound []float32, delay time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay = delay + audio.Duration(len(sound))
	clear(sound)
	for i := range sound {
		if s.from <= s.at && s.at < s.to {
			sound[i] = tone[(s.at-s.from)%audio.Rate]
		}
		s.at++
	}
}

func (s *toneSource) Lost(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at -= int64(n)
	s.lost = int64(n)
	if s.then != nil {
		s.then()
		s.then = nil
	}
}

// onLost makes the next call of Lost call f.
func (s *toneSource) onLost(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.then = f
}

// status returns how many samples of the tone Fill has returned, how many samples the last flush
// discarded, and how long after the last call of Fill its last sample is audible.
func (s *toneSource) status() (given, lost int64, delay time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return min(s.at, s.to) - s.from, s.lost, s.delay
}

var tone = pulsetest.Tone(997, 0.5, time.Second)

// A child is a child process that plays sound; runChild is its main function.
type child struct {
	t      testing.TB
	in     io.Writer     // the child's standard input, which takes commands
	lines  chan string   // the lines of the child's standard output; each line is a result
	stderr *bytes.Buffer // the child's standard error, which must stay empty
	end    func()        // ends the child process
}

// start starts a child process. The environment variables env decide where oto plays its sound.
func start(t testing.TB, env ...string) *child {
	t.Helper()
	if testing.Short() {
		t.Skip("starts processes that play")
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), "OTO_CHILD=1"), env...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &child{t: t, in: in, lines: make(chan string, 100), stderr: &bytes.Buffer{}}
	cmd.Stderr = p.stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.lines <- lines.Text()
		}
	}()
	p.end = sync.OnceFunc(func() {
		in.Close()
		<-read
		if err := cmd.Wait(); err != nil {
			t.Errorf("the process that plays: %v", err)
		}
		if p.stderr.Len() > 0 {
			t.Errorf("on the terminal: %s", p.stderr)
		}
	})
	t.Cleanup(p.end)
	return p
}

// do sends a command to the child.
func (p *child) do(line string) { fmt.Fprintln(p.in, line) }

// play makes the child play silence. It returns when the device takes sound.
func (p *child) play() {
	p.t.Helper()
	p.do("play")
	testkit.Until(p.t, "the device takes sound", func() bool {
		_, _, delay, _ := p.status()
		return delay > 0
	})
}

// result returns the next line of the child's output. The test fails if there is none within 20 s.
func (p *child) result() string {
	p.t.Helper()
	select {
	case line := <-p.lines:
		return line
	case <-time.After(20 * time.Second):
		p.t.Fatal("the process that plays writes nothing")
		return ""
	}
}

// status asks the child for its status. It returns the results of toneSource.status, with the delay
// in milliseconds, and the number of underruns.
func (p *child) status() (given, lost, delay, underruns int) {
	p.t.Helper()
	p.do("status")
	line := p.result()
	if _, err := fmt.Sscanf(line, "given %d lost %d delay %d underruns %d", &given, &lost, &delay, &underruns); err != nil {
		p.t.Fatalf("%s: %v", line, err)
	}
	return
}

// outputs contains the two ways in which oto plays on Linux: through PulseAudio and through ALSA.
// Each function returns the environment variables that make a child process use that way. In both
// cases, the sound arrives at the sound server of the test.
var outputs = map[string]func(testing.TB, *pulsetest.Server) []string{
	"PulseAudio": func(_ testing.TB, s *pulsetest.Server) []string { return []string{"PULSE_SERVER=" + s.Address()} },
	"ALSA": func(t testing.TB, s *pulsetest.Server) []string {
		return withoutServer(t, fmt.Sprintf(`
			</usr/share/alsa/alsa.conf>
			pcm.!default { type pulse server "%s" device speaker }
		`, s.Address()))
	},
}

// startServer starts a sound server for the test.
func startServer(t testing.TB) *pulsetest.Server {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a sound server")
	}
	return pulsetest.Start(t)
}

// withoutServer returns environment variables for a child that must not find a sound server. The
// variables make ALSA use config as its configuration.
func withoutServer(t testing.TB, config string) []string {
	t.Helper()
	if _, err := os.Stat("/usr/share/alsa/alsa.conf"); err != nil {
		t.Skip("the configuration of ALSA is not installed: apt-get install libasound2-data")
	}
	path := filepath.Join(t.TempDir(), "asoundrc")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"PULSE_SERVER=unix:/nowhere", "ALSA_CONFIG_PATH=" + path}
}

func TestToneIsPlayedCompletelyAndFlushEndsATone(t *testing.T) {
	for name, env := range outputs {
		t.Run(name, func(t *testing.T) {
			server := startServer(t)
			heard := server.Record(pulsetest.Heard)
			p := start(t, env(t, server)...)
			p.play()
			p.do("tone 2s")
			heard.Until(t, 0, "the tone and half a second of silence", func(sound []float32) bool {
				n, _, last := pulsetest.Audible(sound)
				return n > 0 && len(sound)-last > audio.Rate/2
			})
			n, first, last := pulsetest.Audible(heard.Samples(0))
			_, _, delay, underruns := p.status()
			t.Logf("%d samples of 96000, within %d; given %d ms ahead, %d underruns", n, last-first+1, delay, underruns)
			// on a busy machine, playback has gaps, and some of the tone is lost at each gap
			if n < 70000 || n > 98000 {
				t.Errorf("%d samples of the tone arrived, want 96000", n)
			}
			if length := last - first + 1; length > 3*96000 {
				t.Errorf("the tone was stretched to %d samples", length)
			}
			if delay < 200 || delay > 300 {
				t.Errorf("sound is given %d ms ahead, want 240", delay)
			}

			before := heard.Len()
			p.do("tone 60s")
			heard.Until(t, before, "half a second of the tone", func(sound []float32) bool {
				n, _, _ := pulsetest.Audible(sound)
				return n > audio.Rate/2
			})
			p.do("stop")
			stopped := heard.Len()
			heard.Until(t, 0, "silence", func(sound []float32) bool {
				_, _, last := pulsetest.Audible(sound)
				return len(sound)-last > audio.Rate/2
			})
			n, _, last = pulsetest.Audible(heard.Samples(before))
			given, lost, _, _ := p.status()
			t.Logf("the last of the tone was heard %v after the flush; %d samples given, %d heard, %d lost",
				audio.Duration(before+last-stopped), given, n, lost)
			if d := audio.Duration(before + last - stopped); d > time.Second {
				t.Errorf("the tone went on for %v", d)
			}
			if n < given*7/10 || n > given+5000 {
				t.Errorf("%d samples of the tone are heard, but %d were given", n, given)
			}
			if lost < audio.Samples(20*time.Millisecond) || lost > audio.Samples(readAhead) {
				t.Errorf("%d samples lost", lost)
			}
			p.do("end")
			if got := p.result(); got != "ended: <nil>, permanent false" {
				t.Error(got)
			}
		})
	}
}

func TestPlayCanBeCalledAgain(t *testing.T) {
	server := startServer(t)
	heard := server.Record(pulsetest.Heard)
	p := start(t, outputs["PulseAudio"](t, server)...)
	for range 3 {
		p.play()
		before := heard.Len()
		p.do("tone 60s")
		heard.Until(t, before, "the tone", func(sound []float32) bool {
			n, _, _ := pulsetest.Audible(sound)
			return n > audio.Rate/10
		})
		p.do("end")
		if got := p.result(); got != "ended: <nil>, permanent false" {
			t.Error(got)
		}
	}
}

func TestTheSecondSpeakerOfAProcessIsAnError(t *testing.T) {
	server := startServer(t)
	p := start(t, outputs["PulseAudio"](t, server)...)
	p.play()
	p.do("second")
	want := "second: oto: the speaker of this program has been opened before: the device is not tried again until Moonlark is restarted, permanent true"
	if got := p.result(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestALostDeviceEndsPlay(t *testing.T) {
	for name, env := range outputs {
		t.Run(name, func(t *testing.T) {
			server := startServer(t)
			heard := server.Record(pulsetest.Heard)
			p := start(t, env(t, server)...)
			p.play()
			p.do("tone 60s")
			heard.Until(t, 0, "the tone", func(sound []float32) bool {
				n, _, _ := pulsetest.Audible(sound)
				return n > audio.Rate/10
			})
			// without a microphone, the server cannot move the stream to the microphone's sink
			server.RemoveMicrophone()
			server.RemoveSink(pulsetest.Speaker)
			gone := time.Now()
			first := p.result()
			t.Logf("after %v: %s", time.Since(gone).Round(time.Millisecond), first)
			if !strings.HasPrefix(first, "ended: oto: ") || !strings.HasSuffix(first, ", permanent true") {
				t.Error(first)
			}
			p.do("play")
			if again := p.result(); again != first {
				t.Errorf("played again: got %s, want %s", again, first)
			}
		})
	}
}

func TestTheErrorWithoutADeviceIsOneLine(t *testing.T) {
	p := start(t, withoutServer(t, `
		</usr/share/alsa/alsa.conf>
		pcm.jacked { type jack hint { show on description "nobody there" } }
	`)...)
	p.do("play")
	got := p.result()
	t.Log(got)
	if !strings.HasPrefix(got, "ended: oto: PulseAudio: ") || !strings.HasSuffix(got, ", permanent true") || len(got) > 400 {
		t.Error(got)
	}
	p.do("play")
	if again := p.result(); again != got {
		t.Errorf("played again: got %s, want %s", again, got)
	}
}

// BenchmarkFlush records what the sound server plays. It measures how long a tone is still audible
// after a flush, and how long it takes until the next tone is audible.
func BenchmarkFlush(b *testing.B) {
	for name, env := range outputs {
		b.Run(name, func(b *testing.B) {
			server := startServer(b)
			heard := server.Record(pulsetest.Heard)
			p := start(b, env(b, server)...)
			p.play()
			var starts, stops []time.Duration
			for b.Loop() {
				before := heard.Len()
				p.do("tone 60s")
				heard.Until(b, before, "the tone", func(sound []float32) bool {
					n, first, _ := pulsetest.Audible(sound)
					if n < audio.Rate/4 {
						return false
					}
					starts = append(starts, audio.Duration(first))
					return true
				})
				p.do("stop")
				before = heard.Len()
				heard.Until(b, before, "silence", func(sound []float32) bool {
					_, _, last := pulsetest.Audible(sound)
					if len(sound)-last < audio.Rate/4 {
						return false
					}
					stops = append(stops, audio.Duration(last))
					return true
				})
			}
			slices.Sort(starts)
			slices.Sort(stops)
			b.ReportMetric(float64(starts[len(starts)/2].Microseconds())/1000, "start-ms")
			b.ReportMetric(float64(stops[len(stops)/2].Microseconds())/1000, "stop-ms")
			b.ReportMetric(float64(stops[len(stops)-1].Microseconds())/1000, "longest-stop-ms")
		})
	}
}
