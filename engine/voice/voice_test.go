package voice

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/audio/wav"
	"moonlark/engine/convai"
)

// A room is a voice with a speaker that nobody hears, on the clock of the test.
type room struct {
	*Voice
	mu   sync.Mutex
	told []string
	sent []byte
}

func (r *room) note(notice any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(r.told, strings.TrimPrefix(fmt.Sprintf("%T%v", notice, notice), "voice."))
}

func (r *room) all() []string {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.told)
}

// with runs test with a voice that has begun a conversation.
func with(t *testing.T, opts Options, test func(r *room)) {
	synctest.Test(t, func(t *testing.T) {
		r := new(room)
		opts.Notify = r.note
		r.Voice = New(opts)
		r.Start()
		defer r.Close()
		if err := r.Begin(convai.ConversationInitiationMetadata{AgentOutputAudioFormat: "pcm_16000", UserInputAudioFormat: "pcm_16000"}, false, r.send); err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
		test(r)
	})
}

func (r *room) send(chunk []byte) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, chunk...)
	return 0
}

// say is a piece of speech that long, with its words if there are any: each
// character takes 50 ms.
func say(id int, d time.Duration, words string) *convai.Audio {
	f := pcm.Format{Encoding: pcm.S16, Rate: 16000}
	m := &convai.Audio{Base64: convai.EncodeSound(f.AppendSilence(nil, f.Bytes(d)/2)), EventID: id}
	if words != "" {
		m.Alignment = new(convai.Alignment)
		for i, c := range strings.Split(words, "") {
			m.Alignment.Chars = append(m.Alignment.Chars, c)
			m.Alignment.StartsMS = append(m.Alignment.StartsMS, 50*i)
			m.Alignment.DurationsMS = append(m.Alignment.DurationsMS, 50)
		}
	}
	return m
}

func TestWhatIsHeardIsToldWhenItIsHeard(t *testing.T) {
	with(t, Options{}, func(r *room) {
		r.Audio(say(1, 500*time.Millisecond, "good day "))
		r.Audio(say(1, 500*time.Millisecond, "to you"))
		time.Sleep(50 * time.Millisecond)
		if got, want := r.all(), []string{"Speaking{1}"}; !slices.Equal(got, want) {
			t.Errorf("at first %q, want %q", got, want)
		}
		time.Sleep(300 * time.Millisecond)
		if got, want := r.all(), []string{"Speaking{1}", "Spoken{1 good }"}; !slices.Equal(got, want) {
			t.Errorf("after 350 ms %q, want %q", got, want)
		}
		time.Sleep(time.Second)
		want := []string{"Speaking{1}", "Spoken{1 good }", "Spoken{1 day }", "Spoken{1 to }", "Spoken{1 you}", "Silent{1 false}"}
		if got := r.all(); !slices.Equal(got, want) {
			t.Errorf("in the end\n%q, want\n%q", got, want)
		}
	})
}

func TestWordsThatWereNotHeardAreNotTold(t *testing.T) {
	with(t, Options{}, func(r *room) {
		r.Audio(say(1, time.Second, "one two three four"))
		time.Sleep(300 * time.Millisecond)
		r.Interrupt(1)
		r.Audio(say(1, time.Second, "five six seven"))
		time.Sleep(2 * time.Second)
		if got, want := r.all(), []string{"Speaking{1}", "Spoken{1 one }", "Silent{1 true}"}; !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
		r.Audio(say(2, 200*time.Millisecond, "eight"))
		time.Sleep(time.Second)
		if got, want := r.all()[3:], []string{"Speaking{2}", "Spoken{2 eight}", "Silent{2 false}"}; !slices.Equal(got, want) {
			t.Errorf("then told %q, want %q", got, want)
		}
	})
}

func TestDrainWaitsUntilAllHasBeenHeard(t *testing.T) {
	with(t, Options{}, func(r *room) {
		r.Audio(say(1, 3*time.Second, ""))
		began := time.Now()
		r.Drain(context.Background())
		if took := time.Since(began); took < 2900*time.Millisecond || took > 3200*time.Millisecond {
			t.Errorf("3 s of speech took %v", took)
		}
		r.Audio(say(1, time.Minute, ""))
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		r.Drain(ctx)
		r.Hush()
		r.Drain(context.Background())
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("a minute of speech that was given up took %v", took)
		}
	})
}

