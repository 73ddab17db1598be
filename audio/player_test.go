package audio

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/audio/pcm"
)

// A fakeSpeaker is a device with a buffer of some depth, which it keeps full,
// and of which it hears 10 ms at a time. Its clock is the test's.
type fakeSpeaker struct {
	depth   time.Duration
	flushes chan struct{}
	heard   []float32 // since the beginning
}

func newFakeSpeaker(depth time.Duration) *fakeSpeaker {
	return &fakeSpeaker{depth: depth, flushes: make(chan struct{}, 1)}
}

func (s *fakeSpeaker) String() string { return "fake" }

func (s *fakeSpeaker) Flush() {
	select {
	case s.flushes <- struct{}{}:
	default:
	}
}

func (s *fakeSpeaker) Play(ctx context.Context, source Source) error {
	var buffer []float32
	period := Samples(10 * time.Millisecond)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		for len(buffer) < Samples(s.depth) {
			more := make([]float32, period)
			source.Fill(more, Duration(len(buffer)))
			buffer = append(buffer, more...)
		}
		select {
		case <-tick.C:
			s.heard = append(s.heard, buffer[:period]...)
			buffer = buffer[period:]
		case <-s.flushes:
			source.Lost(len(buffer))
			buffer = nil
		case <-ctx.Done():
			return nil
		}
	}
}

// play runs test with a player whose speaker has a deep buffer, and gives what
// was heard.
func play(t *testing.T, test func(p *Player)) []float32 {
	t.Helper()
	var speaker *fakeSpeaker
	synctest.Test(t, func(t *testing.T) {
		speaker = newFakeSpeaker(700 * time.Millisecond)
		p := NewPlayer(speaker, new(Counts))
		ctx, cancel := context.WithCancel(t.Context())
		go speaker.Play(ctx, p)
		test(p)
		cancel()
		synctest.Wait()
	})
	return speaker.heard
}

// tone is a sine of 400 Hz, half as loud as can be, in pcm_16000, from the
// sample that would be number from on.
func tone(d time.Duration, from int) []byte {
	f := pcm.Format{Encoding: pcm.S16, Rate: 16000}
	sound := make([]float32, f.Bytes(d)/2)
	for i := range sound {
		sound[i] = 0.5 * float32(math.Sin(2*math.Pi*400*float64(from+i)/16000))
	}
	return f.Append(nil, sound)
}

