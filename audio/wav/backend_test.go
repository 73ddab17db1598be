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

// A counter is an audio.Source that counts: its samples are the 16-bit numbers 1, 2, 3 and so on.
type counter struct {
	next int   // number of samples that Fill has returned
	lost []int // the argument of each call of Lost
}

func (c *counter) Fill(sound []float32, delay time.Duration) {
	for i := range sound {
		c.next++
		sound[i] = float32(c.next%30000) / (1 << 15)
	}
}

func (c *counter) Lost(n int) { c.lost = append(c.lost, n) }

// numbers returns samples as 16-bit numbers, as a counter counts them.
func numbers(sound []float32) []int {
	var n []int
	for _, x := range sound {
		n = append(n, int(x*(1<<15)))
	}
	return n
}

// play plays source on s for d. The test fails if Play returns an error.
func play(t *testing.T, s audio.Speaker, source audio.Source, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	if err := s.Play(ctx, source); err != nil {
		t.Error(err)
	}
}

func TestFileHasAsMuchSoundAsWasPlayed(t *testing.T) {
	for _, rate := range []int{0, 16000, 48000, 44100} {
		synctest.Test(t, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "a.wav")
			s := NewSpeaker(name, SpeakerOptions{Rate: rate})
			play(t, s, &counter{}, time.Second)
			if rate == 0 {
				rate = 48000
			}
			got, err := readFile(name)
			if err != nil || got.Rate != rate || len(got.Samples) != rate {
				t.Errorf("got %d samples, rate %d, error %v, want a second at rate %d", len(got.Samples), got.Rate, err, rate)
			}
			if rate == 48000 && !slices.Equal(numbers(got.Samples[:5]), []int{1, 2, 3, 4, 5}) {
				t.Errorf("the sound begins with %v, want 1 to 5", numbers(got.Samples[:5]))
			}
		})
	}
}

func TestFlushDiscardsSoundThatWasNotPlayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "a.wav")
		s := NewSpeaker(name, SpeakerOptions{})
		s.Flush() // a flush before Play has no effect
		source := &counter{}
		go func() {
			time.Sleep(105 * time.Millisecond)
			s.Flush()
		}()
		play(t, s, source, 200*time.Millisecond)
		if want := []int{15 * 48}; !slices.Equal(source.lost, want) {
			t.Errorf("lost %v, want %v", source.lost, want)
		}
		got, err := readFile(name)
		if err != nil || len(got.Samples) != 200*48 {
			t.Fatalf("got %d samples, %v", len(got.Samples), err)
		}
		at := 105 * 48
		if want := []int{at, 120*48 + 1}; !slices.Equal(numbers(got.Samples[at-1:at+1]), want) {
			t.Errorf("samples around the flush: got %v, want %v", numbers(got.Samples[at-1:at+1]), want)
		}
	})
}

func TestSecondPlayAppendsToTheFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "a.wav")
		if err := os.WriteFile(name, make([]byte, 1000000), 0o644); err != nil {
			t.Fatal(err)
		}
		s, source := NewSpeaker(name, SpeakerOptions{}), &counter{}
		play(t, s, source, 100*time.Millisecond)
		play(t, s, source, 150*time.Millisecond)
		if got, err := readFile(name); err != nil || len(got.Samples) != 250*48 {
			t.Errorf("got %d samples, error %v, want 250 ms", len(got.Samples), err)
		}
		os.Remove(name)
		play(t, s, source, 100*time.Millisecond)
		if got, err := readFile(name); err != nil || len(got.Samples) != 100*48 {
			t.Errorf("after the file was removed: got %d samples, error %v, want 100 ms", len(got.Samples), err)
		}
	})
}

// A slowSource is a counter whose Fill method blocks for 50 ms in every 20th call.
type slowSource struct {
	counter
	calls int
}

func (s *slowSource) Fill(sound []float32, delay time.Duration) {
	if s.calls++; s.calls%20 == 0 {
		time.Sleep(50 * time.Millisecond)
	}
	s.counter.Fill(sound, delay)
}

func TestSpeakerWithLateWakeUpsDoesNotDrift(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "a.wav")
		var counts audio.Counts
		play(t, NewSpeaker(name, SpeakerOptions{Counts: &counts}), &slowSource{}, 20*time.Second)
		got, err := readFile(name)
		// Play may notice up to 50 ms late that its context is done
		excess := len(got.Samples) - 20*48000
		if err != nil || excess < 0 || excess > 50*48 {
			t.Errorf("got %d samples more than in 20 s, error %v", excess, err)
		}
		if counts.Late.Load() == 0 {
			t.Error("no late wake-up was counted")
		}
	})
}

func TestSpeakerErrorNamesTheFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "no", "a.wav")
	err := NewSpeaker(name, SpeakerOptions{}).Play(t.Context(), &counter{})
	if err == nil || !strings.HasPrefix(err.Error(), name+": ") {
		t.Errorf("got %v", err)
	}
}

func TestSpeakerDoesNotAllocateWhilePlaying(t *testing.T) {
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
	if long > short+100 { // 20 s have 950 pieces more than 1 s
		t.Errorf("%v allocations in a second, %v in 20 seconds, want about the same", short, long)
	}
}

// A recorder is an audio.Sink that keeps the sound, and the size and the time of each call of Take.
type recorder struct {
	sound []float32
	sizes []int
	times []time.Duration // times of the calls, as durations since begin
	begin time.Time
}

func (r *recorder) Take(sound []float32, age time.Duration) {
	r.sound = append(r.sound, sound...)
	r.sizes = append(r.sizes, len(sound))
	r.times = append(r.times, time.Since(r.begin))
}

// record records with m for d and returns what it recorded. The test fails if Record returns an
// error.
func record(t *testing.T, m audio.Microphone, d time.Duration) *recorder {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	r := &recorder{begin: time.Now()}
	if err := m.Record(ctx, r); err != nil {
		t.Error(err)
	}
	return r
}

func TestMicrophoneRecordsTheFileInRealTimeAndThenSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "a.wav")
		sound := noise(4800 + 7)
		write(t, name, 48000, sound)
		m := NewMicrophone(name, MicrophoneOptions{})
		for range 2 {
			r := record(t, m, 1010*time.Millisecond)
			if len(r.sound) != 48000 {
				t.Fatalf("recorded %d samples, want 48000", len(r.sound))
			}
			wantNear(t, "recorded", r.sound[:len(sound)], sound, 1.0/(1<<15))
			if slices.ContainsFunc(r.sound[len(sound):], func(x float32) bool { return x != 0 }) {
				t.Error("the sound after the end of the file is not silence")
			}
			for i := range r.times {
				if want := time.Duration(i+1) * 20 * time.Millisecond; r.times[i] != want || r.sizes[i] != 960 {
					t.Fatalf("piece %d: %d samples after %v, want 960 after %v", i, r.sizes[i], r.times[i], want)
				}
			}
		}
	})
}

func TestLoopRepeatsWithoutGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "a.wav")
		sound := noise(4800 + 7)
		write(t, name, 48000, sound)
		r := record(t, NewMicrophone(name, MicrophoneOptions{Loop: true}), 1010*time.Millisecond)
		for i, x := range r.sound {
			if d := x - sound[i%len(sound)]; d > 1e-4 || d < -1e-4 {
				t.Fatalf("sample %d is %v, want %v", i, x, sound[i%len(sound)])
			}
		}
	})
}

func TestLoopOfEmptyFileIsSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "a.wav")
		write(t, name, 16000, nil)
		r := record(t, NewMicrophone(name, MicrophoneOptions{Loop: true}), 110*time.Millisecond)
		if len(r.sound) != 5*960 || slices.Max(r.sound) != 0 {
			t.Errorf("recorded %d samples, want %d of silence", len(r.sound), 5*960)
		}
	})
}

func TestMicrophoneResamples(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "a.wav")
		write(t, name, 16000, noise(16000))
		s, err := readFile(name)
		if err != nil {
			t.Fatal(err)
		}
		want := s.At(audio.Rate)
		r := record(t, NewMicrophone(name, MicrophoneOptions{}), 1010*time.Millisecond)
		if !slices.Equal(r.sound, want) {
			t.Errorf("recorded %d samples, want the same as the %d of Sound.At", len(r.sound), len(want))
		}
	})
}

func TestMicrophoneErrorNamesTheFile(t *testing.T) {
	err := NewMicrophone("no.wav", MicrophoneOptions{}).Record(t.Context(), &recorder{})
	if err == nil || !strings.HasPrefix(err.Error(), "no.wav: ") {
		t.Errorf("got %v", err)
	}
}

func TestSpeakerAndMicrophoneAreNamedAfterTheirFile(t *testing.T) {
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
