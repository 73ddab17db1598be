package localagent

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/audio/silero/silerotest"
	"moonlark/engine/convai"
	"moonlark/engine/speech"
)

func voice(d time.Duration) []float32   { return silerotest.Speech(d) }
func silence(d time.Duration) []float32 { return silerotest.Silence(d) }

// soundFrames returns the messages in which a client sends the sound, 20 ms in each message.
func soundFrames(format pcm.Format, sound ...[]float32) (frames []string) {
	resampler := pcm.NewResampler(audio.Rate, format.Rate)
	wire := format.Append(nil, resampler.Flush(resampler.Append(nil, slices.Concat(sound...))))
	for part := range slices.Chunk(wire, format.Bytes(20*time.Millisecond)) {
		frames = append(frames, `{"user_audio_chunk":"`+base64.StdEncoding.EncodeToString(part)+`"}`)
	}
	return frames
}

// sendSound sends the sound as fast as the agent reads it, not in real time.
func (c *client) sendSound(format pcm.Format, sound ...[]float32) {
	c.t.Helper()
	for _, frame := range soundFrames(format, sound...) {
		c.sendFrame(frame)
	}
}

// sendSentence sends silence, one second of a voice, and silence.
func (c *client) sendSentence() {
	c.t.Helper()
	c.sendSound(defaultFormat, silence(500*time.Millisecond), voice(time.Second), silence(time.Second))
}

// fakeSTT returns an STT. Its first call returns the first of texts, its second call the second,
// and so on; further calls return "". For the text "?" the STT returns an error instead. If there
// is room in the channel sounds, the STT sends the sound it was called with to sounds.
func fakeSTT(sounds chan<- []float32, texts ...string) func(context.Context, speech.Request, []float32) (string, error) {
	return func(_ context.Context, _ speech.Request, sound []float32) (string, error) {
		select {
		case sounds <- sound:
		default:
		}
		if len(texts) == 0 {
			return "", nil
		}
		text := texts[0]
		texts = texts[1:]
		if text == "?" {
			return "", errors.New("deaf today")
		}
		return text, nil
	}
}

func TestSpokenSentenceBecomesATurn(t *testing.T) {
	for _, format := range pcm.Formats() {
		t.Run(format.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sounds := make(chan []float32, 1)
				c := openSilent(t, startAgent(t, Options{
					Tools: homeTools, STT: fakeSTT(sounds, "Turn on the hall light."), TTS: toneVoice, UserFormat: format, AgentFormat: format,
				}))
				c.sendSound(format, silence(time.Second), voice(1500*time.Millisecond), silence(time.Second))
				transcript := await[*convai.UserTranscript](c)
				if transcript.Text != "Turn on the hall light." {
					t.Errorf("got %+v", transcript)
				}
				call := await[*convai.ClientToolCall](c)
				if call.EventID != transcript.EventID || call.ToolName != "set_light" {
					t.Errorf("got %+v after %+v", call, transcript)
				}
				c.sendResult(call, "The light is on.")
				r := c.awaitSpeech()
				if r.text != "The light is on." || len(r.wire) < format.Bytes(800*time.Millisecond) {
					t.Errorf("got %q and %d bytes", r.text, len(r.wire))
				}
				sound := <-sounds
				got := audio.Duration(len(sound))
				if want := preRoll + 1500*time.Millisecond + postRoll; (got - want).Abs() > 300*time.Millisecond {
					t.Errorf("recognised %v, want about %v", got, want)
				}
				before := sound[:audio.Samples(200*time.Millisecond)]
				if level := levelOf(before); level > -40 {
					t.Errorf("%.0f dBFS before the sentence: its beginning is missing", level)
				}
				if level := levelOf(sound); level < -25 || level > -15 {
					t.Errorf("%.0f dBFS in the sentence, want -20", level)
				}
			})
		})
	}
}

func TestVoiceSilencesTheAgentBeforeItIsRecognised(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		proceed := make(chan struct{})
		c := openSilent(t, startAgent(t, Options{TTS: toneVoice, STT: func(context.Context, speech.Request, []float32) (string, error) {
			<-proceed
			return "thanks", nil
		}}))
		c.say("help") // the agent needs 5 s to speak this response
		await[*convai.Audio](c)
		// no silence at the end: the user is still speaking
		c.sendSound(defaultFormat, silence(500*time.Millisecond), voice(700*time.Millisecond))
		await[*convai.Interruption](c)
		c.sendSound(defaultFormat, silence(2*time.Second))
		close(proceed)
		if got := await[*convai.AgentResponseCorrection](c); got.Original != noTools || len(got.Corrected) > len(noTools)/2 {
			t.Errorf("got %+v", got)
		}
		if got := c.awaitResponse(); got != "You are welcome." {
			t.Errorf("got %q", got)
		}
	})
}

