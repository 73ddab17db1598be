package voice

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/audio"
	"moonlark/engine/bus"
)

// A toneMicrophone records a tone while on is set, and otherwise a faint noise.
type toneMicrophone struct{ on atomic.Bool }

func (*toneMicrophone) String() string { return "tone" }

func (m *toneMicrophone) Record(ctx context.Context, sink audio.Sink) error {
	sound, n := make([]float32, audio.Samples(20*time.Millisecond)), 0
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		select {
		case <-tick.C:
			for i := range sound {
				sound[i] = float32(math.Sin(float64(n)*440*2*math.Pi/audio.Rate)) * 0.0003
				if m.on.Load() {
					sound[i] *= 1000
				}
				n++
			}
			sink.Take(sound, 0)
		case <-ctx.Done():
			tick.Stop()
			return nil
		}
	}
}

func TestTheEndOfTheUsersSpeechIsPublishedWithItsTime(t *testing.T) {
	var b bus.Bus
	var got []bus.Event
	b.Attach(bus.Receiver{
		Wants:   func(t bus.Type, _ string) bool { return t == bus.Hearing },
		Receive: func(e bus.Event) { got = append(got, e) },
	})
	m := new(toneMicrophone)
	with(t, Options{Bus: &b, Microphone: m}, func(r *testVoice) {
		time.Sleep(3 * time.Second)
		m.on.Store(true)
		began := time.Now()
		time.Sleep(2 * time.Second)
		m.on.Store(false)
		ended := time.Now()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if len(got) != 2 || !*got[0].On || *got[1].On {
			t.Fatalf("got %+v", got)
		}
		for i, want := range []time.Time{began, ended} {
			at := got[i].Time.Add(-time.Duration(got[i].Seconds * float64(time.Second)))
			if off := at.Sub(want); off < -150*time.Millisecond || off > 150*time.Millisecond || got[i].Source != "microphone" {
				t.Errorf("event %d: off by %v: %+v", i, off, got[i])
			}
		}
		m.on.Store(true)
		time.Sleep(time.Second)
		r.SetListening(false)
		time.Sleep(time.Second)
		if synctest.Wait(); len(got) != 4 || *got[3].On {
			t.Errorf("after the agent does not hear the microphone any more: %+v", got[2:])
		}
		r.SetListening(true)
		time.Sleep(time.Second)
		r.End()
		time.Sleep(time.Second)
		if synctest.Wait(); len(got) != 6 || *got[5].On {
			t.Errorf("after the conversation: %+v", got[4:])
		}
	})
}

// The agent may send its first score while the microphone has noticed that the user speaks.
func TestTheFirstScoreEndsSpeechThatTheMicrophoneHasNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bus.Bus
		var got []string
		b.Attach(bus.Receiver{
			Wants:   func(t bus.Type, _ string) bool { return t == bus.Hearing },
			Receive: func(e bus.Event) { got = append(got, fmt.Sprintf("%v %s %.1f", *e.On, e.Source, e.Seconds)) },
		})
		var h hearing
		for range 2 { // what is left of the first conversation has no effect on the second one
			got = nil
			h.begin()
			h.noteMicrophone(&b, true, 0)
			for range 5 {
				h.noteScore(&b, 0.1)
				time.Sleep(100 * time.Millisecond)
			}
			h.end(&b)
			h.noteScore(&b, 0.9) // late
			time.Sleep(time.Hour)
			if want := []string{"true microphone 0.0", "false agent 0.3"}; !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	})
}

func TestTheScoresOfTheAgentReplaceTheMicrophone(t *testing.T) {
	var b bus.Bus
	var got []string
	b.Attach(bus.Receiver{
		Wants:   func(t bus.Type, _ string) bool { return t == bus.Hearing },
		Receive: func(e bus.Event) { got = append(got, fmt.Sprintf("%v %s %.1f", *e.On, e.Source, e.Seconds)) },
	})
	m := new(toneMicrophone)
	with(t, Options{Bus: &b, Microphone: m}, func(r *testVoice) {
		r.NoteScore(0.1)
		m.on.Store(true)
		time.Sleep(time.Second)
		for _, score := range []float64{0.9, 0.8, 0.2, 0.7, 0.2, 0.1, 0.1, 0.1, 0.1} {
			r.NoteScore(score)
			time.Sleep(100 * time.Millisecond)
		}
		r.NoteScore(0.9)
		r.End()
		synctest.Wait()
		want := []string{"true agent 0.0", "false agent 0.3", "true agent 0.0", "false agent 0.0"}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		got = nil
		if err := r.Begin(wideband, false, r.send); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if synctest.Wait(); len(got) == 0 || got[0][:15] != "true microphone" {
			t.Errorf("in a conversation without scores: %q", got)
		}
	})
}
