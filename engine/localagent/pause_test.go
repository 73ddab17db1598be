package localagent

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/engine/convai"
	"moonlark/engine/localagent/brain"
	"moonlark/engine/speech"
)

// A heardSpeech collects what a client plays: the sound of the audio events, without what it drops
// at an interruption. It plays each packet after the previous one, like the clients of ElevenLabs.
type heardSpeech struct {
	c      *client
	format pcm.Format

	wire    []byte    // all sound that was played
	queued  []byte    // sound that was received and is not played yet
	began   time.Time // time at which queued began to be played
	chars   string    // characters in the alignments
	dropped int       // event id up to which sound is dropped

	texts         []string
	interruptions int
	corrections   []string
	complete      int // number of agent_response_complete events
}

// read handles the messages that have arrived.
func (h *heardSpeech) read() {
	h.c.t.Helper()
	synctest.Wait()
	for len(h.c.frames) > 0 {
		switch m := h.c.next().(type) {
		case *convai.Audio:
			if m.EventID <= h.dropped {
				h.c.t.Errorf("sound of event %d after the interruption of %d", m.EventID, h.dropped)
			}
			h.play()
			h.queued = append(h.queued, m.Sound...)
			if m.Alignment != nil {
				h.chars += strings.Join(m.Alignment.Chars, "")
			}
		case *convai.Interruption:
			h.play()
			h.queued = nil
			h.dropped = m.EventID
			h.interruptions++
		case *convai.AgentResponse:
			h.texts = append(h.texts, m.Text)
		case *convai.AgentResponseCorrection:
			h.corrections = append(h.corrections, m.Corrected)
		case *convai.AgentResponseComplete:
			h.complete++
		}
	}
}

// play moves the sound that has been played by now from queued to wire.
func (h *heardSpeech) play() {
	now := time.Now()
	if len(h.queued) > 0 {
		n := min(h.format.Bytes(now.Sub(h.began)), len(h.queued))
		h.wire, h.queued = append(h.wire, h.queued[:n]...), h.queued[n:]
	}
	h.began = now
}

// playFor reads messages and plays sound for the time d.
func (h *heardSpeech) playFor(d time.Duration) {
	h.c.t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); {
		h.read()
		time.Sleep(10 * time.Millisecond)
	}
	h.read()
	h.play()
}

// duration returns how much sound was played.
func (h *heardSpeech) duration() time.Duration { return h.format.Duration(len(h.wire)) }

// speak sends sound of the microphone in real time, while the client plays.
func (h *heardSpeech) speak(sound ...[]float32) {
	h.c.t.Helper()
	for _, frame := range soundFrames(h.format, sound...) {
		h.c.sendFrame(frame)
		h.playFor(20 * time.Millisecond)
	}
}

// counter returns a slowBrain that answers "count" with a long text, all at once.
func counter() *slowBrain {
	return &slowBrain{answer: func(_ context.Context, turn brain.Turn, text string) {
		if text == "count" {
			turn.Say(longText)
		} else {
			turn.Say("All right.")
		}
		turn.End(nil)
	}}
}

// longText takes toneVoice 7.6 s.
const longText = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"

