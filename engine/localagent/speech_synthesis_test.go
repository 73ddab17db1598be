package localagent

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/localagent/brain"
	"moonlark/engine/speech"
)

// sentences is the answer function of a slowBrain. It says a sentence and the beginning of a second
// sentence at once, and the rest of the second sentence one second later.
func sentences(ctx context.Context, turn brain.Turn, _ string) {
	turn.Say("Bread needs flour and water. ")
	turn.Say("It also")
	select {
	case <-ctx.Done():
	case <-time.After(time.Second):
		turn.Say(" needs time.")
	}
	turn.End(nil)
}

func TestSentencesAreSpokenWhileTheBrainMakesTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var texts []string
		c := openSilent(t, startAgent(t, Options{Brain: &slowBrain{answer: sentences}, TTS: func(ctx context.Context, u speech.Utterance, play func([]float32) error) error {
			texts = append(texts, u.Text)
			return toneVoice(ctx, u, play)
		}}))
		start := time.Now()
		c.say("bread")
		first := await[*convai.Audio](c)
		if took := time.Since(start); took != 0 {
			t.Errorf("the first sound came after %v", took)
		}
		chars := strings.Join(first.Alignment.Chars, "")
		lasts, packets := 0, 1
		var text string
		for lasts == 0 {
			switch m := c.next().(type) {
			case *convai.Audio:
				packets++
				chars += strings.Join(m.Alignment.Chars, "")
				if m.IsFinal {
					lasts++
				}
			case *convai.AgentResponse:
				text = m.Text
			}
		}
		const want = "Bread needs flour and water. It also needs time."
		if complete := await[*convai.AgentResponseComplete](c); text != want || chars != want || complete.EventID != first.EventID {
			t.Errorf("got %q, aligned %q, and %+v", text, chars, complete)
		}
		if got := strings.Join(texts, "|"); got != "Bread needs flour and water.|It also needs time." {
			t.Errorf("spoke %q", got)
		}
	})
}

func TestSpokenSentenceCanBeInterruptedWhileTheBrainMakesTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &slowBrain{answer: func(ctx context.Context, turn brain.Turn, text string) {
			if text == "bread" {
				sentences(ctx, turn, text)
				return
			}
			turn.Say("Then not.")
			turn.End(nil)
		}}
		c := openSilent(t, startAgent(t, Options{Brain: b, TTS: toneVoice}))
		c.say("bread")
		// In 780 ms toneVoice speaks 13 characters. The agent estimates 65 ms for each character,
		// which makes 12 characters.
		time.Sleep(780 * time.Millisecond)
		c.say("no")
		if got := c.awaitResponse(); got != "Bread needs flour and water. It also" {
			t.Errorf("got %q", got)
		}
		if got := await[*convai.AgentResponseCorrection](c); got.Corrected != "Bread needs" {
			t.Errorf("got %+v", got)
		}
		if r := c.awaitSpeech(); r.text != "Then not." || r.chars != r.text {
			t.Errorf("got %+v", r)
		}
		if got, want := b.interruptions(), `"Bread needs" of "Bread needs flour and water. It also"`; got != want {
			t.Errorf("the brain was told %s, want %s", got, want)
		}
	})
}

func TestSentencesEndFindsTheLastCompleteSentence(t *testing.T) {
	for _, row := range []struct {
		why, text string
		want      int
	}{
		{"no end yet", "Bread needs flour and", 0},
		{"a full stop at the end of the text may be a decimal point", "The oven must have 3.", 0},
		{"a decimal point", "The oven must have 3.5 degrees more", 0},
		{"a complete sentence", "Bread needs flour and water. It", 28},
		{"a short sentence waits for the next one", "Yes. It does", 0},
		{"several sentences: the end of the last complete one", "Yes. It does. Bread needs water! And", 32},
		{"a new line", "- flour and water\n- salt and time\n-", 33},
	} {
		if got := sentencesEnd(row.text); got != row.want {
			t.Errorf("%s: %q: got %d, want %d", row.why, row.text, got, row.want)
		}
	}
}
