//go:build unix

package command

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"moonlark/audio"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A source is a tone, and remembers what was asked of it.
type source struct {
	mu     sync.Mutex
	given  int
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

// tone is a sample of 440 Hz.
func tone(i int) float32 {
	return 0.5 * float32(math.Sin(2*math.Pi*440*float64(i)/audio.Rate))
}

// A sink keeps what it hears.
type sink struct {
	mu    sync.Mutex
	heard []float32
	times []time.Time
}

func (s *sink) Take(sound []float32, age time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, sound...)
	s.times = append(s.times, time.Now())
	if len(sound) != 960 || age < 0 || age > burst {
		s.heard = nil
	}
}

// play plays for d and says what came of it, and how long that took.
func play(t *testing.T, s *Speaker, src *source, d time.Duration) (took time.Duration, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	begin := time.Now()
	err = s.Play(ctx, src)
	return time.Since(begin), err
}

func record(t *testing.T, m *Microphone, sink *sink, d time.Duration) (took time.Duration, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	begin := time.Now()
	err = m.Record(ctx, sink)
	return time.Since(begin), err
}

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
			t.Parallel()
			file := filepath.Join(t.TempDir(), "out")
			s := NewSpeaker(`cat > "`+file+`"; true`, Options{Rate: rate})
			src := &source{}
			_, err := play(t, s, src, time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if rate == 0 {
				rate = DefaultRate
			}
			got := samples(t, file)
			if took := time.Duration(len(got)) * time.Second / time.Duration(rate); took < 200*time.Millisecond || took > 1150*time.Millisecond {
				t.Errorf("it got %v of sound in a second", took)
			}
			for i, s := range got[rate/10:] { // it begins suddenly
				at := float64(i+rate/10) / float64(rate)
				if want := 16384 * math.Sin(2*math.Pi*440*at); math.Abs(want-float64(s)) > 3 {
					t.Fatalf("sample %d: got %d, want %.0f", i, s, want)
				}
			}
			if most := slices.Max(src.delays); most > lead {
				t.Errorf("a sample was to be heard after %v", most)
			}
		})
	}
}

// A command that takes nothing gets no more than the pipe holds, and then it is
// an error.
func TestACommandThatTakesNothingIsAnError(t *testing.T) {
	t.Parallel()
	src := &source{}
	took, err := play(t, NewSpeaker("sleep 60", Options{}), src, 30*time.Second)
	if err == nil || err.Error() != "exec:sleep 60: the command has taken no sound for 3s" {
		t.Errorf("got %v", err)
	}
	if took > 6*time.Second {
		t.Errorf("that took %v", took)
	}
	if most := 400 * time.Millisecond; runtime.GOOS == "linux" && audio.Duration(src.given) > most {
		t.Errorf("it was given %v of sound, want at most %v", audio.Duration(src.given), most)
	}
}

func TestAFlushLosesWhatTheCommandHasNotTaken(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "out")
	s := NewSpeaker(`sleep 0.5; cat > "`+file+`"`, Options{})
	src := &source{}
	time.AfterFunc(300*time.Millisecond, s.Flush)
	if _, err := play(t, s, src, time.Second); err != nil {
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
		t.Errorf("there are %d jumps in the sound", jumps)
	}
}

func TestAFlushInAStreamThatRunsLosesNothing(t *testing.T) {
	t.Parallel()
	s, src := NewSpeaker("cat >/dev/null", Options{}), &source{}
	s.Flush() // before anything is played it does nothing either
	time.AfterFunc(100*time.Millisecond, s.Flush)
	if _, err := play(t, s, src, 300*time.Millisecond); err != nil || !slices.Equal(src.lost, []int{0}) {
		t.Errorf("lost %v, %v", src.lost, err)
	}
}

