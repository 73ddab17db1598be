package localagent

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/audio"
	"moonlark/engine/convai"
	"moonlark/engine/speech"
)

// noSTT is an STT that must not be called.
func noSTT(context.Context, speech.Request, []float32) (string, error) {
	return "the whole sentence was recognised", nil
}

type reader = func(context.Context) ([]float32, error)

// readAll returns the sound up to its end.
func readAll(ctx context.Context, read reader) (sound []float32, err error) {
	for {
		piece, err := read(ctx)
		if err == io.EOF {
			return sound, nil
		}
		if err != nil {
			return sound, err
		}
		sound = append(sound, piece...)
	}
}

// beginSentence sends silence and half a second of a voice.
func (c *client) beginSentence() {
	c.t.Helper()
	c.sendSound(defaultFormat, silence(500*time.Millisecond), voice(500*time.Millisecond))
}

// endSentence sends the rest of the sentence.
func (c *client) endSentence() {
	c.t.Helper()
	c.sendSound(defaultFormat, voice(500*time.Millisecond), silence(time.Second))
}

func TestASentenceIsRecognisedWhileItIsSpoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var samples []int
		c := openSilent(t, startAgent(t, Options{STT: noSTT, StreamSTT: func(ctx context.Context, _ speech.Request, read reader, partial func(string)) (string, error) {
			first, err := read(ctx)
			if err != nil {
				return "", err
			}
			partial(" ") // has no effect
			partial("many ")
			rest, err := readAll(ctx, read)
			samples = append(samples, len(first)+len(rest))
			return "thanks", err
		}}))
		for range 2 {
			c.beginSentence()
			if got := await[*convai.TentativeUserTranscript](c); got.Text != "many" {
				t.Errorf("got %+v", got)
			}
			c.endSentence()
			if got := await[*convai.UserTranscript](c); got.Text != "thanks" {
				t.Errorf("got %+v", got)
			}
			if got := c.awaitResponse(); got != "You are welcome." {
				t.Errorf("got %q", got)
			}
		}
		for _, n := range samples {
			// a second of voice, the sound before the voice was noticed, and the silence that ends
			// a sentence
			if d := audio.Duration(n); d < 1500*time.Millisecond || d > 2500*time.Millisecond {
				t.Errorf("the recogniser has got %v of sound", d)
			}
		}
	})
}

func TestAStreamThatFailsEarlyIsReplacedByTheWholeSentence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		whole := make(chan []float32, 1)
		c := openSilent(t, startAgent(t, Options{STT: fakeSTT(whole, "thanks", "?"), StreamSTT: func(ctx context.Context, _ speech.Request, read reader, _ func(string)) (string, error) {
			read(ctx)
			return "", errors.New("connection lost")
		}}))
		c.sendSentence()
		if got := c.awaitResponse(); got != "You are welcome." {
			t.Errorf("got %q", got)
		}
		if d := audio.Duration(len(<-whole)); d < 1500*time.Millisecond {
			t.Errorf("the recogniser has got %v of sound", d)
		}
		c.sendSentence()
		if got := await[*convai.ServerError](c); got.DebugMessage != "deaf today" {
			t.Errorf("got %+v", got)
		}
	})
}

// A recogniser that takes the sentence for complete too early would lose its end.
func TestAStreamThatEndsEarlyIsReplacedByTheWholeSentence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openSilent(t, startAgent(t, Options{STT: fakeSTT(nil, "thanks"), StreamSTT: func(ctx context.Context, _ speech.Request, read reader, partial func(string)) (string, error) {
			for i := range 1000 { // only the last of many texts is sent
				partial(string(rune('a' + i%26)))
			}
			return "than", nil
		}}))
		c.sendSentence()
		if got := await[*convai.UserTranscript](c); got.Text != "thanks" {
			t.Errorf("got %+v", got)
		}
	})
}

func TestASentenceMayBeDroppedWhileItIsRecognised(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		heard := make(chan error, 2)
		c := &conversation{
			opts: Options{SpeechTimeout: time.Second, STT: noSTT, StreamSTT: func(ctx context.Context, _ speech.Request, read reader, _ func(string)) (string, error) {
				_, err := readAll(ctx, read)
				heard <- err
				return "noise", err
			}}.withDefaults(),
			hearing: newSpeechInput(defaultFormat, DefaultPatience), workersCtx: ctx, log: slog.New(slog.DiscardHandler),
		}
		c.dropSentence() // nobody speaks
		for range 2 {    // the second waits for the first, and is dropped while it waits
			c.recogniseSoFar(voice(time.Second))
			c.dropSentence()
		}
		if err := <-heard; err != errDropped {
			t.Errorf("got %v", err)
		}
		got := <-c.hearing.transcripts()
		if c.receiveTranscript(got); got.err != errDropped || c.hearing.listening() {
			t.Errorf("got %+v, listening %v", got, c.hearing.listening())
		}
		cancel()
		c.workers.Wait()
	})
}

