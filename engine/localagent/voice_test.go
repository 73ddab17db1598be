package localagent

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"moonlark/audio"
	"moonlark/audio/pcm"
	"moonlark/engine/convai"
	"moonlark/engine/tool"
)

// perLetter is how long humming takes for a character.
const perLetter = 60 * time.Millisecond

// humming is a TTS that hums a tone for each character, at -9 dBFS.
func humming(ctx context.Context, text string, play func([]float32) error) error {
	n := audio.Samples(perLetter)
	tone := make([]float32, n)
	for i := range text {
		for j := range tone {
			tone[j] = float32(math.Sin(2*math.Pi*440*float64(i*n+j)/audio.Rate)) / 2
		}
		if err := play(tone); err != nil {
			return err
		}
	}
	return nil
}

// converse opens a conversation in which the agent speaks, without a greeting.
func converse(t testing.TB, s *Server) *client {
	t.Helper()
	c := connect(t, s)
	c.raw(`{"type":"conversation_initiation_client_data","conversation_config_override":{"agent":{"first_message":""}}}`)
	await[*convai.ConversationInitiationMetadata](c)
	return c
}

// A spokenReply is what a client has heard of one response.
type spokenReply struct {
	text   string
	wire   []byte
	chars  string // as the alignments have them
	lasts  int    // events that said they were the last
	events int
}

// listen reads one response, up to its completion.
func (c *client) listen() spokenReply {
	c.t.Helper()
	var r spokenReply
	id := 0
	for {
		switch m := c.next().(type) {
		case *convai.AgentResponse:
			r.text, id = m.Text, m.EventID
		case *convai.Audio:
			if m.EventID != id || r.lasts > 0 {
				c.t.Errorf("sound of %d after the text of %d and %d ends", m.EventID, id, r.lasts)
			}
			r.events++
			var err error
			if r.wire, err = m.Base64.AppendBytes(r.wire); err != nil {
				c.t.Fatal(err)
			}
			if m.IsFinal {
				r.lasts++
			}
			if a := m.Alignment; a != nil {
				if len(a.Chars) != len(a.StartsMS) || len(a.Chars) != len(a.DurationsMS) {
					c.t.Errorf("alignment of %d, %d and %d", len(a.Chars), len(a.StartsMS), len(a.DurationsMS))
				}
				r.chars += strings.Join(a.Chars, "")
			}
		case *convai.AgentResponseComplete:
			if m.EventID != id {
				c.t.Errorf("%d is complete after the text of %d", m.EventID, id)
			}
			return r
		}
	}
}

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
			c := connect(t, listen(t, Options{TTS: humming, AgentFormat: format, UserFormat: format, FirstMessage: "Good morning, dear user."}))
			c.send(&convai.ConversationInitiationClientData{})
			meta := await[*convai.ConversationInitiationMetadata](c)
			if meta.AgentOutputAudioFormat != format.String() || meta.UserInputAudioFormat != format.String() {
				t.Errorf("got %+v", meta)
			}
			r := c.listen()
			if r.text != "Good morning, dear user." || r.chars != r.text || r.lasts != 1 || r.events != 8 {
				t.Errorf("got %q, aligned %q, in %d events, %d the last", r.text, r.chars, r.events, r.lasts)
			}
			want := time.Duration(len(r.text)) * perLetter
			if got := format.Duration(len(r.wire)); (got - want).Abs() > 2*time.Millisecond {
				t.Errorf("it took %v, want %v", got, want)
			}
			sound := pcm.NewDecoder(format).Append(nil, r.wire)
			if got := levelOf(sound); math.Abs(got+9) > 0.5 {
				t.Errorf("it had %.1f dBFS, want -9", got)
			}
		})
	}
}

func TestSoundIsSentFasterThanItIsHeard(t *testing.T) {
	c := converse(t, listen(t, Options{TTS: humming, Tools: these(&tool.Spec{Name: "recite", Phrases: []string{"recite"}})}))
	c.say("recite")
	text := strings.TrimSpace(strings.Repeat("word ", 40)) // 12 s
	c.result(await[*convai.ClientToolCall](c), text)
	start := time.Now()
	c.listen()
	if took := time.Since(start); took < time.Second || took > 8*time.Second {
		t.Errorf("12 s of sound were sent in %v", took)
	}
}

func TestSoundComesWhileItIsMade(t *testing.T) {
	gate := make(chan struct{})
	c := converse(t, listen(t, Options{TTS: func(ctx context.Context, text string, play func([]float32) error) error {
		if err := humming(ctx, text, play); err != nil {
			return err
		}
		<-gate
		return humming(ctx, text, play)
	}}))
	c.say("thanks")
	await[*convai.Audio](c)
	close(gate)
	for !await[*convai.Audio](c).IsFinal {
	}
}

