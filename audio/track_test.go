package audio

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// level returns n samples of the value thousandths/1000.
func level(d time.Duration, thousandths int) []float32 {
	return slices.Repeat([]float32{float32(thousandths) / 1000}, Samples(d))
}

// run plays for the time d, 20 ms at a time, and flushes whenever the player asks for it. 400 ms are
// in the buffer of the speaker.
func (s *manualSpeaker) run(d time.Duration) {
	for range d / (20 * time.Millisecond) {
		if s.flushes.Load() > 0 {
			s.flush(0)
		}
		for len(s.buffer) < Samples(400*time.Millisecond) {
			s.fillBuffer(960)
		}
		s.play(960)
	}
}

// heard returns the value of the sample that was played at the time d before now.
func (s *manualSpeaker) heard(d time.Duration) float64 {
	return math.Round(float64(s.played[len(s.played)-1-Samples(d)]) * 1000)
}

func isDone(t *Track) bool {
	select {
	case <-t.Done():
		return true
	default:
		return false
	}
}

func TestALongTrackIsPlayedOnceAndCompletely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newManualSpeaker()
		track := s.NewTrack(TrackOptions{Volume: 1})
		s.Play(track)
		const seconds = 10
		go func() {
			for n := range 100 * seconds {
				if err := track.Write(context.Background(), level(10*time.Millisecond, n%100+100)); err != nil {
					t.Error(err)
				}
			}
			track.End()
		}()
		synctest.Wait()
		for range seconds + 1 {
			s.run(time.Second)
			s.SetVolume(1) // asks for a flush, after which the samples are repeated
		}
		for _, thousandths := range []int{100, 150, 199} {
			wantPlayed(t, s, thousandths, seconds*10*time.Millisecond, time.Millisecond)
		}
		if !isDone(track) || track.Played() != seconds*time.Second {
			t.Errorf("done %v, %v played", isDone(track), track.Played())
		}
	})
}

func TestATrackIsLoweredWhileTheAgentSpeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newManualSpeaker()
		music := s.NewClip(level(20*time.Second, 400), TrackOptions{Volume: 0.5, Ducked: 0.75})
		alarm := s.NewClip(level(20*time.Second, 1), TrackOptions{Volume: 1})
		s.Play(music)
		s.Play(alarm)
		s.run(time.Second)
		if got := s.heard(0); got != 201 {
			t.Errorf("before the speech %v, want 201", got)
		}
		s.Queue(1, constant(time.Second, 10))
		s.run(300 * time.Millisecond)
		if got := s.heard(0); got != 61 {
			t.Errorf("during the speech %v, want 61", got)
		}
		s.run(time.Second) // the speech ends 0.3 s before
		if got := s.heard(0); got != 51 {
			t.Errorf("right after the speech %v, want 51", got)
		}
		s.run(2 * time.Second)
		if got := s.heard(0); got != 201 {
			t.Errorf("long after the speech %v, want 201", got)
		}
	})
}

func TestAnInterruptionOfTheAgentRaisesATrackSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newManualSpeaker()
		s.Play(s.NewClip(level(20*time.Second, 400), TrackOptions{Volume: 1, Ducked: 1}))
		s.Queue(1, constant(10*time.Second, 10))
		s.run(time.Second)
		s.Interrupt(1)
		s.run(1300 * time.Millisecond)
		if got := s.heard(0); got != 400 {
			t.Errorf("1.3 s after the interruption %v, want 400", got)
		}
	})
}

func TestATrackThatIsSpeechLowersOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newManualSpeaker()
		s.Play(s.NewClip(level(20*time.Second, 400), TrackOptions{Volume: 1, Ducked: 0.5}))
		s.run(time.Second)
		s.Play(s.NewClip(level(time.Second, 10), TrackOptions{Volume: 1, Speech: true}))
		s.run(500 * time.Millisecond)
		if got := s.heard(0); got != 210 {
			t.Errorf("during the announcement %v, want 210", got)
		}
		s.run(3 * time.Second)
		if got := s.heard(0); got != 400 {
			t.Errorf("after the announcement %v, want 400", got)
		}
	})
}

func TestAPausedTrackContinuesWhereItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newManualSpeaker()
		sound := make([]float32, Samples(3*time.Second))
		for i := range sound {
			sound[i] = 0.1 + float32(i/480)/1000 // each value lasts 10 ms
		}
		track := s.NewClip(sound, TrackOptions{Volume: 1})
		s.Play(track)
		s.run(time.Second)
		track.Pause(true)
		s.run(5 * time.Second)
		if got := s.heard(0); got != 0 || !track.Paused() {
			t.Errorf("the paused track plays %v", got)
		}
		track.Pause(false)
		s.run(3 * time.Second)
		for n := range 300 {
			got := Duration(s.count(100 + n))
			if faded := n > 98 && n < 104; !faded && (got < 9*time.Millisecond || got > 11*time.Millisecond) {
				t.Errorf("value %d was played for %v, want 10ms", 100+n, got)
			}
		}
		if !isDone(track) {
			t.Error("the track has not ended")
		}
	})
}