// A short sound can seem to be speech at first, so that its recognition begins, and then turn out to
// be none.
func TestASoundThatTurnsOutNotToBeSpeechIsNotRecognised(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &conversation{
			opts: Options{STT: noSTT, StreamSTT: func(ctx context.Context, _ speech.Request, read reader, _ func(string)) (string, error) {
				_, err := readAll(ctx, read)
				return "noise", err
			}}.withDefaults(),
			hearing: newSpeechInput(defaultFormat, DefaultPatience), workersCtx: t.Context(), log: slog.New(slog.DiscardHandler),
		}
		d := c.hearing.detector
		d.start(nil)
		d.speech, d.sum = minSpeech, 4*0.9
		c.recogniseSoFar(voice(minSpeech))
		d.speech, d.sum = minSpeech+frameDuration, 4*0.9+0.3 // the next frame is hardly speech
		for d.speech > 0 {
			c.hear(silence(frameDuration), time.Now())
		}
		got := <-c.hearing.transcripts()
		if c.receiveTranscript(got); got.err != errDropped || c.hearing.listening() {
			t.Errorf("got %+v, listening %v", got, c.hearing.listening())
		}
		c.workers.Wait()
	})
}

func TestTheTimeoutOfAStreamBeginsWithTheEndOfTheSentence(t *testing.T) {
	for name, read := range map[string]bool{"after all sound": true, "without reading": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := openSilent(t, startAgent(t, Options{SpeechTimeout: 100 * time.Millisecond, STT: noSTT, StreamSTT: func(ctx context.Context, _ speech.Request, all reader, _ func(string)) (string, error) {
					if read {
						readAll(ctx, all)
					}
					<-ctx.Done()
					return "", ctx.Err()
				}}))
				c.beginSentence()
				time.Sleep(500 * time.Millisecond) // less than inputTimeout
				c.endSentence()
				if got := await[*convai.ServerError](c); got.DebugMessage != "no result within 100ms" {
					t.Errorf("got %+v", got)
				}
			})
		})
	}
}

func TestAStreamEndsWithTheConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		c := openSilent(t, startAgent(t, Options{STT: noSTT, StreamSTT: func(ctx context.Context, _ speech.Request, read reader, _ func(string)) (string, error) {
			_, err := readAll(ctx, read)
			ended <- err
			return "", err
		}}))
		c.beginSentence()
		synctest.Wait()
		c.ws.Close()
		if err := <-ended; err == nil {
			t.Error("the sentence has ended")
		}
	})
}

// The clients of an agent that serves others choose the voice and the language.
func TestTheSettingsOfTheClientReachSpeech(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		heard, spoken := make(chan speech.Request, 1), make(chan speech.Utterance, 1)
		c := connect(t, startAgent(t, Options{
			Tools: homeTools,
			STT: func(_ context.Context, r speech.Request, _ []float32) (string, error) {
				heard <- r
				return "thanks", nil
			},
			TTS: func(_ context.Context, u speech.Utterance, _ func([]float32) error) error {
				spoken <- u
				return nil
			},
		}))
		c.sendFrame(`{"type":"conversation_initiation_client_data","conversation_config_override":{"agent":{"first_message":"","language":"pt-BR"},
			"tts":{"voice_id":" amy ","model_id":"m","speed":1.5,"stability":0},"asr":{"keywords":["Moonlark","a\u0000b"]}}}`)
		await[*convai.ConversationInitiationMetadata](c)
		c.sendSentence()
		r := <-heard
		if r.Language != "pt-br" || len(r.Tools) != 4 || r.Log == nil || len(r.Vocabulary) < 3 || r.Vocabulary[0] != "Moonlark" || r.Vocabulary[1] != "turn on the kitchen light" {
			t.Errorf("the recogniser was told %+v", r)
		}
		u := <-spoken
		if u.Text != "You are welcome." || u.Name != "amy" || u.Model != "m" || u.Speed != 1.5 || u.Stability == nil || *u.Stability != 0 || u.Similarity != nil || u.Language != "pt-br" {
			t.Errorf("got %+v", u)
		}
	})
}

func TestSettingsThatAreNotValidAreLeftOut(t *testing.T) {
	long := string(make([]byte, 101))
	zero := 0.0
	for _, language := range []string{"-v/etc", "../x", "en us", "$(x)", long, "\x00"} {
		voice, keywords := speechSettings(&convai.ConversationInitiationClientData{Override: &convai.ConversationConfigOverride{
			Agent: &convai.AgentOverride{Language: language}, TTS: &convai.TTSOverride{VoiceID: "a\nb", ModelID: long, Speed: &zero},
			ASR: &convai.ASROverride{Keywords: slices.Repeat([]string{"word"}, 1000)},
		}})
		if voice != (speech.Voice{}) || len(keywords) != maxKeywords {
			t.Errorf("%q: got %+v and %d keywords", language, voice, len(keywords))
		}
	}
	if voice, keywords := speechSettings(&convai.ConversationInitiationClientData{}); voice != (speech.Voice{}) || keywords != nil {
		t.Errorf("got %+v, %q", voice, keywords)
	}
}
