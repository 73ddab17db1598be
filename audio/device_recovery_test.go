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

// A scriptedSpeaker is a Speaker that behaves differently in each call of Play: call number n runs
// plays[n]. When there is no function for a call, Play runs the last function.
type scriptedSpeaker struct {
	plays []func(ctx context.Context, source Source) error
	calls int
}

func (*scriptedSpeaker) String() string { return "scripted" }
func (*scriptedSpeaker) Flush()         {}
func (s *scriptedSpeaker) Play(ctx context.Context, source Source) error {
	play := s.plays[min(s.calls, len(s.plays)-1)]
	s.calls++
	return play(ctx, source)
}

func absent(context.Context, Source) error { return errors.New("absent") }

func works(ctx context.Context, source Source) error { return NewNullSpeaker().Play(ctx, source) }

func stopsMovingSound(ctx context.Context, source Source) error {
	source.Fill(make([]float32, 480), 0)
	<-ctx.Done()
	return nil
}

func failsAfterASecond(ctx context.Context, source Source) error {
	source.Fill(make([]float32, 480), 0)
	time.Sleep(time.Second)
	return errors.New("unplugged")
}

func failsAtOnce(ctx context.Context, source Source) error {
	source.Fill(make([]float32, 480), 0)
	return errors.New("exit status 127")
}

// keepPlaying calls KeepPlaying with a scriptedSpeaker and cancels its context after d. It returns
// each reported Health as text, and how much sound was taken from the source.
func keepPlaying(t *testing.T, d time.Duration, plays ...func(context.Context, Source) error) (reports []string, taken time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), d)
		defer cancel()
		source := &countingSource{}
		KeepPlaying(ctx, &scriptedSpeaker{plays: plays}, source, func(h Health) {
			reports = append(reports, fmt.Sprint(h.Device, " ", h.Err, " ", h.Final))
		})
		taken = Duration(source.n)
	})
	return reports, taken
}

// A countingSource is a Source that counts the samples that Fill has returned.
type countingSource struct{ n int }

func (s *countingSource) Fill(sound []float32, _ time.Duration) { s.n += len(sound) }
func (s *countingSource) Lost(int)                              {}

func TestAbsentDeviceIsOpenedWhenItAppears(t *testing.T) {
	got, _ := keepPlaying(t, 10*time.Second, absent, absent, absent, works)
	if want := []string{"scripted absent false", "scripted <nil> false"}; !slices.Equal(got, want) {
		t.Errorf("reported %q, want %q", got, want)
	}
}

func TestLostDeviceIsOpenedAgain(t *testing.T) {
	got, _ := keepPlaying(t, 10*time.Second, failsAfterASecond, absent, works)
	if want := []string{"scripted <nil> false", "scripted unplugged false", "scripted <nil> false"}; !slices.Equal(got, want) {
		t.Errorf("reported %q, want %q", got, want)
	}
}

func TestDeviceThatMovesNoSoundIsOpenedAgain(t *testing.T) {
	got, _ := keepPlaying(t, 10*time.Second, stopsMovingSound, works)
	if want := []string{"scripted <nil> false", "scripted the device has moved no sound for 3s false", "scripted <nil> false"}; !slices.Equal(got, want) {
		t.Errorf("reported %q, want %q", got, want)
	}
}

func TestPermanentlyLostDeviceIsReplacedByNullSpeaker(t *testing.T) {
	speaker := func(context.Context, Source) error { return fmt.Errorf("lost: %w", ErrPermanent) }
	got, taken := keepPlaying(t, 10*time.Second, speaker)
	if want := []string{"scripted lost: the device is not tried again until Moonlark is restarted true"}; !slices.Equal(got, want) {
		t.Errorf("reported %q, want %q", got, want)
	}
	if taken < 9*time.Second || taken > 10*time.Second {
		t.Errorf("%v of sound was taken in 10 s", taken)
	}
}

func TestDeviceThatFailsRepeatedlyIsReportedOnce(t *testing.T) {
	got, _ := keepPlaying(t, time.Minute, failsAtOnce, failsAtOnce, failsAtOnce, failsAtOnce, works)
	if want := []string{"scripted <nil> false", "scripted exit status 127 false", "scripted <nil> false"}; !slices.Equal(got, want) {
		t.Errorf("reported %q, want %q", got, want)
	}
}

