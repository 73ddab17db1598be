package wav

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/audio"
)

// A counter gives 1, 2, 3 and so on as sound, in steps of 16 bits, and remembers
// what was asked of it.
type counter struct {
	next int
	lost []int
}

func (c *counter) Fill(sound []float32, delay time.Duration) {
	for i := range sound {
		c.next++
		sound[i] = float32(c.next%30000) / (1 << 15)
	}
}

func (c *counter) Lost(n int) { c.lost = append(c.lost, n) }

// steps are samples as the counter counted them.
func steps(sound []float32) []int {
	var n []int
	for _, x := range sound {
		n = append(n, int(x*(1<<15)))
	}
	return n
}

// play plays for d on s.
func play(t *testing.T, s audio.Speaker, source audio.Source, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := s.Play(ctx, source); err != nil {
		t.Error(err)
	}
}

func TestASecondThatIsPlayedIsASecondInTheFile(t *testing.T) {
	for _, rate := range []int{0, 16000, 48000, 44100} {
		synctest.Test(t, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "a.wav")
			s := NewSpeaker(name, SpeakerOptions{Rate: rate})
			play(t, s, &counter{}, time.Second)
			if rate == 0 {
				rate = 48000
			}
			got, err := ReadFile(name, 0)
			if err != nil || got.Rate != rate || len(got.Samples) != rate {
				t.Errorf("got %d samples of %d a second, %v", len(got.Samples), got.Rate, err)
			}
			if rate == 48000 && !slices.Equal(steps(got.Samples[:5]), []int{1, 2, 3, 4, 5}) {
				t.Errorf("it begins with %v", steps(got.Samples[:5]))
			}
		})
	}
}

func TestAFlushTakesBackWhatWasNotHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "a.wav")
		s := NewSpeaker(name, SpeakerOptions{})
		s.Flush() // before anything is played it does nothing
		source := &counter{}
		go func() {
			time.Sleep(105 * time.Millisecond)
			s.Flush()
		}()
		play(t, s, source, 200*time.Millisecond)
		if want := []int{15 * 48}; !slices.Equal(source.lost, want) {
			t.Errorf("lost %v, want %v", source.lost, want)
		}
		got, err := ReadFile(name, 0)
		if err != nil || len(got.Samples) != 200*48 {
			t.Fatalf("got %d samples, %v", len(got.Samples), err)
		}
		at := 105 * 48
		if want := []int{at, 120*48 + 1}; !slices.Equal(steps(got.Samples[at-1:at+1]), want) {
			t.Errorf("around the flush there is %v, want %v", steps(got.Samples[at-1:at+1]), want)
		}
	})
}

func TestASecondPlayGoesOnInTheSameFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "a.wav")
		if err := os.WriteFile(name, make([]byte, 1000000), 0o644); err != nil {
			t.Fatal(err)
		}
		s, source := NewSpeaker(name, SpeakerOptions{}), &counter{}
		play(t, s, source, 100*time.Millisecond)
		play(t, s, source, 150*time.Millisecond)
		if got, err := ReadFile(name, 0); err != nil || len(got.Samples) != 250*48 {
			t.Errorf("got %d samples, %v", len(got.Samples), err)
		}
		os.Remove(name)
		play(t, s, source, 100*time.Millisecond)
		if got, err := ReadFile(name, 0); err != nil || len(got.Samples) != 100*48 {
			t.Errorf("removed and made again: got %d samples, %v", len(got.Samples), err)
		}
	})
}

// A slow source sleeps now and then.
type slow struct {
	counter
	calls int
}

func (s *slow) Fill(sound []float32, delay time.Duration) {
	if s.calls++; s.calls%20 == 0 {
		time.Sleep(50 * time.Millisecond)
	}
	s.counter.Fill(sound, delay)
}

func TestASpeakerThatWakesLateDoesNotDrift(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "a.wav")
		var counts audio.Counts
		play(t, NewSpeaker(name, SpeakerOptions{Counts: &counts}), &slow{}, 20*time.Second)
		got, err := ReadFile(name, 0)
		more := len(got.Samples) - 20*48000 // it may be late when it is to end
		if err != nil || more < 0 || more > 50*48 {
			t.Errorf("got %d samples more than in 20 s, %v", more, err)
		}
		if counts.Late.Load() == 0 {
			t.Error("nothing was counted")
		}
	})
}

func TestASpeakerSaysWhichFileItCannotWrite(t *testing.T) {
	name := filepath.Join(t.TempDir(), "no", "a.wav")
	err := NewSpeaker(name, SpeakerOptions{}).Play(t.Context(), &counter{})
	if err == nil || !strings.HasPrefix(err.Error(), name+": ") {
		t.Errorf("got %v", err)
	}
}

