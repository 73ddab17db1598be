//go:build unix

package command

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonlark/audio"
	"moonlark/engine/testkit"
)

// The tests of this package run real commands. The tests of package process check how commands are
// ended and what their errors say.

func TestMain(m *testing.M) {
	testkit.SetParallel(8) // the tests spend most of their time waiting
	goleak.VerifyTestMain(m)
}

// A source is an audio.Source that plays a tone of 440 Hz. It records the arguments of the calls of
// its methods.
type source struct {
	mu     sync.Mutex // guards the fields below
	given  int        // number of samples that Fill has returned
	delays []time.Duration
	lost   []int
}

func (s *source) Fill(sound []float32, delay time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range sound {
		sound[i] = tone(s.given)
		s.given++
	}
	s.delays = append(s.delays, delay)
}

func (s *source) Lost(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost = append(s.lost, n)
}

// tone returns sample number i of a tone of 440 Hz.
func tone(i int) float32 {
	return 0.5 * float32(math.Sin(2*math.Pi*440*float64(i)/audio.Rate))
}

// A sink is an audio.Sink that keeps the sound it gets. If enough is not nil, the sink calls it
// once it has at least max samples.
type sink struct {
	max    int
	enough func()

	mu    sync.Mutex // guards the fields below
	heard []float32
	wrong string // describes a call of Take with wrong arguments
}

func (s *sink) Take(sound []float32, age time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, sound...)
	if len(sound) != 960 || age < 0 || age > maxBurst {
		s.wrong = fmt.Sprintf("a piece of %d samples that is %v old", len(sound), age)
	}
	if s.enough != nil && len(s.heard) >= s.max {
		s.enough()
	}
}

// play plays src on the speaker s for d. It returns the error of Play, and how long Play took.
func play(t *testing.T, s *Speaker, src *source, d time.Duration) (took time.Duration, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	begin := time.Now()
	err = s.Play(ctx, src)
	return time.Since(begin), err
}

// record records into sink for d, or until sink has sink.max samples if that is not zero. It
// returns the error of Record, and how long Record took.
func record(t *testing.T, m *Microphone, sink *sink, d time.Duration) (took time.Duration, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if sink.max > 0 {
		sink.enough = cancel
	}
	begin := time.Now()
	err = m.Record(ctx, sink)
	if sink.wrong != "" {
		t.Error(sink.wrong)
	}
	return time.Since(begin), err
}

// samples returns the contents of a file as 16-bit little-endian samples.
func samples(t *testing.T, file string) []int16 {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := make([]int16, len(b)/2)
	binary.Read(bytes.NewReader(b[:len(s)*2]), binary.LittleEndian, s)
	return s
}

func TestACommandGetsTheSoundInRealTime(t *testing.T) {
	for _, rate := range []int{0, 48000, 22050} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			if testing.Short() && rate > 16000 {
				t.Skip("takes half a second of real time")
			}
			t.Parallel()
			file := filepath.Join(t.TempDir(), "out")
			s := NewSpeaker(`cat > "`+file+`"; true`, Options{Rate: rate})
			src := &source{}
			took, err := play(t, s, src, 500*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			if rate == 0 {
				rate = DefaultRate
			}
			got := samples(t, file)
			if length := time.Duration(len(got)) * time.Second / time.Duration(rate); length < 100*time.Millisecond || length > took+150*time.Millisecond {
				t.Errorf("the command got %v of sound in %v", length, took)
			}
			// the output of the resampler is inexact right after the tone begins
			for i, s := range got[rate/10:] {
				at := float64(i+rate/10) / float64(rate)
				if want := 16384 * math.Sin(2*math.Pi*440*at); math.Abs(want-float64(s)) > 3 {
					t.Fatalf("sample %d: got %d, want %.0f", i, s, want)
				}
			}
			if max := slices.Max(src.delays); max > maxLead {
				t.Errorf("a sample was announced for %v later, want at most %v", max, maxLead)
			}
		})
	}
}

