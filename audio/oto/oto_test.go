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
)

// Oto opens one device in a process. So each test has a process of its own to
// play in, which is this program again: see child.
//
// No test here ends a PulseAudio that oto itself is connected to: oto's Err and
// what notes the end of a connection race with each other in its PulseAudio
// library, harmlessly, and the race detector says so.

func TestMain(m *testing.M) {
	if os.Getenv("OTO_CHILD") != "" {
		child(os.Stdin, os.Stdout)
		return
	}
	os.Exit(m.Run())
}

// child does what it is told, a line each, and says what comes of it.
func child(in io.Reader, out io.Writer) {
	var counts audio.Counts
	s := New(&counts)
	source := &script{}
	end := func() {}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		switch what, arg, _ := strings.Cut(lines.Text(), " "); what {
		case "play":
			ctx, cancel := context.WithCancel(context.Background())
			end = cancel
			go func() {
				err := s.Play(ctx, source)
				fmt.Fprintf(out, "ended: %v, for good %v\n", err, errors.Is(err, audio.ErrForGood))
			}()
		case "end":
			end()
		case "tone": // once what is on its way has been flushed
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
			fmt.Fprintf(out, "second: %v, for good %v\n", err, errors.Is(err, audio.ErrForGood))
		}
	}
}

// A script is a source that is silent but for a tone, and knows where it is.
type script struct {
	mu       sync.Mutex // guards what follows
	at       int64      // samples given, less those lost
	lost     int64
	from, to int64 // where the tone is
	delay    time.Duration
	then     func() // what Lost is to do
}