// bounds are where sound begins and ends: 48 samples a ms.
func bounds(sound []float32) (from, to time.Duration) {
	first, last := -1, -1
	for i, x := range sound {
		if math.Abs(float64(x)) > 0.01 {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	return Duration(first).Round(time.Millisecond), Duration(last + 1).Round(time.Millisecond)
}

// steepest is the largest step between two samples.
func steepest(sound []float32) float64 {
	most := 0.0
	for i := 1; i < len(sound); i++ {
		most = max(most, math.Abs(float64(sound[i]-sound[i-1])))
	}
	return most
}

// A sine of 400 Hz at half loudness has no step larger than this at 48 kHz.
const smooth = 0.5*2*math.Pi*400/Rate + 0.002

func between(t *testing.T, what string, got, least, most time.Duration) {
	t.Helper()
	if got < least || got > most {
		t.Errorf("%s at %v, want between %v and %v", what, got, least, most)
	}
}

func TestSpeechIsHeardAtOnceThoughTheBufferIsDeep(t *testing.T) {
	heard := play(t, func(p *Player) {
		time.Sleep(time.Second)
		p.Queue(1, tone(500*time.Millisecond, 0))
		time.Sleep(2 * time.Second)
	})
	from, to := bounds(heard)
	between(t, "it begins", from, time.Second, 1020*time.Millisecond)
	between(t, "it takes", to-from, 495*time.Millisecond, 505*time.Millisecond)
}

func TestPiecesThatComeInTimeAreHeardAsOne(t *testing.T) {
	var gaps int64
	heard := play(t, func(p *Player) {
		time.Sleep(300 * time.Millisecond)
		for i := range 8 { // 100 ms of speech every 60 ms: the buffer is never full of it
			p.Queue(1, tone(100*time.Millisecond, i*1600))
			time.Sleep(60 * time.Millisecond)
		}
		time.Sleep(2 * time.Second)
		gaps = p.counts.Gaps.Load()
	})
	from, to := bounds(heard)
	between(t, "it takes", to-from, 797*time.Millisecond, 803*time.Millisecond)
	inner := heard[Samples(from+5*time.Millisecond):Samples(to-5*time.Millisecond)]
	if got := steepest(inner); got > smooth {
		t.Errorf("a step of %.3f in it, want none over %.3f", got, smooth)
	}
	if gaps != 0 {
		t.Errorf("%d gaps, want none", gaps)
	}
}

func TestAPieceThatComesTooLateIsAGapOfJustThatLong(t *testing.T) {
	var gaps int64
	heard := play(t, func(p *Player) {
		time.Sleep(300 * time.Millisecond)
		p.Queue(1, tone(200*time.Millisecond, 0))
		time.Sleep(300 * time.Millisecond)
		p.Queue(1, tone(200*time.Millisecond, 0))
		time.Sleep(2 * time.Second)
		gaps = p.counts.Gaps.Load()
	})
	from, to := bounds(heard)
	between(t, "it takes", to-from, 495*time.Millisecond, 520*time.Millisecond)
	if gaps != 1 {
		t.Errorf("%d gaps, want 1", gaps)
	}
}

func TestAnInterruptionIsHeardAtOnceAndFadesOut(t *testing.T) {
	heard := play(t, func(p *Player) {
		time.Sleep(300 * time.Millisecond)
		p.Queue(1, tone(10*time.Second, 0))
		p.Queue(1, tone(time.Second, 0))
		time.Sleep(200 * time.Millisecond)
		p.Interrupt(1)
		if n, err := p.Queue(1, tone(time.Second, 0)); n != 0 || err != nil {
			t.Errorf("speech that was interrupted is queued, as %d, %v", n, err)
		}
		time.Sleep(200 * time.Millisecond)
		if n, _ := p.Queue(2, tone(100*time.Millisecond, 0)); n == 0 {
			t.Error("the next response is not queued")
		}
		time.Sleep(time.Second)
	})
	quiet := Samples(515 * time.Millisecond)
	from, to := bounds(heard[:Samples(600*time.Millisecond)])
	between(t, "it begins", from, 300*time.Millisecond, 320*time.Millisecond)
	between(t, "it ends", to, 500*time.Millisecond, 515*time.Millisecond)
	if got := steepest(heard[:quiet]); got > smooth+0.5/float64(Samples(fade)) {
		t.Errorf("a step of %.3f: that is a pop", got)
	}
	from, to = bounds(heard[quiet:])
	between(t, "the next one takes", to-from, 95*time.Millisecond, 105*time.Millisecond)
}

func TestAClipIsMixedIntoSpeechAtOnceAndLosesNoneOfIt(t *testing.T) {
	heard := play(t, func(p *Player) {
		time.Sleep(300 * time.Millisecond)
		p.Queue(1, tone(time.Second, 0))
		time.Sleep(200 * time.Millisecond)
		ding := make([]float32, Samples(100*time.Millisecond))
		for i := range ding {
			ding[i] = 0.25
		}
		if err := p.Play(ding); err != nil {
			t.Error(err)
		}
		time.Sleep(2 * time.Second)
	})
	from, to := bounds(heard)
	between(t, "it takes", to-from, 995*time.Millisecond, 1005*time.Millisecond)
	mean := func(from, to time.Duration) (sum float64) {
		for _, x := range heard[Samples(from):Samples(to)] {
			sum += float64(x)
		}
		return sum / float64(Samples(to-from))
	}
	if got := mean(520*time.Millisecond, 595*time.Millisecond); got < 0.24 || got > 0.26 { // 30 periods of the tone
		t.Errorf("the clip is %.3f loud, want 0.25", got)
	}
	if got := mean(620*time.Millisecond, 720*time.Millisecond); math.Abs(got) > 0.01 {
		t.Errorf("after the clip %.3f is left of it", got)
	}
}

func TestVolumeChangesAtOnceAndWithoutAStep(t *testing.T) {
	heard := play(t, func(p *Player) {
		time.Sleep(300 * time.Millisecond)
		p.Queue(1, tone(time.Second, 0))
		time.Sleep(200 * time.Millisecond)
		p.SetVolume(0.1)
		time.Sleep(2 * time.Second)
	})
	if got := steepest(heard[Samples(310*time.Millisecond):Samples(1290*time.Millisecond)]); got > smooth {
		t.Errorf("a step of %.3f in it, want none over %.3f", got, smooth)
	}
	loudest := func(from, to time.Duration) (most float64) {
		for _, x := range heard[Samples(from):Samples(to)] {
			most = max(most, math.Abs(float64(x)))
		}
		return most
	}
	if got := loudest(400*time.Millisecond, 490*time.Millisecond); got < 0.49 || got > 0.51 {
		t.Errorf("it is %.3f loud, want 0.5", got)
	}
	if got := loudest(530*time.Millisecond, 1200*time.Millisecond); got < 0.049 || got > 0.051 {
		t.Errorf("afterwards it is %.3f loud, want 0.05", got)
	}
	if from, to := bounds(heard); to-from < 990*time.Millisecond || to-from > 1005*time.Millisecond {
		t.Errorf("it takes %v", to-from)
	}
}

func TestPositionSaysWhatIsBeingHeard(t *testing.T) {
	play(t, func(p *Player) {
		time.Sleep(300 * time.Millisecond)
		if pos := p.Position(); pos != (Position{}) {
			t.Errorf("before: %+v", pos)
		}
		p.Queue(7, tone(400*time.Millisecond, 0))
		p.Queue(8, tone(400*time.Millisecond, 0))
		time.Sleep(210 * time.Millisecond)
		pos := p.Position()
		if pos.Piece != 1 || pos.ID != 7 {
			t.Errorf("after 210 ms: %+v", pos)
		}
		between(t, "in the first it is", pos.Into, 180*time.Millisecond, 215*time.Millisecond)
		between(t, "what is left ends", pos.Left, 580*time.Millisecond, 620*time.Millisecond)
		time.Sleep(400 * time.Millisecond)
		pos = p.Position()
		if pos.Piece != 2 || pos.ID != 8 {
			t.Errorf("after 610 ms: %+v", pos)
		}
		between(t, "in the second it is", pos.Into, 180*time.Millisecond, 215*time.Millisecond)
		time.Sleep(400 * time.Millisecond)
		if pos := p.Position(); pos.Left != 0 || pos.Piece != 0 {
			t.Errorf("at the end: %+v", pos)
		}
	})
}

func TestHalfAMinuteOfSpeechInOnePieceIsPlayedAndTwoMinutesAreNot(t *testing.T) {
	speaker := newFakeSpeaker(700 * time.Millisecond)
	p := NewPlayer(speaker, new(Counts))
	if n, err := p.Queue(1, tone(30*time.Second, 0)); n == 0 || err != nil {
		t.Errorf("half a minute: %d, %v", n, err)
	}
	if _, err := p.Queue(1, tone(91*time.Second, 0)); err == nil {
		t.Error("more than two minutes are taken")
	}
	if got := p.Position().Left; got != 30*time.Second {
		t.Errorf("%v are left to play", got)
	}
}

func TestFillAllocatesNothing(t *testing.T) {
	p := NewPlayer(newFakeSpeaker(0), new(Counts))
	out, piece := make([]float32, Samples(20*time.Millisecond)), tone(20*time.Millisecond, 0)
	turn := func() {
		p.Queue(1, piece)
		p.Fill(out, time.Millisecond)
		p.Lost(len(out))
		p.Fill(out, time.Millisecond)
		p.Position()
	}
	for range 100 {
		turn()
	}
	if n := testing.AllocsPerRun(500, turn); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