func TestACommandThatEndsIsAnErrorWithTheLastThatItSaid(t *testing.T) {
	for _, row := range []struct{ command, want string }{
		{"exit 3", "exec:exit 3: exit status 3"},
		{"true", "exec:true: the command has ended"},
		{"echo one >&2; echo 'no such device' >&2; exit 1",
			"exec:echo one >&2; echo 'no such device' >... : exit status 1: no such device"},
		{"kill -9 $$", "exec:kill -9 $$: signal: killed"},
		{"no-such-program", "not found"},
	} {
		t.Run(row.command, func(t *testing.T) {
			t.Parallel()
			want := strings.Replace(row.want, ">... ", ">...", 1)
			_, err := play(t, NewSpeaker(row.command, Options{}), &source{}, 20*time.Second)
			if err == nil || !strings.HasSuffix(err.Error(), want) {
				t.Errorf("speaker: got %v, want %s", err, want)
			}
			_, err = record(t, NewMicrophone(row.command, Options{}), &sink{}, 20*time.Second)
			if err == nil || !strings.HasSuffix(err.Error(), want) {
				t.Errorf("microphone: got %v, want %s", err, want)
			}
		})
	}
}

func TestACommandThatOnlyClosesItsEndIsAnError(t *testing.T) {
	t.Parallel()
	_, err := play(t, NewSpeaker("exec <&-; sleep 60", Options{}), &source{}, 20*time.Second)
	if err == nil || err.Error() != "exec:exec <&-; sleep 60: the command has closed its input" {
		t.Errorf("got %v", err)
	}
	_, err = record(t, NewMicrophone("exec >&-; sleep 60", Options{}), &sink{}, 20*time.Second)
	if err == nil || err.Error() != "exec:exec >&-; sleep 60: the command has closed its output" {
		t.Errorf("got %v", err)
	}
}

func TestACommandIsToldTheRate(t *testing.T) {
	t.Parallel()
	_, err := play(t, NewSpeaker("echo $MOONLARK_RATE >&2; exit 1", Options{Rate: 22050}), &source{}, 20*time.Second)
	if err == nil || !strings.HasSuffix(err.Error(), ": 22050") {
		t.Errorf("got %v", err)
	}
}

func TestWhatACommandSaysIsLogged(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	log := slog.New(slog.NewTextHandler(&b, nil))
	s := NewSpeaker("echo hello >&2; printf 'and \\377 more' >&2; exit 1", Options{Log: log})
	play(t, s, &source{}, 20*time.Second)
	for _, want := range []string{"msg=hello\n", `msg="and ? more"` + "\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("got %s, want %s in it", &b, want)
		}
	}
}

// alive says whether a process runs; one that has ended and waits to be
// collected by somebody else does not.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !strings.Contains(string(b), ") Z ")
}

func TestNothingIsLeftOfACommand(t *testing.T) {
	for _, row := range []struct {
		why, command string
		most         time.Duration
	}{
		{"one that ends when asked to", `sleep 60 & echo $! > "$F"; wait`, 900 * time.Millisecond},
		{"one whose children do not", `(trap '' TERM; sleep 60) & echo $! > "$F"; wait`, 3 * time.Second},
		{"one that does not itself", `trap '' TERM; echo $$ > "$F"; while :; do sleep 60; done`, 3 * time.Second},
		{"one that has ended before its child", `sleep 60 </dev/null >/dev/null 2>&1 & echo $! > "$F"; exec sleep 0.1`, 900 * time.Millisecond},
	} {
		t.Run(row.why, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "pid")
			line := strings.ReplaceAll(row.command, "$F", file)
			for _, carrier := range []func(ctx context.Context) error{
				func(ctx context.Context) error { return NewSpeaker(line, Options{}).Play(ctx, &source{}) },
				func(ctx context.Context) error { return NewMicrophone(line, Options{}).Record(ctx, &sink{}) },
			} {
				ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
				begin := time.Now()
				carrier(ctx)
				cancel()
				if took := time.Since(begin); took > 400*time.Millisecond+row.most {
					t.Errorf("it took %v", took)
				}
				b, err := os.ReadFile(file)
				pid, _ := strconv.Atoi(strings.TrimSpace(string(b)))
				if err != nil || pid == 0 {
					t.Fatalf("no process: %q, %v", b, err)
				}
				if alive(pid) {
					t.Errorf("process %d is left", pid)
				}
			}
		})
	}
}

