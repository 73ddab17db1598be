package audio

import (
	"context"
	"errors"
	"fmt"
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

func steady(ctx context.Context, source Source) error { return NewNone().Play(ctx, source) }

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
	got, _ := kept(t, 10*time.Second, absent, absent, absent, steady)
	if want := []string{"moody absent false", "moody <nil> false"}; !slices.Equal(got, want) {
		t.Errorf("reported %q, want %q", got, want)
	}
}

func TestADeviceThatIsLostIsOpenedAgain(t *testing.T) {
	got, _ := kept(t, 10*time.Second, breaks, absent, steady)
	if want := []string{"moody <nil> false", "moody unplugged false", "moody <nil> false"}; !slices.Equal(got, want) {
		t.Errorf("reported %q, want %q", got, want)
	}
}

func TestADeviceThatDiesSilentlyIsOpenedAgain(t *testing.T) {
	got, _ := kept(t, 10*time.Second, stuck, steady)
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

func TestSoundPassesInRealTimeWhileThereIsNoDevice(t *testing.T) {
	_, passed := kept(t, 30*time.Second, absent)
	if passed < 27*time.Second || passed > 30*time.Second {
		t.Errorf("%v passed in 30 s", passed)
	}
}
