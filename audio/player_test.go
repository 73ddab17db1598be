package audio

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/audio/pcm"
)

// A fakeSpeaker is a Speaker with a buffer of the length depth. It keeps its buffer full and plays
// 10 ms at a time, on the clock of a synctest bubble.
type fakeSpeaker struct {
	depth   time.Duration
	flushes chan struct{}
	played  []float32 // all sound that the speaker has played
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
			s.played = append(s.played, buffer[:period]...)
			buffer = buffer[period:]
		case <-s.flushes:
			source.Lost(len(buffer))
			buffer = nil
		case <-ctx.Done():
			return nil
		}
	}
}

// playFake runs test with a player whose speaker has a buffer of 700 ms. It returns all sound that
// the speaker played.
func playFake(t *testing.T, test func(p *Player)) []float32 {
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
	return speaker.played
}

// tone returns a part of a sine wave of 400 Hz with half of the maximum amplitude, in the format
// pcm_16000. d is the length of the part. first is the number of the part's first sample in the
// sine wave.
func tone(d time.Duration, first int) []byte {
	f := pcm.Format{Encoding: pcm.S16, Rate: 16000}
	sound := make([]float32, f.Bytes(d)/2)
	for i := range sound {
		sound[i] = 0.5 * float32(math.Sin(2*math.Pi*400*float64(first+i)/16000))
	}
	return f.Append(nil, sound)
}

// bounds returns when the audible part of sound begins and when it ends.
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

// maxStep returns the largest difference between two consecutive samples of sound.
func maxStep(sound []float32) float64 {
	step := 0.0
	for i := 1; i < len(sound); i++ {
		step = max(step, math.Abs(float64(sound[i]-sound[i-1])))
	}
	return step
}

// maxToneStep is the largest difference between two consecutive samples of tone at 48 kHz, and a
// little more.
const maxToneStep = 0.5*2*math.Pi*400/Rate + 0.002

func wantBetween(t *testing.T, what string, got, minimum, maximum time.Duration) {
	t.Helper()
	if got < minimum || got > maximum {
		t.Errorf("%s: got %v, want between %v and %v", what, got, minimum, maximum)
	}
}

func TestSpeechBeginsAtOnceDespiteFullBuffer(t *testing.T) {
	played := playFake(t, func(p *Player) {
		time.Sleep(time.Second)
		p.Queue(1, tone(500*time.Millisecond, 0))
		time.Sleep(2 * time.Second)
	})
	from, to := bounds(played)
	wantBetween(t, "begin of the speech", from, time.Second, 1020*time.Millisecond)
	wantBetween(t, "length of the speech", to-from, 495*time.Millisecond, 505*time.Millisecond)
}

func TestPiecesInTimeArePlayedWithoutGap(t *testing.T) {
	var gaps int64
	played := playFake(t, func(p *Player) {
		time.Sleep(300 * time.Millisecond)
		// queue 100 ms of speech every 60 ms, which never fills the speaker's buffer
		for i := range 8 {
			p.Queue(1, tone(100*time.Millisecond, i*1600))
			time.Sleep(60 * time.Millisecond)
		}
		time.Sleep(2 * time.Second)
		gaps = p.counts.Gaps.Load()
	})
	from, to := bounds(played)
	wantBetween(t, "length of the speech", to-from, 797*time.Millisecond, 803*time.Millisecond)
	inner := played[Samples(from+5*time.Millisecond):Samples(to-5*time.Millisecond)]
	if got := maxStep(inner); got > maxToneStep {
		t.Errorf("maximum step %.3f, want at most %.3f", got, maxToneStep)
	}
	if gaps != 0 {
		t.Errorf("%d gaps, want none", gaps)
	}
}

func TestLatePieceCausesOneGap(t *testing.T) {
	var gaps int64
	played := playFake(t, func(p *Player) {
		time.Sleep(300 * time.Millisecond)
		p.Queue(1, tone(200*time.Millisecond, 0))
		time.Sleep(300 * time.Millisecond)
		p.Queue(1, tone(200*time.Millisecond, 0))
		time.Sleep(2 * time.Second)
		gaps = p.counts.Gaps.Load()
	})
	from, to := bounds(played)
	wantBetween(t, "length of the speech", to-from, 495*time.Millisecond, 520*time.Millisecond)
	if gaps != 1 {
		t.Errorf("%d gaps, want 1", gaps)
	}
}

func TestInterruptionFadesOutAtOnce(t *testing.T) {
	played := playFake(t, func(p *Player) {
		time.Sleep(300 * time.Millisecond)
		p.Queue(1, tone(10*time.Second, 0))
		p.Queue(1, tone(time.Second, 0))
		time.Sleep(201 * time.Millisecond) // between two moments at which the speaker takes sound
		p.Interrupt(1)
		if n, err := p.Queue(1, tone(time.Second, 0)); n != 0 || err != nil {
			t.Errorf("queue speech of an interrupted response: got %d, %v, want 0, nil", n, err)
		}
		time.Sleep(200 * time.Millisecond)
		if n, _ := p.Queue(2, tone(100*time.Millisecond, 0)); n == 0 {
			t.Error("the next response was not queued")
		}
		time.Sleep(time.Second)
	})
	quiet := Samples(515 * time.Millisecond)
	from, to := bounds(played[:Samples(600*time.Millisecond)])
	wantBetween(t, "begin of the speech", from, 300*time.Millisecond, 320*time.Millisecond)
	wantBetween(t, "end of the speech", to, 500*time.Millisecond, 515*time.Millisecond)
	if got := maxStep(played[:quiet]); got > maxToneStep+0.5/float64(Samples(fadeLength)) {
		t.Errorf("maximum step %.3f is audible as a pop", got)
	}
	from, to = bounds(played[quiet:])
	wantBetween(t, "length of the next response", to-from, 95*time.Millisecond, 105*time.Millisecond)
}