func TestAgentGoesOnAfterAnInterruptionWithoutWords(t *testing.T) {
	formats := pcm.Formats()
	if testing.Short() {
		formats = []pcm.Format{defaultFormat, {Encoding: pcm.ULaw, Rate: 8000}}
	}
	for _, format := range formats {
		t.Run(format.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := counter()
				c := openSilent(t, startAgent(t, Options{
					Brain: b, TTS: toneVoice, STT: fakeSTT(nil, "[laughter]", "♪♪"), AgentFormat: format, UserFormat: format,
				}))
				h := &heardSpeech{c: c, format: format}
				c.say("count")
				h.speak(silence(time.Second))
				for want := 1; want <= 2; want++ { // the answer is interrupted twice
					h.speak(voice(800 * time.Millisecond))
					if h.interruptions != want {
						t.Fatalf("%d interruptions while the user speaks, want %d", h.interruptions, want)
					}
					before := h.duration()
					h.speak(silence(300 * time.Millisecond))
					if got := h.duration(); got != before {
						t.Errorf("the agent spoke for %v while the user spoke", got-before)
					}
					h.speak(silence(1500 * time.Millisecond))
				}
				h.playFor(10 * time.Second)
				if len(h.texts) != 1 || h.texts[0] != longText || len(h.corrections) > 0 || h.complete == 0 {
					t.Errorf("got the texts %q and the corrections %q", h.texts, h.corrections)
				}
				if got := b.interruptions(); got != "" {
					t.Errorf("the brain was told %s", got)
				}
				// after each interruption the agent repeats up to maxRepeat
				whole := time.Duration(len(longText)) * charTone
				if got := h.duration(); got < whole || got > whole+2*maxRepeat {
					t.Errorf("heard %v of sound, want %v and a little more", got, whole)
				}
				if !strings.HasSuffix(h.chars, longText[len(longText)-20:]) {
					t.Errorf("the last characters are %q", h.chars)
				}
				c.say("thanks")
				if got := c.awaitResponse(); got != "All right." {
					t.Errorf("the next response is %q", got)
				}
			})
		})
	}
}

// The sound that is sent after the interruption continues the sound that was heard. The agent may
// repeat some of the sound, but nothing is missing.
func TestNothingIsMissingAfterAnInterruptionWithoutWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const length = 4 * time.Second
		n := 0
		rising := func(_ context.Context, _ speech.Utterance, play func([]float32) error) error {
			for n < audio.Samples(length) {
				sound := make([]float32, audio.Samples(100*time.Millisecond))
				for i := range sound {
					sound[i] = float32(n) / float32(audio.Samples(length))
					n++
				}
				if err := play(sound); err != nil {
					return err
				}
			}
			return nil
		}
		c := openSilent(t, startAgent(t, Options{Brain: counter(), TTS: rising, STT: fakeSTT(nil)}))
		h := &heardSpeech{c: c, format: defaultFormat}
		c.say("count")
		h.speak(silence(500*time.Millisecond), voice(700*time.Millisecond), silence(1500*time.Millisecond))
		h.playFor(6 * time.Second)
		if h.interruptions != 1 {
			t.Fatalf("%d interruptions", h.interruptions)
		}
		samples := pcm.NewDecoder(defaultFormat).Append(nil, h.wire)
		highest := float32(0)
		for i, x := range samples {
			if x > highest+0.0005 && x < 0.99 { // 0.0005 is 2 ms
				t.Fatalf("sample %d is %v after %v: sound is missing", i, x, highest)
			}
			highest = max(highest, x)
		}
		if highest < 0.99 {
			t.Errorf("the sound ends at %v", highest)
		}
		repeated := defaultFormat.Duration(len(h.wire)) - length
		if repeated < playbackDelay || repeated > maxRepeat+20*time.Millisecond {
			t.Errorf("%v of sound are repeated", repeated)
		}
	})
}

func TestWordsInterruptTheAgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := counter()
		c := openSilent(t, startAgent(t, Options{Brain: b, TTS: toneVoice, STT: fakeSTT(nil, "stop it")}))
		h := &heardSpeech{c: c, format: defaultFormat}
		c.say("count")
		h.speak(silence(time.Second), voice(800*time.Millisecond))
		if h.interruptions != 1 || len(h.corrections) > 0 || b.interruptions() != "" {
			t.Errorf("before the words are known: %d interruptions, corrections %q, the brain was told %q", h.interruptions, h.corrections, b.interruptions())
		}
		h.speak(silence(time.Second))
		heard := int(h.duration() / charTone)
		h.playFor(3 * time.Second)
		if want := []string{longText, "All right."}; !slices.Equal(h.texts, want) {
			t.Errorf("got %q, want %q", h.texts, want)
		}
		if len(h.corrections) != 1 || !strings.HasPrefix(longText, h.corrections[0]) || len(h.corrections[0]) > heard || len(h.corrections[0]) < 10 {
			t.Errorf("got the corrections %q; %d characters were played", h.corrections, heard)
		}
		if got := b.interruptions(); !strings.HasPrefix(got, `"`+h.corrections[0]+`" of `) {
			t.Errorf("the brain was told %s", got)
		}
		if h.interruptions != 1 {
			t.Errorf("%d interruptions", h.interruptions)
		}
	})
}