func TestTheAgentHearsSilenceWhenThereIsNoMicrophone(t *testing.T) {
	with(t, Options{Chunk: 100 * time.Millisecond}, func(r *room) {
		time.Sleep(2 * time.Second)
		r.End()
		synctest.Wait()
		if got := len(r.sent); got < 16000*2*2*9/10 || got > 16000*2*2*11/10 {
			t.Errorf("%d bytes in 2 s", got)
		}
		r.sent = nil
		time.Sleep(time.Second)
		synctest.Wait()
		if len(r.sent) > 0 {
			t.Errorf("%d bytes after the end", len(r.sent))
		}
	})
}

func TestAFormatThatIsNotKnownIsAnErrorThatNamesIt(t *testing.T) {
	with(t, Options{}, func(r *room) {
		for _, m := range []convai.ConversationInitiationMetadata{
			{AgentOutputAudioFormat: "opus_48000", UserInputAudioFormat: "pcm_16000"},
			{AgentOutputAudioFormat: "pcm_16000", UserInputAudioFormat: "opus_48000"},
		} {
			if err := r.Begin(m, false, r.send); err == nil || !strings.Contains(err.Error(), "opus_48000") {
				t.Errorf("got %v", err)
			}
		}
	})
}

func TestLevelsAreToldOnlyToWhoeverWantsThem(t *testing.T) {
	for _, wanted := range []bool{false, true} {
		t.Run(fmt.Sprint(wanted), func(t *testing.T) {
			with(t, Options{Microphone: quiet{}, Levels: func() bool { return wanted }}, func(r *room) {
				time.Sleep(time.Second)
				n := 0
				for _, told := range r.all() {
					if strings.HasPrefix(told, "Level{-96 ") {
						n++
					}
				}
				if wanted && (n < 9 || n > 11) || !wanted && n > 0 {
					t.Errorf("%d levels in a second", n)
				}
			})
		})
	}
}

// A quiet microphone hears nothing.
type quiet struct{}

func (quiet) String() string { return "quiet" }
func (quiet) Record(ctx context.Context, sink audio.Sink) error {
	sound := make([]float32, audio.Samples(20*time.Millisecond))
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		select {
		case <-tick.C:
			sink.Take(sound, 0)
		case <-ctx.Done():
			tick.Stop()
			return nil
		}
	}
}

func TestFilesAreReadFromTheFolderAndNowhereElse(t *testing.T) {
	dir := t.TempDir()
	inside := filepath.Join(dir, "scripts")
	os.MkdirAll(filepath.Join(inside, "sounds"), 0o755)
	for _, path := range []string{filepath.Join(inside, "sounds", "ding.wav"), filepath.Join(dir, "secret.wav")} {
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		w, err := wav.NewWriter(f, 8000)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(make([]float32, 800))
		w.Close()
		f.Close()
	}
	sound, err := ReadFile(inside, "sounds/ding.wav")
	if err != nil || len(sound) != 4800 {
		t.Errorf("got %d samples, %v", len(sound), err)
	}
	os.WriteFile(filepath.Join(inside, "text.wav"), []byte("hello"), 0o644)
	for name, want := range map[string]string{
		"../secret.wav": "../secret.wav: path escapes from parent",
		"none.wav":      "none.wav: no such file",
		"sounds":        "sounds: not a file", // nor is a pipe, which might never open
		"text.wav":      "text.wav: not a WAV file",
	} {
		if _, err := ReadFile(inside, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
}

func TestABeepIsSoftAtBothEnds(t *testing.T) {
	sound := Beep(1000, 100*time.Millisecond)
	if len(sound) != 4800 {
		t.Fatalf("%d samples", len(sound))
	}
	most, step := 0.0, 0.0
	for i, x := range sound {
		most = max(most, math.Abs(float64(x)))
		if i > 0 {
			step = max(step, math.Abs(float64(x-sound[i-1])))
		}
	}
	if most < 0.24 || most > 0.26 || math.Abs(float64(sound[0])) > 0.01 || math.Abs(float64(sound[4799])) > 0.01 || step > 0.04 {
		t.Errorf("it is %.2f loud, begins at %.2f, ends at %.2f, and has a step of %.3f", most, sound[0], sound[4799], step)
	}
}

func TestAfterDrainTheEndHasBeenTold(t *testing.T) {
	with(t, Options{}, func(r *room) {
		r.Audio(say(1, 510*time.Millisecond, "good bye"))
		r.Drain(context.Background())
		if got, want := r.all(), []string{"Speaking{1}", "Spoken{1 good }", "Spoken{1 bye}", "Silent{1 false}"}; !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
	})
}