// TestACommandThatReadsNothingIsAnError checks that a command that reads nothing gets no more sound
// than its pipe can contain, and that Play returns an error after stallTimeout.
func TestACommandThatReadsNothingIsAnError(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 3 s of real time")
	}
	t.Parallel()
	src := &source{}
	took, err := play(t, NewSpeaker("sleep 60", Options{}), src, 30*time.Second)
	if err == nil || err.Error() != "exec:sleep 60: the command has taken no sound for 3s" {
		t.Errorf("got %v", err)
	}
	if took > 6*time.Second {
		t.Errorf("that took %v", took)
	}
	if max := 400 * time.Millisecond; runtime.GOOS == "linux" && audio.Duration(src.given) > max {
		t.Errorf("the command was given %v of sound, want at most %v", audio.Duration(src.given), max)
	}
}

func TestAFlushDropsWhatTheCommandHasNotRead(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 0.8 s of real time")
	}
	t.Parallel()
	file := filepath.Join(t.TempDir(), "out")
	s := NewSpeaker(`sleep 0.4; cat > "`+file+`"`, Options{})
	src := &source{}
	time.AfterFunc(250*time.Millisecond, s.Flush)
	if _, err := play(t, s, src, 800*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if len(src.lost) != 1 || src.lost[0] > 960 {
		t.Fatalf("lost %v, want one piece or less", src.lost)
	}
	got := samples(t, file)
	if given := (src.given - src.lost[0]) / 3; given < len(got) || given > len(got)+16000*2/10 {
		t.Errorf("the command has %d samples of %d", len(got), given)
	}
	jumps := 0
	for i := range got[1:] {
		if d := int(got[i+1]) - int(got[i]); d > 4000 || d < -4000 {
			jumps++
		}
	}
	if jumps > 1 {
		t.Errorf("there are %d jumps in the sound, want only the one of the flush", jumps)
	}
}

func TestAFlushWhileTheCommandReadsLosesNothing(t *testing.T) {
	t.Parallel()
	s, src := NewSpeaker("cat >/dev/null", Options{}), &source{}
	s.Flush() // a flush before Play has no effect
	time.AfterFunc(100*time.Millisecond, s.Flush)
	if _, err := play(t, s, src, 300*time.Millisecond); err != nil || !slices.Equal(src.lost, []int{0}) {
		t.Errorf("lost %v, %v", src.lost, err)
	}
}

func TestACommandThatEndsIsAnError(t *testing.T) {
	for _, row := range []struct{ command, speaker, microphone string }{
		{"exit 3", "exit status 3", "exit status 3"},
		{"true", "the command has ended", "the command has ended"},
		{"echo 'no such device' >&2; exit 1", "exit status 1: no such device", "exit status 1: no such device"},
		{"exec <&- >&-; sleep 60", "the command has closed its input", "the command has closed its output"},
		{"echo $MOONLARK_RATE >&2; exit 1", "exit status 1: 22050", "exit status 1: 22050"},
	} {
		t.Run(row.command, func(t *testing.T) {
			t.Parallel()
			name, opts := "exec:"+row.command+": ", Options{Rate: 22050}
			_, err := play(t, NewSpeaker(row.command, opts), &source{}, 20*time.Second)
			if want := name + row.speaker; err == nil || err.Error() != want {
				t.Errorf("speaker: got %v, want %s", err, want)
			}
			_, err = record(t, NewMicrophone(row.command, opts), &sink{}, 20*time.Second)
			if want := name + row.microphone; err == nil || err.Error() != want {
				t.Errorf("microphone: got %v, want %s", err, want)
			}
		})
	}
}