// The user interrupts the agent without words first, and then with words. The part that was heard
// includes what was heard before the first interruption.
func TestWordsInterruptAResumedResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := counter()
		c := openSilent(t, startAgent(t, Options{Brain: b, TTS: toneVoice, STT: fakeSTT(nil, "", "enough")}))
		h := &heardSpeech{c: c, format: defaultFormat}
		c.say("count")
		h.speak(silence(time.Second), voice(700*time.Millisecond), silence(3*time.Second), voice(700*time.Millisecond), silence(time.Second))
		h.playFor(time.Second)
		if len(h.corrections) != 1 || !strings.HasPrefix(longText, h.corrections[0]) {
			t.Fatalf("got the corrections %q", h.corrections)
		}
		heard := time.Duration(len(h.corrections[0])) * charTone
		if heard < 2*time.Second || heard > 4*time.Second {
			t.Errorf("the part that was heard takes %v: %q", heard, h.corrections[0])
		}
		if got := b.interruptions(); strings.Count(got, "of") != 1 {
			t.Errorf("the brain was told %s", got)
		}
	})
}

func TestAnswerThatIsStillBeingMadeGoesOnAfterAnInterruptionWithoutWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &slowBrain{answer: func(ctx context.Context, turn brain.Turn, _ string) {
			turn.Say("Bread needs flour and water and salt. ")
			select {
			case <-ctx.Done():
				turn.Say("too late")
			case <-time.After(2 * time.Second):
				turn.Say("It also needs time.")
			}
			turn.End(nil)
		}}
		c := openSilent(t, startAgent(t, Options{Brain: b, TTS: toneVoice, STT: fakeSTT(nil, "(coughs)")}))
		h := &heardSpeech{c: c, format: defaultFormat}
		c.say("bread")
		h.speak(silence(500*time.Millisecond), voice(700*time.Millisecond), silence(2*time.Second))
		h.playFor(5 * time.Second)
		const want = "Bread needs flour and water and salt. It also needs time."
		if len(h.texts) != 1 || h.texts[0] != want || len(h.corrections) > 0 || h.interruptions != 1 || h.complete != 1 {
			t.Errorf("got %q, corrections %q, %d interruptions, %d complete", h.texts, h.corrections, h.interruptions, h.complete)
		}
		if got := b.interruptions(); got != "" {
			t.Errorf("the brain was told %s", got)
		}
		if whole := time.Duration(len(want)) * charTone; h.duration() < whole || h.duration() > whole+maxRepeat {
			t.Errorf("heard %v of sound, want %v", h.duration(), whole)
		}
	})
}

func TestWordsInterruptAnAnswerThatIsStillBeingMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &slowBrain{answer: func(ctx context.Context, turn brain.Turn, text string) {
			if text != "bread" {
				turn.Say("All right.")
				turn.End(nil)
				return
			}
			turn.Say("Bread needs flour and water and salt. ")
			<-ctx.Done()
			turn.End(nil)
		}}
		c := openSilent(t, startAgent(t, Options{Brain: b, TTS: toneVoice, STT: fakeSTT(nil, "no bread")}))
		h := &heardSpeech{c: c, format: defaultFormat}
		c.say("bread")
		h.speak(silence(500*time.Millisecond), voice(700*time.Millisecond), silence(time.Second))
		h.playFor(2 * time.Second)
		if want := []string{"Bread needs flour and water and salt. ", "All right."}; !slices.Equal(h.texts, want) {
			t.Errorf("got %q, want %q", h.texts, want)
		}
		if len(h.corrections) != 1 || h.corrections[0] != "Bread needs" && h.corrections[0] != "Bread" {
			t.Errorf("got the corrections %q", h.corrections)
		}
	})
}

