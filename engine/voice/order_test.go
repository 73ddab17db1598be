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
	"moonlark/engine/convai"
)

func TestAnInterruptionOfAnEarlierResponseTakesNothingFromTheOneThatIsHeard(t *testing.T) {
	with(t, Options{}, func(r *room) {
		r.Audio(say(1, 200*time.Millisecond, "one "))
		r.Audio(say(2, 500*time.Millisecond, "two "))
		time.Sleep(300 * time.Millisecond)
		r.Interrupt(1)
		time.Sleep(time.Second)
		want := []string{"Speaking{1}", "Spoken{1 one }", "Speaking{2}", "Spoken{2 two }", "Silent{2 false}"}
		if got := r.all(); !slices.Equal(got, want) {
			t.Errorf("told\n%q, want\n%q", got, want)
		}
	})
}

func TestTheFirstResponseOfTheNextConversationIsToldThoughItsIDIsTheSame(t *testing.T) {
	with(t, Options{}, func(r *room) {
		r.Audio(say(1, time.Second, "one "))
		time.Sleep(500 * time.Millisecond)
		r.Begin(convai.ConversationInitiationMetadata{AgentOutputAudioFormat: "pcm_16000", UserInputAudioFormat: "pcm_16000"}, false, r.send)
		r.Audio(say(1, 300*time.Millisecond, "two "))
		time.Sleep(time.Second)
		want := []string{"Speaking{1}", "Spoken{1 one }", "Silent{1 true}", "Speaking{1}", "Spoken{1 two }", "Silent{1 false}"}
		if got := r.all(); !slices.Equal(got, want) {
			t.Errorf("told\n%q, want\n%q", got, want)
		}
	})
}

func TestSpeechInAFormatThatIsNotKnownIsNotPlayedAsNoise(t *testing.T) {
	with(t, Options{}, func(r *room) {
		if r.Begin(convai.ConversationInitiationMetadata{AgentOutputAudioFormat: "opus_48000", UserInputAudioFormat: "pcm_16000"}, false, r.send) == nil {
			t.Fatal("the format is known")
		}
		r.Audio(say(1, 300*time.Millisecond, ""))
		time.Sleep(time.Second)
		if got := r.all(); len(got) > 0 {
			t.Errorf("told %q, want nothing", got)
		}
	})
}

func TestWordsThatWaitAreBounded(t *testing.T) {
	with(t, Options{}, func(r *room) {
		for range 200 {
			r.Audio(say(1, 20*time.Millisecond, strings.Repeat("a", 1000)))
		}
		kept := func() (letters, pieces int) {
			synctest.Wait()
			r.Voice.mu.Lock()
			defer r.Voice.mu.Unlock()
			return r.letters, len(r.words)
		}
		if letters, pieces := kept(); letters > mostLetters || pieces > 66 {
			t.Errorf("%d characters are kept, in %d pieces", letters, pieces)
		}
		time.Sleep(10 * time.Second)
		if letters, pieces := kept(); letters != 0 || pieces != 0 {
			t.Errorf("in the end %d characters are kept, in %d pieces", letters, pieces)
		}
	})
}

// lines counts what is logged.
type lines struct {
	slog.Handler
	n int
}

func (*lines) Enabled(context.Context, slog.Level) bool    { return true }
func (l *lines) Handle(context.Context, slog.Record) error { l.n++; return nil }

func TestThatTooMuchSpeechWaitsIsLoggedOnce(t *testing.T) {
	var log lines
	with(t, Options{Log: slog.New(&log)}, func(r *room) {
		for range 6 {
			r.Audio(say(1, 30*time.Second, ""))
		}
		if log.n != 1 {
			t.Errorf("%d lines were logged", log.n)
		}
	})
}

// A tape is a speaker of which all that was heard can be looked at.
type tape struct{ sound []float32 }

func (*tape) String() string { return "tape" }
func (*tape) Flush()         {}
func (s *tape) Play(ctx context.Context, source audio.Source) error {
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

func TestCloseFadesShortSoundsOutToo(t *testing.T) {
	speaker := new(tape)
	with(t, Options{Speaker: speaker}, func(r *room) {
		r.Play(slices.Repeat([]float32{0.5}, audio.Rate))
		time.Sleep(100 * time.Millisecond)
	})
	if last := speaker.sound[len(speaker.sound)-1]; last != 0 {
		t.Errorf("it ends with %v: that is a pop", last)
	}
}

// A mule is a device that does not end when it is told to.
type mule struct{ free chan struct{} }

func (mule) String() string { return "mule" }
func (mule) Flush()         {}
func (m mule) Play(_ context.Context, source audio.Source) error {
	source.Fill(make([]float32, 480), 0)
	<-m.free
	source.Fill(make([]float32, 480), 0)
	return nil
}
func (m mule) Record(_ context.Context, sink audio.Sink) error {
	<-m.free
	sink.Take(make([]float32, 480), 0)
	return nil
}

func TestADeviceThatIsStuckHoldsUpNeitherSpeechNorClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := mule{make(chan struct{})}
		r := new(room)
		r.Voice = New(Options{Speaker: m, Microphone: m, Notify: r.note})
		r.Start()
		r.Begin(convai.ConversationInitiationMetadata{AgentOutputAudioFormat: "pcm_16000", UserInputAudioFormat: "pcm_16000"}, false, r.send)
		r.Audio(say(1, time.Second, ""))
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