func TestPlayingAllocatesNothing(t *testing.T) {
	allocated := func(d time.Duration) uint64 {
		var before, after runtime.MemStats
		synctest.Test(t, func(t *testing.T) {
			s := NewSpeaker(filepath.Join(t.TempDir(), "a.wav"), SpeakerOptions{Rate: 16000})
			runtime.ReadMemStats(&before)
			play(t, s, &counter{}, d)
			runtime.ReadMemStats(&after)
		})
		return after.Mallocs - before.Mallocs
	}
	allocated(time.Second)
	short, long := allocated(time.Second), allocated(20*time.Second)
	if long > short+100 { // for 950 pieces more
		t.Errorf("a second: %v allocations, 20 seconds: %v", short, long)
	}
}

// A listener keeps what it hears.
type listener struct {
	heard []float32
	sizes []int
	times []time.Duration
	begin time.Time
}

func (l *listener) Take(sound []float32, age time.Duration) {
	l.heard = append(l.heard, sound...)
	l.sizes = append(l.sizes, len(sound))
	l.times = append(l.times, time.Since(l.begin))
}

// record records for d from m.
func record(t *testing.T, m audio.Microphone, d time.Duration) *listener {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	l := &listener{begin: time.Now()}
	if err := m.Record(ctx, l); err != nil {
		t.Error(err)
	}
	return l
}

func TestAMicrophoneHearsTheFileInRealTimeAndThenSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "a.wav")
		sound := noise(4800 + 7)
		write(t, name, 48000, sound)
		m := NewMicrophone(name, MicrophoneOptions{})
		for range 2 {
			l := record(t, m, 1010*time.Millisecond)
			if len(l.heard) != 48000 {
				t.Fatalf("heard %d samples", len(l.heard))
			}
			near(t, "heard", l.heard[:len(sound)], sound, 1.0/(1<<15))
			if slices.ContainsFunc(l.heard[len(sound):], func(x float32) bool { return x != 0 }) {
				t.Error("after the end it is not silent")
			}
			for i := range l.times {
				if want := time.Duration(i+1) * 20 * time.Millisecond; l.times[i] != want || l.sizes[i] != 960 {
					t.Fatalf("piece %d has %d samples and came after %v", i, l.sizes[i], l.times[i])
				}
			}
		}
	})
}

func TestALoopBeginsAgainWithoutAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "a.wav")
		sound := noise(4800 + 7)
		write(t, name, 48000, sound)
		l := record(t, NewMicrophone(name, MicrophoneOptions{Loop: true}), 1010*time.Millisecond)
		for i, x := range l.heard {
			if d := x - sound[i%len(sound)]; d > 1e-4 || d < -1e-4 {
				t.Fatalf("sample %d is %v, want %v", i, x, sound[i%len(sound)])
			}
		}
	})
}

func TestALoopOfNothingIsSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "a.wav")
		write(t, name, 16000, nil)
		l := record(t, NewMicrophone(name, MicrophoneOptions{Loop: true}), 110*time.Millisecond)
		if len(l.heard) != 5*960 || slices.Max(l.heard) != 0 {
			t.Errorf("heard %d samples", len(l.heard))
		}
	})
}

func TestAMicrophoneResamples(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "a.wav")
		write(t, name, 16000, noise(16000))
		want, err := Load(name, 0)
		if err != nil {
			t.Fatal(err)
		}
		l := record(t, NewMicrophone(name, MicrophoneOptions{}), 1010*time.Millisecond)
		if !slices.Equal(l.heard, want) {
			t.Errorf("heard %d samples, want the %d that Load gives", len(l.heard), len(want))
		}
	})
}

func TestAMicrophoneSaysWhichFileItCannotRead(t *testing.T) {
	err := NewMicrophone("no.wav", MicrophoneOptions{}).Record(t.Context(), &listener{})
	if err == nil || !strings.HasPrefix(err.Error(), "no.wav: ") {
		t.Errorf("got %v", err)
	}
}

func TestCarriersAreCalledByTheirFile(t *testing.T) {
	for _, row := range []struct{ got, want string }{
		{NewSpeaker("a.wav", SpeakerOptions{}).String(), "wav:a.wav"},
		{NewMicrophone("a.wav", MicrophoneOptions{}).String(), "wav:a.wav"},
		{NewMicrophone("a.wav", MicrophoneOptions{Loop: true}).String(), "wav:a.wav,loop"},
	} {
		if row.got != row.want {
			t.Errorf("got %s, want %s", row.got, row.want)
		}
	}
}