func (s *script) Fill(sound []float32, delay time.Duration) {
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

func (s *script) Lost(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at -= int64(n)
	s.lost = int64(n)
	if s.then != nil {
		s.then()
		s.then = nil
	}
}

func (s *script) onLost(then func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.then = then
}

// status is how much of the tone has been given, how much was lost in the last
// flush, and how far ahead what was given last was.
func (s *script) status() (given, lost int64, delay time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return min(s.at, s.to) - s.from, s.lost, s.delay
}

var tone = pulsetest.Tone(997, 0.5, time.Second)

// A process is the other one.
type process struct {
	t      testing.TB
	in     io.Writer
	lines  chan string
	stderr *bytes.Buffer
	end    func()
}

// start starts it. It finds sound as the environment says.
func start(t testing.TB, env ...string) *process {
	t.Helper()
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
	p := &process{t: t, in: in, lines: make(chan string, 100), stderr: &bytes.Buffer{}}
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

func (p *process) do(line string) { fmt.Fprintln(p.in, line) }

// says is the next that the process says.
func (p *process) says() string {
	p.t.Helper()
	select {
	case line := <-p.lines:
		return line
	case <-time.After(20 * time.Second):
		p.t.Fatal("the process that plays says nothing")
		return ""
	}
}

// status is as the script says it.
func (p *process) status() (given, lost, delay, underruns int) {
	p.t.Helper()
	p.do("status")
	line := p.says()
	if _, err := fmt.Sscanf(line, "given %d lost %d delay %d underruns %d", &given, &lost, &delay, &underruns); err != nil {
		p.t.Fatalf("%s: %v", line, err)
	}
	return
}

// carriers are the ways that oto has on Linux. In both, the sound ends up in a
// server of the test's.
var carriers = map[string]func(testing.TB, *pulsetest.Server) []string{
	"PulseAudio": func(_ testing.TB, s *pulsetest.Server) []string { return []string{"PULSE_SERVER=" + s.Address()} },
	"ALSA": func(t testing.TB, s *pulsetest.Server) []string {
		return settings(t, fmt.Sprintf(`
			</usr/share/alsa/alsa.conf>
			pcm.!default { type pulse server "%s" device speaker }
		`, s.Address()))
	},
}

// settings are an environment in which there is no sound server, and ALSA is
// set up like that.
func settings(t testing.TB, text string) []string {
	t.Helper()
	if _, err := os.Stat("/usr/share/alsa/alsa.conf"); err != nil {
		t.Skip("ALSA is not installed: apt-get install libasound2")
	}
	path := filepath.Join(t.TempDir(), "asoundrc")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"PULSE_SERVER=unix:/nowhere", "ALSA_CONFIG_PATH=" + path}
}

func TestToneArrivesWholeAndFlushSilencesIt(t *testing.T) {
	for name, env := range carriers {
		t.Run(name, func(t *testing.T) {
			server := pulsetest.Start(t)
			heard := server.Record(pulsetest.Heard)
			p := start(t, env(t, server)...)
			p.do("play")
			time.Sleep(time.Second) // it is silent

			p.do("tone 2s")
			heard.Until(t, 0, "the tone and half a second more is there", func(sound []float32) bool {
				n, _, last := pulsetest.Audible(sound)
				return n > 0 && len(sound)-last > audio.Rate/2
			})
			n, first, last := pulsetest.Audible(heard.Samples(0))
			_, _, delay, underruns := p.status()
			t.Logf("%d samples of 96000, within %d; given %d ms ahead, %d underruns", n, last-first+1, delay, underruns)
			if n < 70000 || n > 98000 { // on a busy machine, a little is lost at each hole
				t.Errorf("%d samples of the tone arrived, want 96000", n)
			}
			if over := last - first + 1; over > 3*96000 {
				t.Errorf("the tone was stretched to %d samples", over)
			}
			if delay < 200 || delay > 300 {
				t.Errorf("sound is given %d ms ahead, want 240", delay)
			}

			before := heard.Len()
			p.do("tone 60s")
			heard.Until(t, before, "half a second of tone is there", func(sound []float32) bool {
				n, _, _ := pulsetest.Audible(sound)
				return n > audio.Rate/2
			})
			p.do("stop")
			stopped := heard.Len()
			heard.Until(t, 0, "it is silent", func(sound []float32) bool {
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
				t.Errorf("%d samples of the tone are heard, and %d said to be", n, given)
			}
			if lost < audio.Samples(20*time.Millisecond) || lost > audio.Samples(ahead) {
				t.Errorf("%d samples lost", lost)
			}
			p.do("end")
			if got := p.says(); got != "ended: <nil>, for good false" {
				t.Error(got)
			}
		})
	}
}

func TestPlayCanBeCalledAgain(t *testing.T) {
	server := pulsetest.Start(t)
	heard := server.Record(pulsetest.Heard)
	p := start(t, carriers["PulseAudio"](t, server)...)
	for range 3 {
		p.do("play")
		time.Sleep(500 * time.Millisecond)
		before := heard.Len()
		p.do("tone 60s")
		heard.Until(t, before, "there is tone", func(sound []float32) bool {
			n, _, _ := pulsetest.Audible(sound)
			return n > audio.Rate/10
		})
		p.do("end")
		if got := p.says(); got != "ended: <nil>, for good false" {
			t.Error(got)
		}
	}
}

func TestSecondSpeakerOfAProcessIsToldSo(t *testing.T) {
	server := pulsetest.Start(t)
	p := start(t, carriers["PulseAudio"](t, server)...)
	p.do("play")
	time.Sleep(500 * time.Millisecond)
	p.do("second")
	want := "second: oto: the speaker of this program has been opened before: not before the program is started again, for good true"
	if got := p.says(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestDeviceThatGoesEndsPlay(t *testing.T) {
	for name, env := range carriers {
		t.Run(name, func(t *testing.T) {
			server := pulsetest.Start(t)
			heard := server.Record(pulsetest.Heard)
			p := start(t, env(t, server)...)
			p.do("play")
			time.Sleep(time.Second)
			p.do("tone 60s")
			heard.Until(t, 0, "there is tone", func(sound []float32) bool {
				n, _, _ := pulsetest.Audible(sound)
				return n > audio.Rate/10
			})
			server.RemoveMicrophone() // or else the server would play to the sink of that
			server.RemoveSink(pulsetest.Speaker)
			gone := time.Now()
			first := p.says()
			t.Logf("after %v: %s", time.Since(gone).Round(time.Millisecond), first)
			if !strings.HasPrefix(first, "ended: oto: ") || !strings.HasSuffix(first, ", for good true") {
				t.Error(first)
			}
			p.do("play")
			if again := p.says(); again != first {
				t.Errorf("played again: got %s, want %s", again, first)
			}
		})
	}
}

func TestNoDeviceIsSaidInALine(t *testing.T) {
	p := start(t, settings(t, `
		</usr/share/alsa/alsa.conf>
		pcm.jacked { type jack hint { show on description "nobody there" } }
	`)...)
	p.do("play")
	got := p.says()
	t.Log(got)
	if !strings.HasPrefix(got, "ended: oto: PulseAudio: ") || !strings.HasSuffix(got, ", for good true") || len(got) > 400 {
		t.Error(got)
	}
	p.do("play")
	if again := p.says(); again != got {
		t.Errorf("played again: got %s, want %s", again, got)
	}
}

// BenchmarkFlush is how long a tone is heard after a flush, and how long it
// takes after another until there is tone again, at the monitor of the sink.
func BenchmarkFlush(b *testing.B) {
	for name, env := range carriers {
		b.Run(name, func(b *testing.B) {
			server := pulsetest.Start(b)
			heard := server.Record(pulsetest.Heard)
			p := start(b, env(b, server)...)
			p.do("play")
			time.Sleep(time.Second)
			var starts, stops []time.Duration
			for b.Loop() {
				before := heard.Len()
				p.do("tone 60s")
				heard.Until(b, before, "there is tone", func(sound []float32) bool {
					n, first, _ := pulsetest.Audible(sound)
					if n < audio.Rate/4 {
						return false
					}
					starts = append(starts, audio.Duration(first))
					return true
				})
				p.do("stop")
				before = heard.Len()
				heard.Until(b, before, "it is silent", func(sound []float32) bool {
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