func TestAnotherReasonOfAFailureIsReported(t *testing.T) {
	n := 0
	changes := func(context.Context, Source) error {
		n++
		return fmt.Errorf("reason %d", min(n, 3))
	}
	got, _ := keepPlaying(t, time.Minute, slices.Repeat([]func(context.Context, Source) error{changes}, 1000)...)
	if want := []string{"scripted reason 1 false", "scripted reason 3 false"}; !slices.Equal(got, want) {
		t.Errorf("reported %q, want %q", got, want)
	}
}

func TestDeviceThatDoesNotCloseIsReplacedByNullSpeaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		doesNotClose := func(ctx context.Context, source Source) error {
			source.Fill(make([]float32, 480), 0)
			<-release
			source.Fill(make([]float32, Samples(time.Minute)), 0)
			source.Lost(5)
			return nil
		}
		source := &countingSource{}
		var reports []string
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		KeepPlaying(ctx, &scriptedSpeaker{plays: []func(context.Context, Source) error{doesNotClose}}, source, func(h Health) {
			reports = append(reports, fmt.Sprint(h.Device, " ", h.Err, " ", h.Final))
		})
		taken := Duration(source.n)
		close(release)
		synctest.Wait()
		want := []string{"scripted <nil> false", "scripted the device has moved no sound for 3s, and did not close: the device is not tried again until Moonlark is restarted true"}
		if !slices.Equal(reports, want) {
			t.Errorf("reported %q, want %q", reports, want)
		}
		if taken < 12*time.Second || Duration(source.n) != taken {
			t.Errorf("%v of sound was taken in 20 s, and %v after that", taken, Duration(source.n)-taken)
		}
	})
}

// TestDurationOfManyHoursDoesNotOverflow checks that the conversion does not overflow, because a
// NullSpeaker may run for months.
func TestDurationOfManyHoursDoesNotOverflow(t *testing.T) {
	hours := 12
	if math.MaxInt > math.MaxInt32 {
		hours = 24 * 365
	}
	n, d := hours*3600*Rate+Rate/2, time.Duration(hours)*time.Hour+time.Second/2
	if Duration(n) != d || Samples(d) != n {
		t.Errorf("%d samples are %v, and %v is %d samples", n, Duration(n), d, Samples(d))
	}
}

func TestNullSpeakerSkipsTheTimeOfASuspension(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &countingSource{}
		ctx, cancel := context.WithTimeout(t.Context(), 8*time.Hour+time.Second)
		defer cancel()
		NewNullSpeaker().Play(ctx, &sleepingSource{countingSource: source})
		if got := Duration(source.n); got > 3*time.Second {
			t.Errorf("%v of sound was taken, want about 1s", got)
		}
	})
}

// A sleepingSource is a countingSource whose first call of Fill takes 8 hours. That is how a
// suspended machine appears to a speaker.
type sleepingSource struct {
	*countingSource
	slept bool
}

func (s *sleepingSource) Fill(sound []float32, delay time.Duration) {
	if !s.slept {
		s.slept = true
		time.Sleep(8 * time.Hour)
	}
	s.countingSource.Fill(sound, delay)
}

func TestSoundIsTakenInRealTimeWhileThereIsNoDevice(t *testing.T) {
	_, taken := keepPlaying(t, 30*time.Second, absent)
	if taken < 27*time.Second || taken > 30*time.Second {
		t.Errorf("%v of sound was taken in 30 s", taken)
	}
}

func TestMonitoringADeviceDoesNotAllocate(t *testing.T) {
	r := &deviceRun{moved: func(time.Duration) bool { return true }}
	source, sink := &monitoredSource{&countingSource{}, r}, &monitoredSink{NewRecorder(nil, new(Counts)), r}
	sound := make([]float32, 480)
	if n := testing.AllocsPerRun(100, func() { source.Fill(sound, 0); source.Lost(0); sink.Take(sound, 0) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// A device that works for a moment again and again must not fill the log with reports.
func TestDeviceThatFailsAgainAndAgainIsReportedAFewTimes(t *testing.T) {
	got, _ := keepPlaying(t, 5*time.Minute, func(ctx context.Context, source Source) error {
		ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
		defer cancel()
		works(ctx, source)
		return errors.New("unplugged")
	})
	if len(got) > 2*maxShortRuns {
		t.Errorf("%d reports in five minutes: %q", len(got), got)
	}
	if got[len(got)-1] != "scripted unplugged false" {
		t.Errorf("the last report is %q", got[len(got)-1])
	}
}
