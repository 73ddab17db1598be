package localagent

import (
	"context"
	"encoding/base64"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/engine/convai"
)

// voiceLike is sound that passes for a voice, at -20 dBFS: overtones of 150 Hz.
func voiceLike(d time.Duration) []float32 {
	sound := make([]float32, audio.Samples(d))
	for i := range sound {
		for n := 2; n < 10; n++ {
			sound[i] += float32(math.Sin(2*math.Pi*150*float64(n*i)/audio.Rate+float64(n*n))) / 20
		}
	}
	return sound
}

func silence(d time.Duration) []float32 { return make([]float32, audio.Samples(d)) }

// chunks are sound as a microphone sends it, 20 ms at a time.
func chunks(format pcm.Format, sound ...[]float32) (frames []string) {
	resampler := pcm.NewResampler(audio.Rate, format.Rate)
	wire := format.Append(nil, resampler.Flush(resampler.Append(nil, slices.Concat(sound...))))
	for part := range slices.Chunk(wire, format.Bytes(20*time.Millisecond)) {
		frames = append(frames, `{"user_audio_chunk":"`+base64.StdEncoding.EncodeToString(part)+`"}`)
	}
	return frames
}

// speak sends sound as fast as the agent takes it.
func (c *client) speak(format pcm.Format, sound ...[]float32) {
	c.t.Helper()
	for _, frame := range chunks(format, sound...) {
		c.raw(frame)
	}
}