// farewell is the answer function of a slowBrain that says a long text and hangs up after a second.
func farewell(ctx context.Context, turn brain.Turn, text string) {
	if text == "wait" {
		turn.Say("I am still here.")
		turn.End(nil)
		return
	}
	turn.Say("It was a pleasure to talk to you. ")
	time.Sleep(1200 * time.Millisecond)
	turn.Say("Goodbye!")
	turn.HangUp()
	turn.End(nil)
}

func TestFarewellIsSpokenToTheEndAfterAnInterruptionWithoutWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openSilent(t, startAgent(t, Options{Brain: &slowBrain{answer: farewell}, TTS: toneVoice, STT: fakeSTT(nil)}))
		h := &heardSpeech{c: c, format: defaultFormat}
		c.say("bye")
		// the brain decides to hang up while the agent is silent
		h.speak(silence(300*time.Millisecond), voice(700*time.Millisecond), silence(1200*time.Millisecond))
		for _, m := range h.texts {
			if m != "It was a pleasure to talk to you. Goodbye!" {
				t.Errorf("got %q", m)
			}
		}
		await[*convai.AgentToolResponse](c)
		c.awaitClose(1000, "")
	})
}

func TestWordsDuringAFarewellKeepTheConversationGoing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openSilent(t, startAgent(t, Options{Brain: &slowBrain{answer: farewell}, TTS: toneVoice, STT: fakeSTT(nil, "wait", "bye")}))
		h := &heardSpeech{c: c, format: defaultFormat}
		c.say("bye")
		h.speak(silence(300*time.Millisecond), voice(700*time.Millisecond), silence(1200*time.Millisecond))
		h.playFor(3 * time.Second)
		if len(h.texts) != 2 || h.texts[1] != "I am still here." {
			t.Errorf("got %q", h.texts)
		}
		// the next farewell is not interrupted
		c.say("bye")
		await[*convai.AgentToolResponse](c)
		c.awaitClose(1000, "")
	})
}

func TestVoiceDoesNotInterruptAFarewell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openSilent(t, startAgent(t, Options{TTS: toneVoice, STT: fakeSTT(nil, "one more thing")}))
		c.say("goodbye")
		await[*convai.Audio](c)
		c.sendSound(defaultFormat, silence(500*time.Millisecond), voice(time.Second), silence(time.Second))
		for {
			switch m := c.next().(type) {
			case *convai.Interruption, *convai.UserTranscript:
				t.Fatalf("got %+v", m)
			case *convai.AgentToolResponse:
				c.awaitClose(1000, "")
				return
			}
		}
	})
}

func TestInterjectionDoesNotInterruptTheAgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := counter()
		c := openSilent(t, startAgent(t, Options{Brain: b, TTS: toneVoice, STT: fakeSTT(nil, "Mm-hmm.", "Mm-hmm.")}))
		h := &heardSpeech{c: c, format: defaultFormat}
		c.say("count")
		h.speak(silence(500*time.Millisecond), voice(700*time.Millisecond), silence(time.Second))
		h.playFor(10 * time.Second)
		if len(h.texts) != 1 || b.interruptions() != "" {
			t.Errorf("got %q, and the brain was told %q", h.texts, b.interruptions())
		}
		// while the agent is silent, the same sound is an answer
		c.sendSound(defaultFormat, silence(500*time.Millisecond), voice(700*time.Millisecond), silence(time.Second))
		if got := await[*convai.UserTranscript](c); got.Text != "Mm-hmm." {
			t.Errorf("got %+v", got)
		}
	})
}

func TestTypedMessageInterruptsAPausedResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := counter()
		c := openSilent(t, startAgent(t, Options{Brain: b, TTS: toneVoice, STT: fakeSTT(nil)}))
		h := &heardSpeech{c: c, format: defaultFormat}
		c.say("count")
		h.speak(silence(500*time.Millisecond), voice(700*time.Millisecond))
		c.say("thanks")
		h.speak(silence(2 * time.Second))
		if want := []string{longText, "All right."}; !slices.Equal(h.texts, want) || len(h.corrections) != 1 || h.interruptions != 1 {
			t.Errorf("got %q, corrections %q, %d interruptions", h.texts, h.corrections, h.interruptions)
		}
	})
}

