package audio

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// A moody speaker does what the test says, one Play after the other.
type moody struct {
	moods []func(ctx context.Context, source Source) error
	plays int
}

func (*moody) String() string { return "moody" }
func (*moody) Flush()         {}
func (m *moody) Play(ctx context.Context, source Source) error {
	mood := m.moods[min(m.plays, len(m.moods)-1)]
	m.plays++
	return mood(ctx, source)
}

func absent(context.Context, Source) error { return errors.New("absent") }

func works(ctx context.Context, source Source) error { return NewNone().Play(ctx, source) }

func stuck(ctx context.Context, source Source) error {
	source.Fill(make([]float32, 480), 0)
	<-ctx.Done()
	return nil
}

func breaks(ctx context.Context, source Source) error {
	source.Fill(make([]float32, 480), 0)
	time.Sleep(time.Second)
	return errors.New("unplugged")
}

func flutters(ctx context.Context, source Source) error {
	source.Fill(make([]float32, 480), 0)
	return errors.New("exit status 127")
}

// kept is what is reported of a speaker in the time given, and how much of the
// source has passed.
func kept(t *testing.T, span time.Duration, moods ...func(context.Context, Source) error) (reports []string, passed time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), span)
		defer cancel()
		source := &passing{}
		KeepPlaying(ctx, &moody{moods: moods}, source, func(h Health) {
			reports = append(reports, fmt.Sprint(h.Device, " ", h.Err, " ", h.Final))
		})
		passed = Duration(source.n)
	})
	return reports, passed
}

type passing struct{ n int }

func (p *passing) Fill(sound []float32, _ time.Duration) { p.n += len(sound) }
func (p *passing) Lost(int)                              {}

func TestADeviceThatIsNotThereYetIsOpenedAsSoonAsItIs(t *testing.T) {
	got, _ := kept(t, 10*time.Second, absent, absent, absent, works)
	if want := []string{"moody absent false", "moody <nil> false"}; !slices.Equal(got, want) {
		t.Errorf("reported %q, want %q", got, want)
	}
}

func TestADeviceThatIsLostIsOpenedAgain(t *testing.T) {
	got, _ := kept(t, 10*time.Second, breaks, absent, works)
	if want := []string{"moody <nil> false", "moody unplugged false", "moody <nil> false"}; !slices.Equal(got, want) {
		t.Errorf("reported %q, want %q", got, want)
	}
}

func TestADeviceThatDiesSilentlyIsOpenedAgain(t *testing.T) {
	got, _ := kept(t, 10*time.Second, stuck, works)
	if want := []string{"moody <nil> false", "moody no sound has moved for 3s false", "moody <nil> false"}; !slices.Equal(got, want) {
		t.Errorf("reported %q, want %q", got, want)
	}
}

func TestADeviceThatIsLostForGoodIsNotTriedAgainButSoundPasses(t *testing.T) {
	speaker := func(context.Context, Source) error { return fmt.Errorf("once: %w", ErrForGood) }
	got, passed := kept(t, 10*time.Second, speaker)
	if want := []string{"moody once: not before the program is started again true"}; !slices.Equal(got, want) {
		t.Errorf("reported %q, want %q", got, want)
	}
	if passed < 9*time.Second || passed > 10*time.Second {
		t.Errorf("%v passed in 10 s", passed)
	}
}

func TestADeviceThatDiesAgainAndAgainIsReportedOnce(t *testing.T) {
	got, _ := kept(t, time.Minute, flutters, flutters, flutters, flutters, works)
	if want := []string{"moody <nil> false", "moody exit status 127 false", "moody <nil> false"}; !slices.Equal(got, want) {
		t.Errorf("reported %q, want %q", got, want)
	}
}

func TestADeviceThatDoesNotEndIsLeftAndSoundPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		mule := func(ctx context.Context, source Source) error {
			source.Fill(make([]float32, 480), 0)
			<-free
			source.Fill(make([]float32, Samples(time.Hour)), 0)
			source.Lost(5)
			return nil
		}
		source := &passing{}
		var reports []string
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		KeepPlaying(ctx, &moody{moods: []func(context.Context, Source) error{mule}}, source, func(h Health) {
			reports = append(reports, fmt.Sprint(h.Device, " ", h.Err, " ", h.Final))
		})
		passed := Duration(source.n)
		close(free)
		synctest.Wait()
		want := []string{"moody <nil> false", "moody no sound has moved for 3s, and it does not let go: not before the program is started again true"}
		if !slices.Equal(reports, want) {
			t.Errorf("reported %q, want %q", reports, want)
		}
		if passed < 12*time.Second || Duration(source.n) != passed {
			t.Errorf("%v passed in 20 s, and then %v", passed, Duration(source.n)-passed)
		}
	})
}

// A speaker that is none runs for months.
func TestManyHoursOfSamplesAreCounted(t *testing.T) {
	hours := 12
	if math.MaxInt > math.MaxInt32 {
		hours = 24 * 365
	}
	n, d := hours*3600*Rate+Rate/2, time.Duration(hours)*time.Hour+time.Second/2
	if Duration(n) != d || Samples(d) != n {
		t.Errorf("%d samples are %v, and %v is %d samples", n, Duration(n), d, Samples(d))
	}
}

func TestWhatAMachineHasSleptThroughDoesNotPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &passing{}
		ctx, cancel := context.WithTimeout(t.Context(), 8*time.Hour+time.Second)
		defer cancel()
		slow := &sleeper{passing: source}
		NewNone().Play(ctx, slow)
		if got := Duration(source.n); got > 3*time.Second {
			t.Errorf("%v passed at once", got)
		}
	})
}

// A sleeper sleeps for hours in its first Fill.
type sleeper struct {
	*passing
	slept bool
}

func (s *sleeper) Fill(sound []float32, delay time.Duration) {
	if !s.slept {
		s.slept = true
		time.Sleep(8 * time.Hour)
	}
	s.passing.Fill(sound, delay)
}

func TestSoundPassesInRealTimeWhileThereIsNoDevice(t *testing.T) {
	_, passed := kept(t, 30*time.Second, absent)
	if passed < 27*time.Second || passed > 30*time.Second {
		t.Errorf("%v passed in 30 s", passed)
	}
}

func TestAWatchedDeviceAllocatesNothing(t *testing.T) {
	w := &watch{works: func(time.Duration) bool { return true }}
	source, sink := &watchedSource{&passing{}, w}, &watchedSink{NewRecorder(nil, new(Counts)), w}
	sound := make([]float32, 480)
	if n := testing.AllocsPerRun(100, func() { source.Fill(sound, 0); source.Lost(0); sink.Take(sound, 0) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