// hearing is an STT that understands the texts, one after the other, and then
// nothing. What it is given goes to sounds, if there is room.
func hearing(sounds chan<- []float32, texts ...string) func(context.Context, []float32) (string, error) {
	return func(_ context.Context, sound []float32) (string, error) {
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

func TestWhatIsSaidBecomesATurn(t *testing.T) {
	for _, format := range pcm.Formats() {
		t.Run(format.String(), func(t *testing.T) {
			t.Parallel()
			sounds := make(chan []float32, 1)
			s := listen(t, Options{Tools: house, STT: hearing(sounds, "Turn on the hall light."), TTS: humming, UserFormat: format, AgentFormat: format})
			c := converse(t, s)
			c.speak(format, silence(time.Second), voiceLike(1500*time.Millisecond), silence(time.Second))
			transcript := await[*convai.UserTranscript](c)
			if transcript.Text != "Turn on the hall light." {
				t.Errorf("got %+v", transcript)
			}
			call := await[*convai.ClientToolCall](c)
			if call.EventID != transcript.EventID || call.ToolName != "set_light" {
				t.Errorf("got %+v after %+v", call, transcript)
			}
			c.result(call, "The light is on.")
			r := c.listen()
			if r.text != "The light is on." || len(r.wire) < format.Bytes(800*time.Millisecond) {
				t.Errorf("got %q and %d bytes", r.text, len(r.wire))
			}
			sound := <-sounds
			got := audio.Duration(len(sound))
			if want := 1500*time.Millisecond + 300*time.Millisecond + hangover; (got - want).Abs() > 300*time.Millisecond {
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
	}
}

func TestVoiceInterruptsAtOnce(t *testing.T) {
	gate := make(chan struct{})
	c := converse(t, listen(t, Options{TTS: humming, STT: func(context.Context, []float32) (string, error) {
		<-gate
		return "", nil
	}}))
	c.say("help") // a reply of some 5 s
	await[*convai.Audio](c)
	c.speak(defaultFormat, silence(500*time.Millisecond), voiceLike(300*time.Millisecond)) // goes on
	await[*convai.Interruption](c)
	if got := await[*convai.AgentResponseCorrection](c); got.Original != noTools || len(got.Corrected) > len(noTools)/2 {
		t.Errorf("got %+v", got)
	}
	close(gate)
	c.speak(defaultFormat, silence(2*time.Second))
	c.say("thanks")
	if got := c.answer(); got != "You are welcome." {
		t.Errorf("got %q", got)
	}
}

func TestAgentWaitsUntilTheUserHasFinished(t *testing.T) {
	c := converse(t, listen(t, Options{Tools: house, TTS: humming, STT: hearing(nil, "thanks")}))
	c.say("what time is it")
	call := await[*convai.ClientToolCall](c)
	c.speak(defaultFormat, silence(500*time.Millisecond), voiceLike(300*time.Millisecond))
	time.Sleep(100 * time.Millisecond)
	c.result(call, "noon")
	time.Sleep(100 * time.Millisecond)
	c.speak(defaultFormat, silence(2*time.Second))
	if got := await[*convai.UserTranscript](c); got.Text != "thanks" {
		t.Errorf("got %+v", got)
	}
	if got := c.answer(); got != "noon" {
		t.Errorf("got %q first, want what it already knew", got)
	}
	if got := c.answer(); got != "You are welcome." {
		t.Errorf("got %q", got)
	}
}

func TestMicrophoneThatStopsEndsTheSentence(t *testing.T) {
	c := converse(t, listen(t, Options{STT: hearing(nil, "thanks")}))
	c.speak(defaultFormat, silence(500*time.Millisecond), voiceLike(time.Second))
	if got := await[*convai.UserTranscript](c); got.Text != "thanks" {
		t.Errorf("got %+v", got)
	}
}

func TestSentenceWithoutWordsIsNothingSaid(t *testing.T) {
	c := converse(t, listen(t, Options{STT: hearing(nil, "", " ", "thanks")}))
	for range 3 {
		c.speak(defaultFormat, silence(500*time.Millisecond), voiceLike(time.Second), silence(time.Second))
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
}

func TestSentenceThatIsNotUnderstoodIsAnError(t *testing.T) {
	c := converse(t, listen(t, Options{STT: hearing(nil, "?", "thanks")}))
	c.speak(defaultFormat, silence(500*time.Millisecond), voiceLike(time.Second), silence(time.Second))
	if got := await[*convai.ServerError](c); got.ErrorType != "asr_transcription_error" || got.DebugMessage != "deaf today" {
		t.Errorf("got %+v", got)
	}
	c.speak(defaultFormat, silence(500*time.Millisecond), voiceLike(time.Second), silence(time.Second))
	if got := c.answer(); got != "You are welcome." {
		t.Errorf("then it said %q", got)
	}
}

func TestRecognitionHasADeadline(t *testing.T) {
	c := converse(t, listen(t, Options{SpeechPatience: 100 * time.Millisecond, STT: func(ctx context.Context, _ []float32) (string, error) {
		<-ctx.Done()
		return "", ctx.Err()
	}}))
	c.speak(defaultFormat, silence(500*time.Millisecond), voiceLike(time.Second), silence(time.Second))
	if got := await[*convai.ServerError](c); got.DebugMessage != "not done within 100ms" {
		t.Errorf("got %+v", got)
	}
}

func TestRecognitionEndsWithItsConversation(t *testing.T) {
	begun, ended := make(chan struct{}), make(chan struct{})
	s := listen(t, Options{STT: func(ctx context.Context, _ []float32) (string, error) {
		close(begun)
		<-ctx.Done()
		close(ended)
		return "", ctx.Err()
	}})
	c := converse(t, s)
	c.speak(defaultFormat, silence(500*time.Millisecond), voiceLike(time.Second), silence(time.Second))
	<-begun
	c.ws.Close()
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		t.Error("it goes on")
	}
}

// A client that sends an hour of speech in a moment gets errors, and no
// memory.
func TestSentencesThatWaitAreBounded(t *testing.T) {
	gate := make(chan struct{})
	c := converse(t, listen(t, Options{STT: func(context.Context, []float32) (string, error) {
		<-gate
		return "", nil
	}}))
	sentence := chunks(defaultFormat, silence(500*time.Millisecond), voiceLike(time.Second), silence(time.Second))
	for _, frame := range slices.Repeat(sentence, 20) {
		c.raw(frame)
	}
	await[*convai.ServerError](c)
	close(gate)
	c.say("thanks")
	if got := c.answer(); got != "You are welcome." {
		t.Errorf("then it said %q", got)
	}
}

func TestScoresSayWhetherAnybodySpeaks(t *testing.T) {
	c := converse(t, listen(t, Options{STT: hearing(nil)}))
	c.speak(defaultFormat, silence(time.Second))
	if got := await[*convai.VADScore](c).Score; got > 0.1 {
		t.Errorf("in silence: %v", got)
	}
	for {
		time.Sleep(scoreEvery)
		c.speak(defaultFormat, voiceLike(200*time.Millisecond))
		got := await[*convai.VADScore](c).Score
		if got > 1 {
			t.Errorf("got %v", got)
		}
		if got > 0.8 {
			return
		}
	}
}

func TestSoundThatIsNoneClosesTheConversation(t *testing.T) {
	s := listen(t, Options{STT: hearing(nil)})
	for _, frame := range []string{`{"user_audio_chunk":"%%%"}`, `{"user_audio_chunk":7}`} {
		c := converse(t, s)
		c.raw(frame)
		c.closed(1008, "Invalid message received")
	}
}

func TestTextClientIsNotListenedTo(t *testing.T) {
	c := talk(t, listen(t, Options{STT: hearing(nil, "thanks")}), true)
	c.speak(defaultFormat, silence(500*time.Millisecond), voiceLike(time.Second), silence(time.Second))
	c.say("hello")
	for {
		switch m := c.next().(type) {
		case *convai.UserTranscript, *convai.VADScore:
			t.Fatalf("got %+v", m)
		case *convai.AgentResponse:
			return
		}
	}
}
