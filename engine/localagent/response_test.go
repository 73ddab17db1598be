package localagent

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"moonlark/engine/convai"
)

func TestTextIsStreamedWordByWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openText(t, startAgent(t, Options{Tools: homeTools}), true)
		c.say("thanks")
		var parts []string
		for {
			p := await[*convai.AgentChatResponsePart](c)
			if p.EventID != 2 {
				t.Errorf("event id %d", p.EventID)
			}
			parts = append(parts, string(p.Part)+":"+p.Text)
			if p.Part == convai.PartStop {
				break
			}
		}
		if got, want := strings.Join(parts, "|"), "start:|delta:You |delta:are |delta:welcome.|stop:"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got, want := c.nextTypes(2), "agent_response agent_response_complete"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestNewMessageInterruptsStreamedText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openText(t, startAgent(t, Options{Tools: homeTools, FirstMessage: "Yes?", WordDelay: 20 * time.Millisecond}), true)
		c.say("recite")
		text := strings.TrimSpace(strings.Repeat("word ", 500))
		c.sendResult(await[*convai.ClientToolCall](c), text)
		for range 4 { // the start of the response and its first three words
			await[*convai.AgentChatResponsePart](c)
		}
		c.say("stop")
		interruption := await[*convai.Interruption](c)
		corrected := c.next().(*convai.AgentResponseCorrection)
		if interruption.EventID != 2 || corrected.EventID != 2 || corrected.Original != text || corrected.Corrected != "word word word" {
			t.Errorf("got %+v and %.60q", interruption, corrected.Corrected)
		}
		if got, want := await[*convai.AgentResponse](c), "All right."; got.Text != want || got.EventID != 3 {
			t.Errorf("got %+v, want %q", got, want)
		}
	})
}

// The response to one message waits while another response is said. When a third message interrupts
// the response that is being said, the waiting response is not lost.
func TestResponsesAreSaidOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openText(t, startAgent(t, Options{Tools: homeTools, FirstMessage: "Yes?", WordDelay: 5 * time.Millisecond}), true)
		c.say("turn on the hall light and tell me the time")
		light, clock := await[*convai.ClientToolCall](c), await[*convai.ClientToolCall](c)
		c.say("remind me to sleep")
		remind := await[*convai.ClientToolCall](c)
		c.sendResult(remind, "one two three four")
		c.sendResult(light, "five six seven eight")
		c.sendResult(clock, "nine")
		var order []string
		open := 0
		for len(order) < 2 {
			switch m := c.next().(type) {
			case *convai.AgentChatResponsePart:
				switch m.Part {
				case convai.PartStart:
					open++
				case convai.PartStop:
					open--
				}
				if open > 1 {
					t.Fatal("two responses at a time")
				}
			case *convai.AgentResponse:
				order = append(order, m.Text)
			}
		}
		if got, want := strings.Join(order, "|"), "one two three four|five six seven eight. nine."; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func TestTextLongerThanTheQueueIsStreamedCompletely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := openText(t, startAgent(t, Options{Tools: homeTools}), true)
		c.say("recite")
		text := strings.Repeat("word ", 20*maxQueued)
		c.sendResult(await[*convai.ClientToolCall](c), text)
		var b strings.Builder
		for {
			switch m := c.next().(type) {
			case *convai.AgentChatResponsePart:
				b.WriteString(m.Text)
				continue
			case *convai.AgentResponse:
				if b.String() != text || m.Text != text {
					t.Errorf("got %d bytes in parts and %d in the response, want %d", b.Len(), len(m.Text), len(text))
				}
				return
			}
		}
	})
}
