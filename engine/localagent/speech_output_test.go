package localagent

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/engine/convai"
	"moonlark/engine/speech"
)

type ttsFunc = func(ctx context.Context, u speech.Utterance, play func([]float32) error) error

// charTone is how long toneVoice takes to speak one character.
const charTone = 60 * time.Millisecond

// toneVoice is a TTS that plays a tone for each character, at -9 dBFS.
func toneVoice(ctx context.Context, u speech.Utterance, play func([]float32) error) error {
	n := audio.Samples(charTone)
	tone := make([]float32, n)
	for i := range u.Text {
		for j := range tone {
			tone[j] = float32(math.Sin(2*math.Pi*440*float64(i*n+j)/audio.Rate)) / 2
		}
		if err := play(tone); err != nil {
			return err
		}
	}
	return nil
}

// A spokenResponse is everything that the client received for one spoken response.
type spokenResponse struct {
	text      string
	wire      []byte
	chars     string // the characters in the alignments of all audio events
	lastCount int    // number of audio events that were marked as the last one
	events    int    // number of all audio events
}

// awaitSpeech reads the messages of one response, until the agent reports that it is complete.
func (c *client) awaitSpeech() spokenResponse {
	c.t.Helper()
	var r spokenResponse
	id := 0
	for {
		switch m := c.next().(type) {
		case *convai.AgentResponse:
			r.text, id = m.Text, m.EventID
		case *convai.Audio:
			if m.EventID != id || r.lastCount > 0 {
				c.t.Errorf("audio event of response %d after the text of response %d and %d last events", m.EventID, id, r.lastCount)
			}
			r.events++
			r.wire = append(r.wire, m.Sound...)
			if m.IsFinal {
				r.lastCount++
			}
			if a := m.Alignment; a != nil {
				if len(a.Chars) != len(a.StartsMS) || len(a.Chars) != len(a.DurationsMS) {
					c.t.Errorf("alignment with %d characters, %d starts and %d durations", len(a.Chars), len(a.StartsMS), len(a.DurationsMS))
				}
				r.chars += strings.Join(a.Chars, "")
			}
		case *convai.AgentResponseComplete:
			if m.EventID != id {
				c.t.Errorf("response %d is complete after the text of response %d", m.EventID, id)
			}
			return r
		}
	}
}

// levelOf returns the level of the sound in dBFS.
func levelOf(sound []float32) float64 {
	sum := 0.0
	for _, x := range sound {
		sum += float64(x) * float64(x)
	}
	return 10 * math.Log10(sum/float64(len(sound))+1e-10)
}

func TestAgentSpeaksInEveryFormat(t *testing.T) {
	for _, format := range pcm.Formats() {
		t.Run(format.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := connect(t, startAgent(t, Options{TTS: toneVoice, AgentFormat: format, UserFormat: format, FirstMessage: "Good morning, dear user."}))
				c.send(&convai.ConversationInitiationClientData{})
				meta := await[*convai.ConversationInitiationMetadata](c)
				if meta.AgentOutputAudioFormat != format.String() || meta.UserInputAudioFormat != format.String() {
					t.Errorf("got %+v", meta)
				}
				r := c.awaitSpeech()
				if r.text != "Good morning, dear user." || r.chars != r.text || r.lastCount != 1 || r.events != 8 {
					t.Errorf("got %q, aligned %q, in %d events, %d the last", r.text, r.chars, r.events, r.lastCount)
				}
				want := time.Duration(len(r.text)) * charTone
				if got := format.Duration(len(r.wire)); (got - want).Abs() > 2*time.Millisecond {
					t.Errorf("got %v of sound, want %v", got, want)
				}
				sound := pcm.NewDecoder(format).Append(nil, r.wire)
				if got := levelOf(sound); math.Abs(got+9) > 0.5 {
					t.Errorf("got %.1f dBFS, want -9", got)
				}
			})
		})
	}
}

func TestSoundIsSentFasterThanItIsPlayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openSilent(t, startAgent(t, Options{TTS: toneVoice, Tools: homeTools}))
		c.say("recite")
		text := strings.TrimSpace(strings.Repeat("word ", 40)) // 12 s
		c.sendResult(await[*convai.ClientToolCall](c), text)
		start := time.Now()
		c.awaitSpeech()
		if took := time.Since(start); took < 2*time.Second || took > 3*time.Second {
			t.Errorf("12 s of sound were sent in %v, want (12 s - 3 s) / 4", took)
		}
	})
}

func TestSoundIsSentWhileTheRestIsMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		proceed := make(chan struct{})
		c := openSilent(t, startAgent(t, Options{TTS: func(ctx context.Context, u speech.Utterance, play func([]float32) error) error {
			if err := toneVoice(ctx, u, play); err != nil {
				return err
			}
			<-proceed
			return toneVoice(ctx, u, play)
		}}))
		c.say("thanks")
		await[*convai.Audio](c)
		close(proceed)
		for !await[*convai.Audio](c).IsFinal {
		}
	})
}

func TestTextClientGetsNoSound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openText(t, startAgent(t, Options{TTS: toneVoice}), true)
		c.say("thanks")
		for {
			switch m := c.next().(type) {
			case *convai.Audio:
				t.Fatal("the client got sound")
			case *convai.AgentResponseComplete:
				return
			case *convai.AgentResponse:
				if m.Text != "You are welcome." {
					t.Errorf("got %q", m.Text)
				}
			}
		}
	})
}

func TestInterruptionStopsTheSoundAndCorrectsTheText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openSilent(t, startAgent(t, Options{TTS: toneVoice, Tools: homeTools}))
		c.say("recite")
		// toneVoice takes one minute to speak this text
		text := strings.TrimSpace(strings.Repeat("word ", 200))
		c.sendResult(await[*convai.ClientToolCall](c), text)
		await[*convai.Audio](c)
		time.Sleep(1500 * time.Millisecond)
		c.say("never mind")
		stopped := await[*convai.Interruption](c)
		corrected := c.next().(*convai.AgentResponseCorrection)
		// toneVoice speaks 25 characters in 1.5 s. The agent estimates 65 ms for each character,
		// which makes 23 characters. In both cases the fifth word is not complete.
		if corrected.EventID != stopped.EventID || corrected.Original != text || corrected.Corrected != "word word word word" {
			t.Errorf("got %+v", corrected)
		}
		for {
			switch m := c.next().(type) {
			case *convai.Audio:
				if m.EventID <= stopped.EventID {
					t.Fatalf("sound of response %d after the interruption of %d", m.EventID, stopped.EventID)
				}
			case *convai.AgentResponse:
				if m.Text != "All right." || m.EventID <= stopped.EventID {
					t.Errorf("got %+v", m)
				}
			case *convai.AgentResponseComplete:
				return
			}
		}
	})
}

func TestResponseThatWasHeardIsNotInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openSilent(t, startAgent(t, Options{TTS: toneVoice}))
		c.say("thanks") // the agent needs 1 s to speak this response
		c.awaitSpeech()
		time.Sleep(1500 * time.Millisecond)
		c.say("thanks")
		for {
			switch c.next().(type) {
			case *convai.Interruption:
				t.Fatal("the response was interrupted")
			case *convai.AgentResponse:
				return
			}
		}
	})
}

func TestResponseWithoutSoundIsSentAsText(t *testing.T) {
	for _, row := range []struct {
		why string
		tts ttsFunc
	}{
		{"TTS fails at once", func(context.Context, speech.Utterance, func([]float32) error) error {
			return errors.New("no voice today")
		}},
		{"TTS makes no sound", func(context.Context, speech.Utterance, func([]float32) error) error { return nil }},
		{"TTS hangs", func(ctx context.Context, _ speech.Utterance, _ func([]float32) error) error {
			<-ctx.Done()
			return ctx.Err()
		}},
		{"TTS fails in the middle", func(ctx context.Context, u speech.Utterance, play func([]float32) error) error {
			return errors.Join(toneVoice(ctx, speech.Utterance{Text: u.Text[:8]}, play), errors.New("hoarse"))
		}},
	} {
		t.Run(row.why, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := openSilent(t, startAgent(t, Options{TTS: row.tts}))
				c.say("thanks")
				if got := c.awaitResponse(); got != "You are welcome." {
					t.Errorf("got %q", got)
				}
				await[*convai.AgentResponseComplete](c)
				c.say("help")
				if got := c.awaitResponse(); got != noTools {
					t.Errorf("the next response is %q", got)
				}
			})
		})
	}
}

func TestEndlessSoundCanBeInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openSilent(t, startAgent(t, Options{TTS: endlessSound}))
		c.say("thanks")
		if got := c.awaitResponse(); got != "You are welcome." {
			t.Errorf("got %q", got)
		}
		c.say("hello")
		await[*convai.Interruption](c)
	})
}

// endlessSound is a TTS that makes silence until play returns an error.
func endlessSound(_ context.Context, _ speech.Utterance, play func([]float32) error) error {
	for {
		if err := play(make([]float32, audio.Samples(time.Second))); err != nil {
			return err
		}
	}
}

func TestFarewellIsHeardBeforeTheConversationEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openSilent(t, startAgent(t, Options{TTS: toneVoice}))
		start := time.Now()
		c.say("goodbye")
		r := c.awaitSpeech()
		await[*convai.AgentToolResponse](c)
		if took, want := time.Since(start), defaultFormat.Duration(len(r.wire)); took < want || want < 8*charTone {
			t.Errorf("hung up after %v of %v", took, want)
		}
		c.awaitClose(1000, "")
	})
}

func TestOneResponseIsSpokenAtATimeAndNoneAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var speaking, most atomic.Int32
		c := openSilent(t, startAgent(t, Options{TTS: func(ctx context.Context, u speech.Utterance, play func([]float32) error) error {
			most.Store(max(most.Load(), speaking.Add(1)))
			defer speaking.Add(-1)
			return endlessSound(ctx, u, play)
		}}))
		for range 5 {
			c.say("thanks")
		}
		await[*convai.Audio](c)
		synctest.Wait()
		if n := speaking.Load(); n != 1 {
			t.Errorf("%d responses are spoken", n)
		}
		c.ws.Close()
		synctest.Wait()
		if n := speaking.Load(); n != 0 || most.Load() != 1 {
			t.Errorf("%d responses are spoken after the end, and were %d at a time", n, most.Load())
		}
	})
}

func TestTheDelayOfTheFirstSoundIsReportedOnceATurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		delays := make(chan time.Duration, 10)
		slowVoice := func(ctx context.Context, u speech.Utterance, play func([]float32) error) error {
			time.Sleep(300 * time.Millisecond)
			return toneVoice(ctx, u, play)
		}
		heard := fakeSTT(nil, "hello")
		c := openSilent(t, startAgent(t, Options{
			Tools: homeTools, TTS: slowVoice, FirstSound: func(delay time.Duration) { delays <- delay },
			STT: func(ctx context.Context, r speech.Request, sound []float32) (string, error) {
				time.Sleep(time.Second)
				return heard(ctx, r, sound)
			},
		}))
		c.say("what time is it")
		time.Sleep(200 * time.Millisecond) // the tool takes so long
		c.sendResult(await[*convai.ClientToolCall](c), "noon")
		c.awaitSpeech()
		h := &heardSpeech{c: c, format: defaultFormat}
		h.speak(silence(500*time.Millisecond), voice(time.Second), silence(5*time.Second))
		synctest.Wait()
		close(delays)
		var got []time.Duration
		for delay := range delays {
			got = append(got, delay.Round(100*time.Millisecond))
		}
		if len(got) != 2 || got[0] != 500*time.Millisecond || got[1] < 1300*time.Millisecond {
			t.Errorf("the delays are %v, want 500 ms and then at least 1.3 s", got)
		}
	})
}