func TestClipIsMixedIntoSpeechAtOnce(t *testing.T) {
	played := playFake(t, func(p *Player) {
		time.Sleep(300 * time.Millisecond)
		p.Queue(1, tone(time.Second, 0))
		time.Sleep(200 * time.Millisecond)
		ding := make([]float32, Samples(100*time.Millisecond))
		for i := range ding {
			ding[i] = 0.25
		}
		if err := p.Play(p.NewClip(ding, TrackOptions{Volume: 1})); err != nil {
			t.Error(err)
		}
		time.Sleep(2 * time.Second)
	})
	from, to := bounds(played)
	wantBetween(t, "length of the speech", to-from, 995*time.Millisecond, 1005*time.Millisecond)
	mean := func(from, to time.Duration) (sum float64) {
		for _, x := range played[Samples(from):Samples(to)] {
			sum += float64(x)
		}
		return sum / float64(Samples(to-from))
	}
	// the mean of the tone is 0, because this range has 30 whole periods of it
	if got := mean(520*time.Millisecond, 595*time.Millisecond); got < 0.24 || got > 0.26 {
		t.Errorf("mean of the clip is %.3f, want 0.25", got)
	}
	if got := mean(620*time.Millisecond, 720*time.Millisecond); math.Abs(got) > 0.01 {
		t.Errorf("mean after the clip is %.3f, want 0", got)
	}
}

func TestVolumeChangesAtOnceAndSmoothly(t *testing.T) {
	played := playFake(t, func(p *Player) {
		time.Sleep(300 * time.Millisecond)
		p.Queue(1, tone(time.Second, 0))
		time.Sleep(200 * time.Millisecond)
		p.SetVolume(0.1)
		time.Sleep(2 * time.Second)
	})
	if got := maxStep(played[Samples(310*time.Millisecond):Samples(1290*time.Millisecond)]); got > maxToneStep {
		t.Errorf("maximum step %.3f, want at most %.3f", got, maxToneStep)
	}
	peak := func(from, to time.Duration) (p float64) {
		for _, x := range played[Samples(from):Samples(to)] {
			p = max(p, math.Abs(float64(x)))
		}
		return p
	}
	if got := peak(400*time.Millisecond, 490*time.Millisecond); got < 0.49 || got > 0.51 {
		t.Errorf("peak %.3f before the change, want 0.5", got)
	}
	if got := peak(530*time.Millisecond, 1200*time.Millisecond); got < 0.049 || got > 0.051 {
		t.Errorf("peak %.3f after the change, want 0.05", got)
	}
	if from, to := bounds(played); to-from < 990*time.Millisecond || to-from > 1005*time.Millisecond {
		t.Errorf("the speech lasts %v, want 1s", to-from)
	}
}

func TestPositionIsTheAudiblePiece(t *testing.T) {
	playFake(t, func(p *Player) {
		time.Sleep(300 * time.Millisecond)
		if pos := p.Position(); pos != (Position{}) {
			t.Errorf("before the speech: %+v", pos)
		}
		p.Queue(7, tone(400*time.Millisecond, 0))
		p.Queue(8, tone(400*time.Millisecond, 0))
		time.Sleep(210 * time.Millisecond)
		pos := p.Position()
		if pos.Piece != 1 || pos.ID != 7 {
			t.Errorf("after 210 ms: %+v", pos)
		}
		wantBetween(t, "position in the first piece", pos.Into, 180*time.Millisecond, 215*time.Millisecond)
		wantBetween(t, "remaining speech", pos.Left, 580*time.Millisecond, 620*time.Millisecond)
		time.Sleep(400 * time.Millisecond)
		pos = p.Position()
		if pos.Piece != 2 || pos.ID != 8 {
			t.Errorf("after 610 ms: %+v", pos)
		}
		wantBetween(t, "position in the second piece", pos.Into, 180*time.Millisecond, 215*time.Millisecond)
		time.Sleep(400 * time.Millisecond)
		if pos := p.Position(); pos.Left != 0 || pos.Piece != 0 {
			t.Errorf("after the speech: %+v", pos)
		}
	})
}

func TestQueueTakesAtMostTwoMinutesOfSpeech(t *testing.T) {
	speaker := newFakeSpeaker(700 * time.Millisecond)
	p := NewPlayer(speaker, new(Counts))
	if n, err := p.Queue(1, tone(30*time.Second, 0)); n == 0 || err != nil {
		t.Errorf("30 s of speech: got %d, %v, want no error", n, err)
	}
	if _, err := p.Queue(1, tone(91*time.Second, 0)); err == nil {
		t.Error("more than two minutes of speech were queued")
	}
	if got := p.Position().Left; got != 30*time.Second {
		t.Errorf("remaining speech %v, want 30s", got)
	}
}

func TestPlayerDoesNotAllocate(t *testing.T) {
	p := NewPlayer(newFakeSpeaker(0), new(Counts))
	out, piece := make([]float32, Samples(20*time.Millisecond)), tone(20*time.Millisecond, 0)
	cycle := func() {
		p.Queue(1, piece)
		p.Fill(out, time.Millisecond)
		p.Lost(len(out))
		p.Fill(out, time.Millisecond)
		p.Position()
	}
	for range 100 {
		cycle()
	}
	if n := testing.AllocsPerRun(500, cycle); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
