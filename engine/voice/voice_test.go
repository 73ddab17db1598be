package voice

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/engine/bus"
)

// A testVoice is a Voice with a simulated speaker, on the fake clock of the test. It records
// events.
type testVoice struct {
	*Voice
	mu     sync.Mutex
	events []string
	sent   []byte
}

func (r *testVoice) record(e bus.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e.Type {
	case bus.Speaking:
		r.events = append(r.events, fmt.Sprintf("Speaking{%d}", e.EventID))
	case bus.Spoken:
		r.events = append(r.events, fmt.Sprintf("Spoken{%d %s}", e.EventID, e.Text))
	case bus.Silent:
		r.events = append(r.events, fmt.Sprintf("Silent{%d %v}", e.EventID, e.Interrupted))
	case bus.Loudness:
		r.events = append(r.events, fmt.Sprintf("Level{%v %v %v}", e.Loudness, e.SpeakerLoudness, e.Voice))
	}
}

// listen returns a bus whose events r records. levels says whether r wants Loudness events.
func (r *testVoice) listen(levels bool) *bus.Bus {
	b := new(bus.Bus)
	b.Attach(bus.Receiver{
		Wants:   func(t bus.Type, _ string) bool { return levels || t != bus.Loudness },
		Receive: r.record,
	})
	return b
}

var wideband = Formats{Speaker: "pcm_16000", Microphone: "pcm_16000"}

func (r *testVoice) all() []string {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// with starts a Voice on a fake clock, begins a conversation, and calls test.
func with(t *testing.T, opts Options, test func(r *testVoice)) {
	synctest.Test(t, func(t *testing.T) {
		r := new(testVoice)
		if opts.Bus == nil {
			opts.Bus = r.listen(false)
		}
		r.Voice = New(opts)
		r.Start()
		defer r.Close()
		if err := r.Begin(wideband, false, r.send); err != nil {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
		test(r)
	})
}

func (r *testVoice) send(chunk []byte) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, chunk...)
	return 0
}

// say passes a piece of speech to Audio. id is its event id and d its length. text contains the
// words of the piece; each character takes 50 ms. An empty text means that there are no words.
func (r *testVoice) say(id int, d time.Duration, text string) {
	f := pcm.Format{Encoding: pcm.S16, Rate: 16000}
	var words *Words
	if text != "" {
		words = new(Words)
		for i, c := range strings.Split(text, "") {
			words.Chars = append(words.Chars, c)
			words.StartsMS = append(words.StartsMS, 50*i)
		}
	}
	r.Audio(id, f.AppendSilence(nil, f.Bytes(d)/2), words)
}

func TestAnInterruptionWithoutAnEventIDSilencesWhatHasArrived(t *testing.T) {
	for name, ids := range map[string][3]int{"numbered speech": {5, 5, 6}, "speech without event ids": {0, 0, 0}} {
		t.Run(name, func(t *testing.T) {
			with(t, Options{}, func(r *testVoice) {
				r.say(ids[0], time.Second, "")
				time.Sleep(200 * time.Millisecond)
				r.Interrupt(0)
				r.Interrupt(0)
				time.Sleep(200 * time.Millisecond)
				speaking, silent := fmt.Sprintf("Speaking{%d}", ids[0]), fmt.Sprintf("Silent{%d true}", ids[0])
				if got, want := r.all(), []string{speaking, silent}; !slices.Equal(got, want) {
					t.Errorf("after the interruption %q, want %q", got, want)
				}
				if ids[1] != 0 {
					r.say(ids[1], time.Second, "") // the rest of the interrupted response
				}
				r.say(ids[2], 500*time.Millisecond, "")
				time.Sleep(time.Second)
				if got := r.all()[2:]; len(got) != 2 || !strings.HasSuffix(got[1], " false}") || ids[2] != 0 && got[0] != "Speaking{6}" {
					t.Errorf("the next response: %q", got)
				}
			})
		})
	}
}

func TestSpokenEventsComeWhenTheWordsAreHeard(t *testing.T) {
	with(t, Options{}, func(r *testVoice) {
		r.say(1, 500*time.Millisecond, "good day ")
		r.say(1, 500*time.Millisecond, "to you")
		time.Sleep(50 * time.Millisecond)
		if got, want := r.all(), []string{"Speaking{1}"}; !slices.Equal(got, want) {
			t.Errorf("at first %q, want %q", got, want)
		}
		time.Sleep(300 * time.Millisecond)
		if got, want := r.all(), []string{"Speaking{1}", "Spoken{1 good }"}; !slices.Equal(got, want) {
			t.Errorf("after 350 ms %q, want %q", got, want)
		}
		time.Sleep(time.Second)
		want := []string{"Speaking{1}", "Spoken{1 good }", "Spoken{1 day }", "Spoken{1 to }", "Spoken{1 you}", "Silent{1 false}"}
		if got := r.all(); !slices.Equal(got, want) {
			t.Errorf("in the end\n%q, want\n%q", got, want)
		}
	})
}