func TestPlayAndRecordDoNotWaitForAProcessThatHasLeftTheGroup(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("setsid is not part of every system")
	}
	if testing.Short() {
		t.Skip("package process has a test of this")
	}
	for name, run := range map[string]func(context.Context) error{
		"speaker": func(ctx context.Context) error {
			return NewSpeaker("exec 3<&0; setsid sleep 4 <&3 & sleep 60", Options{}).Play(ctx, &source{})
		},
		"microphone": func(ctx context.Context) error {
			return NewMicrophone("setsid sleep 4 & sleep 60", Options{}).Record(ctx, &sink{})
		},
		"microphone whose shell has exited": func(ctx context.Context) error {
			return NewMicrophone("setsid sleep 4 & true", Options{}).Record(ctx, &sink{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			begin := time.Now()
			if err := run(ctx); err != nil {
				t.Error(err)
			}
			if took := time.Since(begin); took > 3*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// raw writes n samples of the tone with the given sample rate to a file, and returns the file's
// name. The commands of the tests print this file with cat.
func raw(t *testing.T, rate, n int) string {
	t.Helper()
	var b []byte
	for i := range n {
		x := 16384 * math.Sin(2*math.Pi*440*float64(i)/float64(rate))
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(math.Round(x))))
	}
	file := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestAMicrophoneReadsAFileInRealTime(t *testing.T) {
	for _, rate := range []int{16000, 48000, 8000} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			if testing.Short() && rate > 16000 {
				t.Skip("takes half a second of real time")
			}
			t.Parallel()
			var heard sink
			m := NewMicrophone("cat '"+raw(t, rate, rate/2)+"'", Options{Rate: rate})
			took, err := record(t, m, &heard, 20*time.Second)
			if err == nil || !strings.HasSuffix(err.Error(), ": the command has ended") {
				t.Errorf("got %v", err)
			}
			if took < 250*time.Millisecond || took > 5*time.Second {
				t.Errorf("half a second of sound took %v", took)
			}
			if n := len(heard.heard); n < 23000 || n > 24000 {
				t.Fatalf("heard %d samples, want about 24000", n)
			}
			for i, x := range heard.heard[4800:] {
				if want := tone(4800 + i); math.Abs(float64(x-want)) > 1e-3 {
					t.Fatalf("sample %d: got %v, want %v", i, x, want)
				}
			}
		})
	}
}

func TestAMicrophoneHearsSoundAsItArrives(t *testing.T) {
	t.Parallel()
	heard := sink{max: 4 * 960}
	m := NewMicrophone("while :; do head -c 640 /dev/zero; sleep 0.02; done", Options{})
	took, err := record(t, m, &heard, 20*time.Second)
	if err != nil || len(heard.heard) < heard.max {
		t.Errorf("heard %d samples, %v", len(heard.heard), err)
	}
	if took > 5*time.Second {
		t.Errorf("80 ms of sound took %v", took)
	}
}

func TestACommandThatWritesNothingIsAnError(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 3 s of real time")
	}
	t.Parallel()
	took, err := record(t, NewMicrophone("head -c 640 /dev/zero; echo waiting >&2; sleep 60", Options{}), &sink{}, 30*time.Second)
	want := ": the command has written no sound for 3s: waiting"
	if err == nil || !strings.HasSuffix(err.Error(), want) || took > 8*time.Second {
		t.Errorf("after %v got %v, want %s", took, err, want)
	}
}

func TestBackendsCanBeUsedAgain(t *testing.T) {
	t.Parallel()
	s, m := NewSpeaker("cat >/dev/null", Options{}), NewMicrophone("cat /dev/zero", Options{})
	for range 2 {
		src, heard := &source{}, &sink{max: 960}
		if _, err := play(t, s, src, 200*time.Millisecond); err != nil || src.given == 0 {
			t.Errorf("gave %d samples, %v", src.given, err)
		}
		if _, err := record(t, m, heard, 20*time.Second); err != nil || len(heard.heard) == 0 {
			t.Errorf("heard %d samples, %v", len(heard.heard), err)
		}
	}
}

func TestACancelledContextLeavesNothingRunning(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("cancelled before the call"))
	if err := NewSpeaker("sleep 60", Options{}).Play(ctx, &source{}); err != nil {
		t.Error(err)
	}
	if err := NewMicrophone("sleep 60", Options{}).Record(ctx, &sink{}); err != nil {
		t.Error(err)
	}
}

func TestMovingSoundAllocatesNothing(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	f := newFeed(&source{delays: make([]time.Duration, 0, 1000)}, w, Options{})
	buf := make([]byte, 64<<10)
	if n := testing.AllocsPerRun(100, func() {
		f.move(0, nil)
		r.Read(buf)
	}); n != 0 {
		t.Errorf("speaker: got %v allocations", n)
	}
	i := newIntake(nullSink{}, 16000)
	if n := testing.AllocsPerRun(100, func() {
		i.given = 0 // prevents take from waiting until the sound is due
		i.take(context.Background(), buf[:640])
	}); n != 0 {
		t.Errorf("microphone: got %v allocations", n)
	}
}

// A nullSink is an audio.Sink that discards all sound.
type nullSink struct{}

func (nullSink) Take([]float32, time.Duration) {}
