package voice

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/audio"
)

func TestAnInterruptionOfAnEarlierResponseDoesNotCutTheCurrentOne(t *testing.T) {
	with(t, Options{}, func(r *testVoice) {
		r.say(1, 200*time.Millisecond, "one ")
		r.say(2, 500*time.Millisecond, "two ")
		time.Sleep(300 * time.Millisecond)
		r.Interrupt(1)
		time.Sleep(time.Second)
		want := []string{"Speaking{1}", "Spoken{1 one }", "Speaking{2}", "Spoken{2 two }", "Silent{2 false}"}
		if got := r.all(); !slices.Equal(got, want) {
			t.Errorf("got\n%q, want\n%q", got, want)
		}
	})
}

func TestAResponseOfTheNextConversationMayHaveTheSameID(t *testing.T) {
	with(t, Options{}, func(r *testVoice) {
		r.say(1, time.Second, "one ")
		time.Sleep(500 * time.Millisecond)
		r.Begin(wideband, false, r.send)
		r.say(1, 300*time.Millisecond, "two ")
		time.Sleep(time.Second)
		want := []string{"Speaking{1}", "Spoken{1 one }", "Silent{1 true}", "Speaking{1}", "Spoken{1 two }", "Silent{1 false}"}
		if got := r.all(); !slices.Equal(got, want) {
			t.Errorf("got\n%q, want\n%q", got, want)
		}
	})
}

func TestSpeechInAnUnknownFormatIsNotPlayed(t *testing.T) {
	with(t, Options{}, func(r *testVoice) {
		if r.Begin(Formats{Speaker: "opus_48000", Microphone: "pcm_16000"}, false, r.send) == nil {
			t.Fatal("the format is known")
		}
		r.say(1, 300*time.Millisecond, "")
		time.Sleep(time.Second)
		if got := r.all(); len(got) > 0 {
			t.Errorf("got %q, want nothing", got)
		}
	})
}

func TestTheNumberOfWordsInTheBufferIsLimited(t *testing.T) {
	with(t, Options{}, func(r *testVoice) {
		for range 200 {
			r.say(1, 20*time.Millisecond, strings.Repeat("a", 1000))
		}
		kept := func() (letters, pieces int) {
			synctest.Wait()
			r.Voice.mu.Lock()
			defer r.Voice.mu.Unlock()
			return r.characters, len(r.words)
		}
		if letters, pieces := kept(); letters > maxCharacters || pieces > 66 {
			t.Errorf("%d characters are kept, in %d pieces", letters, pieces)
		}
		time.Sleep(10 * time.Second)
		if letters, pieces := kept(); letters != 0 || pieces != 0 {
			t.Errorf("in the end %d characters are kept, in %d pieces", letters, pieces)
		}
	})
}

// recordCounter is a log handler that counts the log records.
type recordCounter struct {
	slog.Handler
	n int
}

func (*recordCounter) Enabled(context.Context, slog.Level) bool    { return true }
func (l *recordCounter) Handle(context.Context, slog.Record) error { l.n++; return nil }

func TestAFullSpeechBufferIsLoggedOnce(t *testing.T) {
	var log recordCounter
	with(t, Options{Log: slog.New(&log)}, func(r *testVoice) {
		for range 6 {
			r.say(1, 30*time.Second, "")
		}
		if log.n != 1 {
			t.Errorf("%d lines were logged", log.n)
		}
	})
}

// A recordingSpeaker is a speaker that records everything it plays.
type recordingSpeaker struct{ sound []float32 }

func (*recordingSpeaker) String() string { return "tape" }
func (*recordingSpeaker) Flush()         {}
func (s *recordingSpeaker) Play(ctx context.Context, source audio.Source) error {
	piece := make([]float32, audio.Samples(10*time.Millisecond))
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			source.Fill(piece, 0)
			s.sound = append(s.sound, piece...)
		case <-ctx.Done():
			return nil
		}
	}
}

func TestCloseFadesOutClips(t *testing.T) {
	speaker := new(recordingSpeaker)
	with(t, Options{Speaker: speaker}, func(r *testVoice) {
		r.Play(r.player.NewClip(slices.Repeat([]float32{0.5}, audio.Rate), audio.TrackOptions{Volume: 1}))
		time.Sleep(100 * time.Millisecond)
	})
	if last := speaker.sound[len(speaker.sound)-1]; last != 0 {
		t.Errorf("the last sample is %v, which is audible as a click", last)
	}
}

// A stuckDevice is a speaker and microphone that does not stop when its context is cancelled, but
// only when free is closed.
type stuckDevice struct{ free chan struct{} }

func (stuckDevice) String() string { return "mule" }
func (stuckDevice) Flush()         {}
func (m stuckDevice) Play(_ context.Context, source audio.Source) error {
	source.Fill(make([]float32, 480), 0)
	<-m.free
	source.Fill(make([]float32, 480), 0)
	return nil
}
func (m stuckDevice) Record(_ context.Context, sink audio.Sink) error {
	<-m.free
	sink.Take(make([]float32, 480), 0)
	return nil
}

func TestAStuckDeviceDelaysNeitherDrainNorClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := stuckDevice{make(chan struct{})}
		r := new(testVoice)
		r.Voice = New(Options{Speaker: m, Microphone: m, Bus: r.listen(false)})
		r.Start()
		r.Begin(wideband, false, r.send)
		r.say(1, time.Second, "")
		began := time.Now()
		r.Drain(context.Background())
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("a second of speech took %v", took)
		}
		began = time.Now()
		r.Close()
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("Close took %v", took)
		}
		close(m.free)
	})
}