func TestWordsThatWereNotHeardAreNotPublished(t *testing.T) {
	with(t, Options{}, func(r *testVoice) {
		r.say(1, time.Second, "one two three four")
		time.Sleep(300 * time.Millisecond)
		r.Interrupt(1)
		r.say(1, time.Second, "five six seven")
		time.Sleep(2 * time.Second)
		if got, want := r.all(), []string{"Speaking{1}", "Spoken{1 one }", "Silent{1 true}"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		r.say(2, 200*time.Millisecond, "eight")
		time.Sleep(time.Second)
		if got, want := r.all()[3:], []string{"Speaking{2}", "Spoken{2 eight}", "Silent{2 false}"}; !slices.Equal(got, want) {
			t.Errorf("then got %q, want %q", got, want)
		}
	})
}

func TestDrainWaitsUntilAllSpeechHasBeenHeard(t *testing.T) {
	with(t, Options{}, func(r *testVoice) {
		r.say(1, 3*time.Second, "")
		began := time.Now()
		r.Drain(context.Background())
		if took := time.Since(began); took < 2900*time.Millisecond || took > 3200*time.Millisecond {
			t.Errorf("3 s of speech took %v", took)
		}
		r.say(1, time.Minute, "")
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		r.Drain(ctx)
		r.hush()
		r.Drain(context.Background())
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("Drain after Hush took %v", took)
		}
	})
}

func TestTheAgentHearsSilenceWithoutAMicrophone(t *testing.T) {
	with(t, Options{Chunk: 100 * time.Millisecond}, func(r *testVoice) {
		time.Sleep(2 * time.Second)
		r.End()
		synctest.Wait()
		if got := len(r.sent); got < 16000*2*2*9/10 || got > 16000*2*2*11/10 {
			t.Errorf("%d bytes in 2 s", got)
		}
		r.sent = nil
		time.Sleep(time.Second)
		synctest.Wait()
		if len(r.sent) > 0 {
			t.Errorf("%d bytes after the end", len(r.sent))
		}
	})
}

func TestTheErrorNamesAnUnknownFormat(t *testing.T) {
	with(t, Options{}, func(r *testVoice) {
		for _, m := range []Formats{
			{Speaker: "opus_48000", Microphone: "pcm_16000"},
			{Speaker: "pcm_16000", Microphone: "opus_48000"},
		} {
			if err := r.Begin(m, false, r.send); err == nil || !strings.Contains(err.Error(), "opus_48000") {
				t.Errorf("got %v", err)
			}
		}
	})
}

func TestLoudnessIsPublishedOnlyWhenASubscriberWantsIt(t *testing.T) {
	for _, wanted := range []bool{false, true} {
		t.Run(fmt.Sprint(wanted), func(t *testing.T) {
			levels := new(testVoice)
			with(t, Options{Microphone: silentMicrophone{}, Bus: levels.listen(wanted)}, func(r *testVoice) {
				time.Sleep(time.Second)
				n := 0
				for _, event := range levels.all() {
					if strings.HasPrefix(event, "Level{-96 -96 ") {
						n++
					}
				}
				if wanted && (n < 9 || n > 11) || !wanted && n > 0 {
					t.Errorf("%d levels in a second", n)
				}
				r.Audio(1, slices.Repeat([]byte{0, 64}, 16000), nil) // a second with half of the maximum
				time.Sleep(500 * time.Millisecond)
				all := levels.all()
				if got := all[len(all)-1]; wanted && !strings.HasPrefix(got, "Level{-96 -6.02") {
					t.Errorf("while the speaker plays: %s", got)
				}
			})
		})
	}
}

// A silentMicrophone records silence.
type silentMicrophone struct{}

func (silentMicrophone) String() string { return "quiet" }
func (silentMicrophone) Record(ctx context.Context, sink audio.Sink) error {
	sound := make([]float32, audio.Samples(20*time.Millisecond))
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		select {
		case <-tick.C:
			sink.Take(sound, 0)
		case <-ctx.Done():
			tick.Stop()
			return nil
		}
	}
}

func TestDrainReturnsAfterTheSilentEvent(t *testing.T) {
	with(t, Options{}, func(r *testVoice) {
		r.say(1, 510*time.Millisecond, "good bye")
		r.Drain(context.Background())
		if got, want := r.all(), []string{"Speaking{1}", "Spoken{1 good }", "Spoken{1 bye}", "Silent{1 false}"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