// The recognition fails or hangs while the agent is paused. The agent does not stay silent for
// ever.
func TestAgentGoesOnAfterAFailedRecognition(t *testing.T) {
	for _, row := range []struct {
		why string
		stt func(context.Context, speech.Request, []float32) (string, error)
	}{
		{"an error", fakeSTT(nil, "?")},
		{"no result", func(ctx context.Context, _ speech.Request, _ []float32) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		}},
	} {
		t.Run(row.why, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := openSilent(t, startAgent(t, Options{Brain: counter(), TTS: toneVoice, STT: row.stt}))
				h := &heardSpeech{c: c, format: defaultFormat}
				c.say("count")
				h.speak(silence(500*time.Millisecond), voice(700*time.Millisecond), silence(time.Second))
				h.playFor(maxHold + 10*time.Second)
				if whole := time.Duration(len(longText)) * charTone; h.duration() < whole || h.interruptions != 1 || len(h.corrections) > 0 {
					t.Errorf("heard %v of %v, %d interruptions, corrections %q", h.duration(), whole, h.interruptions, h.corrections)
				}
			})
		})
	}
}

// The user laughs and is silent at random times, while the agent speaks an answer that the
// brain and the voice make at random speeds. In the end the user has heard all of the answer.
func TestAnswerIsCompleteAfterRandomInterruptionsWithoutWords(t *testing.T) {
	seeds := uint64(8)
	if testing.Short() {
		seeds = 2
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 9))
			random := func(most time.Duration) time.Duration { return time.Duration(rng.Int64N(int64(most))) }
			var delays, gaps []time.Duration
			for range 20 {
				delays, gaps = append(delays, random(400*time.Millisecond)), append(gaps, random(900*time.Millisecond))
			}
			spoken := 0 // number of samples that the voice has made
			voiceOfAgent := func(_ context.Context, u speech.Utterance, play func([]float32) error) error {
				for range len(u.Text) {
					time.Sleep(delays[spoken%len(delays)] / 10)
					sound := make([]float32, audio.Samples(charTone))
					for i := range sound {
						sound[i] = float32(spoken) / float32(audio.Samples(20*time.Second))
						spoken++
					}
					if err := play(sound); err != nil {
						return err
					}
				}
				return nil
			}
			b := &slowBrain{answer: func(_ context.Context, turn brain.Turn, _ string) {
				for i := range 6 {
					turn.Say("This sentence has a few words. ")
					time.Sleep(gaps[i])
				}
				turn.End(nil)
			}}
			c := openSilent(t, startAgent(t, Options{Brain: b, TTS: voiceOfAgent, STT: fakeSTT(nil), Patience: Patience(seed % 3)}))
			h := &heardSpeech{c: c, format: defaultFormat}
			c.say("talk")
			for range 6 {
				h.speak(silence(random(1500*time.Millisecond)), voice(random(1200*time.Millisecond)))
			}
			h.speak(silence(2 * time.Second))
			h.playFor(20 * time.Second)
			highest := float32(0)
			samples := pcm.NewDecoder(defaultFormat).Append(nil, h.wire)
			const end = 100 // the resampler changes the last samples a little
			for i, x := range samples[:len(samples)-end] {
				if x > highest+0.0005 { // 10 ms
					t.Fatalf("seed %d: sample %d is %v after %v: sound is missing", seed, i, x, highest)
				}
				highest = max(highest, x)
			}
			whole := float32(spoken) / float32(audio.Samples(20*time.Second))
			if highest < whole-0.005 || b.interruptions() != "" || len(h.texts) != 1 || h.complete == 0 {
				t.Errorf("seed %d: heard %v of %v, %d interruptions, texts %q, the brain was told %q", seed, highest, whole, h.interruptions, h.texts, b.interruptions())
			}
			if h.interruptions == 0 {
				t.Logf("seed %d: no interruption", seed)
			}
		})
	}
}