func TestPatienceSaysHowMuchSpeechInterruptsTheAgent(t *testing.T) {
	for _, row := range []struct {
		patience Patience
		speech   time.Duration
		want     bool
	}{
		{Aggressive, 250 * time.Millisecond, false},
		{Aggressive, 400 * time.Millisecond, true},
		{DefaultPatience, 300 * time.Millisecond, false},
		{DefaultPatience, 500 * time.Millisecond, true},
		{Relaxed, 400 * time.Millisecond, false},
		{Relaxed, 600 * time.Millisecond, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := openSilent(t, startAgent(t, Options{Patience: row.patience, TTS: toneVoice, STT: fakeSTT(nil)}))
			c.say("help")
			h := &heardSpeech{c: c, format: defaultFormat}
			h.speak(silence(500*time.Millisecond), voice(row.speech), silence(100*time.Millisecond))
			if got := h.interruptions > 0; got != row.want {
				t.Errorf("patience %v, %v of speech: got %t", row.patience, row.speech, got)
			}
		})
	}
}

// While the agent is silent, a short sound of a voice may be a "yes". While the agent speaks, the
// sound is ignored.
func TestShortAnswerIsRecognisedOnlyWhileTheAgentIsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openSilent(t, startAgent(t, Options{TTS: toneVoice, STT: fakeSTT(nil, "thanks", "thanks")}))
		h := &heardSpeech{c: c, format: defaultFormat}
		yes := voice(200 * time.Millisecond)
		h.speak(silence(500*time.Millisecond), yes, silence(time.Second))
		h.playFor(2 * time.Second)
		if want := []string{"You are welcome."}; !slices.Equal(h.texts, want) {
			t.Fatalf("got %q, want %q", h.texts, want)
		}
		c.say("help")
		h.speak(silence(500*time.Millisecond), yes, silence(time.Second))
		h.playFor(6 * time.Second)
		if want := []string{"You are welcome.", noTools}; !slices.Equal(h.texts, want) || h.interruptions > 0 {
			t.Errorf("got %q, want %q; %d interruptions", h.texts, want, h.interruptions)
		}
	})
}

// A short "stop" does not silence the agent before it is recognised, but it interrupts the agent.
func TestShortWordInterruptsTheAgentWhenItIsRecognised(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openSilent(t, startAgent(t, Options{Patience: Relaxed, TTS: toneVoice, STT: fakeSTT(nil, "thanks")}))
		h := &heardSpeech{c: c, format: defaultFormat}
		c.say("help")
		h.speak(silence(500*time.Millisecond), voice(350*time.Millisecond), silence(2*time.Second))
		if h.interruptions != 1 || len(h.corrections) != 1 || len(h.texts) != 2 {
			t.Errorf("%d interruptions, corrections %q, texts %q", h.interruptions, h.corrections, h.texts)
		}
	})
}

func TestOtherSoundsNeitherInterruptNorStartARecognition(t *testing.T) {
	const length = 3 * time.Second
	for name, sound := range map[string][]float32{
		"music": silerotest.Music(length), "vacuum cleaner": silerotest.Vacuum(length), "door": silerotest.Door(length),
		"typing": silerotest.Typing(length), "cough": silerotest.Cough(length),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := openSilent(t, startAgent(t, Options{TTS: toneVoice, STT: func(context.Context, speech.Request, []float32) (string, error) {
					t.Error("the sound is recognised")
					return "", nil
				}}))
				h := &heardSpeech{c: c, format: defaultFormat}
				c.say("help")
				h.speak(silence(500*time.Millisecond), sound, silence(2*time.Second))
				if h.interruptions > 0 {
					t.Errorf("%d interruptions", h.interruptions)
				}
			})
		})
	}
}

func TestAgentWaitsUntilTheUserHasFinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openSilent(t, startAgent(t, Options{Tools: homeTools, TTS: toneVoice, STT: fakeSTT(nil, "thanks")}))
		c.say("what time is it")
		call := await[*convai.ClientToolCall](c)
		c.sendSound(defaultFormat, silence(500*time.Millisecond), voice(700*time.Millisecond))
		synctest.Wait()
		c.sendResult(call, "noon")
		synctest.Wait()
		c.sendSound(defaultFormat, silence(2*time.Second))
		if got := await[*convai.UserTranscript](c); got.Text != "thanks" {
			t.Errorf("got %+v", got)
		}
		if got := c.awaitResponse(); got != "noon" {
			t.Errorf("got %q first, want the response that waited", got)
		}
		if got := c.awaitResponse(); got != "You are welcome." {
			t.Errorf("got %q", got)
		}
	})
}