func TestClientThatWantsTextGetsText(t *testing.T) {
	c := talk(t, listen(t, Options{TTS: humming}), true)
	c.say("thanks")
	for {
		switch m := c.next().(type) {
		case *convai.Audio:
			t.Fatal("it got sound")
		case *convai.AgentResponseComplete:
			return
		case *convai.AgentResponse:
			if m.Text != "You are welcome." {
				t.Errorf("got %q", m.Text)
			}
		}
	}
}

func TestInterruptionStopsTheSoundAndCorrects(t *testing.T) {
	c := converse(t, listen(t, Options{TTS: humming, Tools: these(&tool.Spec{Name: "recite", Phrases: []string{"recite"}})}))
	c.say("recite")
	text := strings.TrimSpace(strings.Repeat("word ", 200)) // a minute
	c.result(await[*convai.ClientToolCall](c), text)
	await[*convai.Audio](c)
	heard := 1500 * time.Millisecond
	time.Sleep(heard)
	c.say("never mind")
	stopped := await[*convai.Interruption](c)
	corrected := c.next().(*convai.AgentResponseCorrection)
	if corrected.EventID != stopped.EventID || corrected.Original != text || !strings.HasPrefix(text, corrected.Corrected) || strings.HasSuffix(corrected.Corrected, "wor") {
		t.Errorf("got %+v", corrected)
	}
	if got := time.Duration(len(corrected.Corrected)) * perLetter; got < heard-600*time.Millisecond || got > heard+2*time.Second {
		t.Errorf("%v were heard, and the correction has %v", heard, got)
	}
	for {
		switch m := c.next().(type) {
		case *convai.Audio:
			if m.EventID <= stopped.EventID {
				t.Fatalf("sound of %d after the interruption of %d", m.EventID, stopped.EventID)
			}
		case *convai.AgentResponse:
			if m.Text != "All right." || m.EventID <= stopped.EventID {
				t.Errorf("got %+v", m)
			}
		case *convai.AgentResponseComplete:
			return
		}
	}
}

func TestReplyThatWasHeardIsNotInterrupted(t *testing.T) {
	c := converse(t, listen(t, Options{TTS: humming}))
	c.say("thanks") // takes 1 s
	c.listen()
	time.Sleep(1500 * time.Millisecond)
	c.say("thanks")
	for {
		switch c.next().(type) {
		case *convai.Interruption:
			t.Fatal("it was")
		case *convai.AgentResponse:
			return
		}
	}
}

func TestReplyWhoseSoundFailsIsText(t *testing.T) {
	for _, row := range []struct {
		why      string
		patience time.Duration
		tts      func(ctx context.Context, text string, play func([]float32) error) error
	}{
		{"at once", 0, func(context.Context, string, func([]float32) error) error { return errors.New("no voice today") }},
		{"without a sound", 0, func(context.Context, string, func([]float32) error) error { return nil }},
		{"without an end", 100 * time.Millisecond, func(ctx context.Context, _ string, _ func([]float32) error) error { <-ctx.Done(); return ctx.Err() }},
		{"in the middle", 0, func(ctx context.Context, text string, play func([]float32) error) error {
			return errors.Join(humming(ctx, text[:8], play), errors.New("hoarse"))
		}},
		{"after an endless noise", 0, func(ctx context.Context, text string, play func([]float32) error) error {
			for {
				if err := play(make([]float32, 48000)); err != nil {
					return err
				}
			}
		}},
	} {
		t.Run(row.why, func(t *testing.T) {
			t.Parallel()
			c := converse(t, listen(t, Options{TTS: row.tts, SpeechPatience: row.patience}))
			c.say("thanks")
			if got := c.answer(); got != "You are welcome." {
				t.Errorf("got %q", got)
			}
			if strings.Contains(row.why, "noise") {
				c.say("hello")
				await[*convai.Interruption](c)
				return
			}
			await[*convai.AgentResponseComplete](c)
			c.say("help")
			if got := c.answer(); got != noTools {
				t.Errorf("then it said %q", got)
			}
		})
	}
}

func TestFarewellIsHeardBeforeTheCallEnds(t *testing.T) {
	c := converse(t, listen(t, Options{TTS: humming}))
	start := time.Now()
	c.say("goodbye")
	r := c.listen()
	await[*convai.AgentToolResponse](c)
	if took, want := time.Since(start), pcm.Format(defaultFormat).Duration(len(r.wire)); took < want {
		t.Errorf("hung up after %v of %v", took, want)
	}
	c.closed(1000, "")
}

func TestVoiceEndsWithItsConversation(t *testing.T) {
	var speaking atomic.Int32
	s := listen(t, Options{TTS: func(ctx context.Context, text string, play func([]float32) error) error {
		speaking.Add(1)
		defer speaking.Add(-1)
		for {
			if err := play(make([]float32, 4800)); err != nil {
				return err
			}
		}
	}})
	c := converse(t, s)
	for range 5 {
		c.say("thanks")
	}
	await[*convai.Audio](c)
	if n := speaking.Load(); n > 1 {
		t.Errorf("%d voices at a time", n)
	}
	c.ws.Close()
	for deadline := time.Now().Add(5 * time.Second); speaking.Load() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it goes on")
		}
	}
}