func TestATrackFades(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newManualSpeaker()
		track := s.NewClip(level(20*time.Second, 400), TrackOptions{Volume: 1, FadeIn: time.Second})
		s.Play(track)
		s.run(500 * time.Millisecond)
		if got := s.heard(0); got < 180 || got > 220 {
			t.Errorf("in the middle of the fade-in %v, want 200", got)
		}
		s.run(time.Second)
		track.SetVolume(0.5, 2*time.Second)
		s.run(time.Second)
		if got := s.heard(0); got < 290 || got > 310 {
			t.Errorf("in the middle of the change of volume %v, want 300", got)
		}
		s.run(2 * time.Second)
		track.Stop(time.Second)
		s.run(500 * time.Millisecond)
		if got := s.heard(0); got < 90 || got > 110 || isDone(track) {
			t.Errorf("in the middle of the fade-out %v, want 100; done %v", got, isDone(track))
		}
		s.run(600 * time.Millisecond)
		if got := s.heard(0); got != 0 || !isDone(track) {
			t.Errorf("after the fade-out %v, done %v", got, isDone(track))
		}
		largest := 0.0
		for i := 1; i < len(s.played); i++ {
			largest = max(largest, math.Abs(float64(s.played[i]-s.played[i-1])))
		}
		if largest > 0.01 {
			t.Errorf("the largest step between two samples is %v, which is audible as a click", largest)
		}
	})
}

func TestAStoppedTrackEndsItsWriterWithoutASpeaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newManualSpeaker() // it takes nothing, as a speaker that has been unplugged
		track := s.NewTrack(TrackOptions{Volume: 1})
		s.Play(track)
		written := make(chan error, 1)
		go func() { written <- track.Write(context.Background(), level(time.Minute, 1)) }()
		time.Sleep(time.Second)
		track.Stop(0)
		if err := <-written; !errors.Is(err, ErrTrackEnded) {
			t.Errorf("Write returned %v", err)
		}
	})
}

func TestTheNumberOfTracksIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newManualSpeaker()
		for range maxTracks {
			if err := s.Play(s.NewClip(level(100*time.Millisecond, 1), TrackOptions{Volume: 1})); err != nil {
				t.Fatal(err)
			}
		}
		if s.Play(s.NewClip(nil, TrackOptions{})) == nil {
			t.Error("one more track was played")
		}
		s.run(time.Second)
		if err := s.Play(s.NewClip(nil, TrackOptions{})); err != nil {
			t.Errorf("after the end of the tracks: %v", err)
		}
	})
}

// A writer that is late causes a pause, and nothing is lost.
func TestASlowWriterLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newManualSpeaker()
		track := s.NewTrack(TrackOptions{Volume: 1})
		s.Play(track)
		for n := range 20 {
			track.Write(context.Background(), level(100*time.Millisecond, 100+n))
			s.run(200 * time.Millisecond)
			if n%5 == 4 {
				s.SetVolume(1) // asks for a flush
			}
		}
		track.End()
		s.run(time.Second)
		for n := range 20 {
			wantPlayed(t, s, 100+n, 100*time.Millisecond, time.Millisecond)
		}
	})
}

// A speaker whose device is gone does not take the tracks.
func TestStoppedTracksDoNotBlockPlayWhileTheSpeakerDoesNotPlay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newManualSpeaker()
		for range maxTracks {
			track := s.NewClip(level(time.Second, 1), TrackOptions{Volume: 1})
			if err := s.Play(track); err != nil {
				t.Fatal(err)
			}
			track.Stop(0)
			<-track.Done()
		}
		if s.Play(s.NewClip(nil, TrackOptions{})) == nil {
			t.Error("one more track was played")
		}
		s.run(time.Second)
		for range maxTracks {
			if err := s.Play(s.NewClip(nil, TrackOptions{})); err != nil {
				t.Fatalf("when the speaker plays again: %v", err)
			}
		}
	})
}

func TestTracksDoNotAllocateInFill(t *testing.T) {
	p := NewPlayer(NewNullSpeaker(), new(Counts))
	for range 4 {
		p.Play(p.NewClip(level(100*time.Second, 1), TrackOptions{Volume: 1, Ducked: 1}))
	}
	out := make([]float32, 960)
	p.Fill(out, 0)
	if n := testing.AllocsPerRun(100, func() { p.Fill(out, 0); p.Lost(960); p.Fill(out, 0) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestTheLevelIsThatOfWhatIsAudible(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newManualSpeaker()
		s.run(time.Second)
		if got := s.Level(); got != minLevel {
			t.Errorf("silence has the level %v", got)
		}
		s.playClip(level(time.Second, 100))
		s.run(500 * time.Millisecond)
		if got := s.Level(); got < -20.1 || got > -19.9 {
			t.Errorf("a constant of 0.1 has the level %v, want -20", got)
		}
		s.run(time.Second)
		if got := s.Level(); got != minLevel {
			t.Errorf("after the sound the level is %v", got)
		}
	})
}