func TestVoiceThatNeverStopsDelaysTheAgentOnlyForSomeTime(t *testing.T) {
	if testing.Short() {
		t.Skip("needs 40 s of speech")
	}
	synctest.Test(t, func(t *testing.T) {
		c := openSilent(t, startAgent(t, Options{Tools: homeTools, TTS: toneVoice, STT: fakeSTT(nil)}))
		c.say("what time is it")
		call := await[*convai.ClientToolCall](c)
		h := &heardSpeech{c: c, format: defaultFormat}
		h.speak(silence(500*time.Millisecond), voice(time.Second))
		c.sendResult(call, "noon")
		h.speak(voice(20 * time.Second))
		if len(h.texts) > 0 {
			t.Errorf("got %q while the user speaks", h.texts)
		}
		h.speak(voice(maxSentence + maxHold - 20*time.Second + time.Second))
		if want := []string{"noon"}; !slices.Equal(h.texts, want) {
			t.Errorf("got %q, want %q", h.texts, want)
		}
	})
}

func TestMicrophoneThatStopsEndsTheSentence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openSilent(t, startAgent(t, Options{STT: fakeSTT(nil, "thanks")}))
		c.sendSound(defaultFormat, silence(500*time.Millisecond), voice(time.Second))
		if got := await[*convai.UserTranscript](c); got.Text != "thanks" {
			t.Errorf("got %+v", got)
		}
	})
}

func TestSentenceWithoutWordsIsIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openSilent(t, startAgent(t, Options{STT: fakeSTT(nil, "", " ", "thanks")}))
		for range 3 {
			c.sendSentence()
		}
		for {
			switch m := c.next().(type) {
			case *convai.UserTranscript:
				if m.Text != "thanks" || m.EventID != 1 {
					t.Errorf("got %+v", m)
				}
				return
			case *convai.ServerError, *convai.AgentResponse:
				t.Fatalf("got %+v", m)
			}
		}
	})
}

func TestFailedRecognitionIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openSilent(t, startAgent(t, Options{STT: fakeSTT(nil, "?", "thanks")}))
		c.sendSentence()
		if got := await[*convai.ServerError](c); got.ErrorType != "asr_transcription_error" || got.DebugMessage != "deaf today" {
			t.Errorf("got %+v", got)
		}
		c.sendSentence()
		if got := c.awaitResponse(); got != "You are welcome." {
			t.Errorf("the next response is %q", got)
		}
	})
}

func TestRecognitionHasATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openSilent(t, startAgent(t, Options{SpeechTimeout: 100 * time.Millisecond, STT: func(ctx context.Context, _ speech.Request, _ []float32) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		}}))
		c.sendSentence()
		if got := await[*convai.ServerError](c); got.DebugMessage != "no result within 100ms" {
			t.Errorf("got %+v", got)
		}
	})
}

func TestRecognitionEndsWithTheConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun, ended := make(chan struct{}), make(chan struct{})
		c := openSilent(t, startAgent(t, Options{STT: func(ctx context.Context, _ speech.Request, _ []float32) (string, error) {
			close(begun)
			<-ctx.Done()
			close(ended)
			return "", ctx.Err()
		}}))
		c.sendSentence()
		<-begun
		c.ws.Close()
		<-ended
	})
}

// A client sends many sentences faster than they are recognised. It gets an error, and the agent
// drops the sentence.
func TestSentencesThatWaitForRecognitionAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		proceed := make(chan struct{})
		c := openSilent(t, startAgent(t, Options{STT: func(context.Context, speech.Request, []float32) (string, error) {
			<-proceed
			return "", nil
		}}))
		sentence := soundFrames(defaultFormat, silence(500*time.Millisecond), voice(time.Second), silence(time.Second))
		for _, frame := range slices.Repeat(sentence, 20) {
			c.sendFrame(frame)
		}
		await[*convai.ServerError](c)
		close(proceed)
		c.say("thanks")
		if got := c.awaitResponse(); got != "You are welcome." {
			t.Errorf("the next response is %q", got)
		}
	})
}

func TestScoresSayWhetherSomebodySpeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openSilent(t, startAgent(t, Options{STT: fakeSTT(nil)}))
		c.sendSound(defaultFormat, silence(time.Second))
		if got := await[*convai.VADScore](c).Score; got > 0.1 {
			t.Errorf("in silence: %v", got)
		}
		for range 20 {
			time.Sleep(scoreInterval)
			c.sendSound(defaultFormat, voice(200*time.Millisecond))
			if got := await[*convai.VADScore](c).Score; got > 0.8 && got <= 1 {
				return
			}
		}
		t.Error("the score of a voice stays low")
	})
}

func TestInvalidSoundClosesTheConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := startAgent(t, Options{STT: fakeSTT(nil)})
		for _, frame := range []string{`{"user_audio_chunk":"%%%"}`, `{"user_audio_chunk":7}`} {
			c := openSilent(t, a)
			c.sendFrame(frame)
			c.awaitClose(1008, "Invalid message received")
		}
	})
}

func TestAgentDoesNotHearTextClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openText(t, startAgent(t, Options{STT: fakeSTT(nil, "thanks")}), true)
		c.sendSentence()
		c.say("hello")
		for {
			switch m := c.next().(type) {
			case *convai.UserTranscript, *convai.VADScore:
				t.Fatalf("got %+v", m)
			case *convai.AgentResponse:
				return
			}
		}
	})
}