// What has left the group, as a daemon does, is not ended, but does not keep us
// waiting either, though it holds the pipes.
func TestACommandThatLeavesTheGroupKeepsNobodyWaiting(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("setsid is not everywhere")
	}
	t.Parallel()
	for _, c := range []func(ctx context.Context) error{
		func(ctx context.Context) error { return NewSpeaker("setsid sleep 4", Options{}).Play(ctx, &source{}) },
		func(ctx context.Context) error {
			return NewMicrophone("setsid sleep 4", Options{}).Record(ctx, &sink{})
		},
		func(ctx context.Context) error {
			return NewSpeaker("setsid sleep 4 <&0 & sleep 60", Options{}).Play(ctx, &source{})
		},
		func(ctx context.Context) error {
			return NewMicrophone("setsid sleep 4 & sleep 60", Options{}).Record(ctx, &sink{})
		},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		begin := time.Now()
		if err := c(ctx); err != nil {
			t.Error(err)
		}
		cancel()
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("it took %v", took)
		}
	}
}

// raw writes n samples of the tone at a rate to a file, for commands to cat.
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

func TestAMicrophoneHearsWhatTheCommandWritesNoFasterThanItCanBeSpoken(t *testing.T) {
	for _, rate := range []int{16000, 48000, 8000} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			t.Parallel()
			var heard sink
			m := NewMicrophone("cat '"+raw(t, rate, rate)+"'", Options{Rate: rate})
			took, err := record(t, m, &heard, 20*time.Second)
			if err == nil || !strings.HasSuffix(err.Error(), ": the command has ended") {
				t.Errorf("got %v", err)
			}
			if took < 700*time.Millisecond || took > 5*time.Second {
				t.Errorf("a second of sound took %v", took)
			}
			if n := len(heard.heard); n < 47000 || n > 48000 {
				t.Fatalf("heard %d samples", n)
			}
			for i, x := range heard.heard[4800:] {
				if want := tone(4800 + i); math.Abs(float64(x-want)) > 1e-3 {
					t.Fatalf("sample %d: got %v, want %v", i, x, want)
				}
			}
		})
	}
}

func TestAMicrophoneHearsAtOnceWhatIsSpoken(t *testing.T) {
	t.Parallel()
	var heard sink
	m := NewMicrophone("while :; do head -c 640 /dev/zero; sleep 0.02; done", Options{})
	if _, err := record(t, m, &heard, time.Second); err != nil {
		t.Error(err)
	}
	if n := len(heard.heard) / 960; n < 4 || n > 60 {
		t.Errorf("heard %d pieces in a second", n)
	}
}

func TestACommandThatWritesNothingIsAnError(t *testing.T) {
	t.Parallel()
	took, err := record(t, NewMicrophone("head -c 640 /dev/zero; echo waiting >&2; sleep 60", Options{}), &sink{}, 30*time.Second)
	want := ": the command has written no sound for 3s: waiting"
	if err == nil || !strings.HasSuffix(err.Error(), want) || took > 8*time.Second {
		t.Errorf("after %v got %v, want %s", took, err, want)
	}
}

func TestCarriersCanBeUsedAgain(t *testing.T) {
	t.Parallel()
	s, m := NewSpeaker("cat >/dev/null", Options{}), NewMicrophone("cat /dev/zero", Options{})
	for range 3 {
		src, heard := &source{}, &sink{}
		if _, err := play(t, s, src, 500*time.Millisecond); err != nil || src.given == 0 {
			t.Errorf("gave %d samples, %v", src.given, err)
		}
		if _, err := record(t, m, heard, 500*time.Millisecond); err != nil || len(heard.heard) == 0 {
			t.Errorf("heard %d samples, %v", len(heard.heard), err)
		}
	}
}

func TestAPlayThatIsOverBeforeItBeginsLeavesNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("never mind"))
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
	i := newIntake(nothing{}, 16000)
	if n := testing.AllocsPerRun(100, func() {
		i.given = 0 // or it waits
		i.take(context.Background(), buf[:640])
	}); n != 0 {
		t.Errorf("microphone: got %v allocations", n)
	}
}

type nothing struct{}

func (nothing) Take([]float32, time.Duration) {}
