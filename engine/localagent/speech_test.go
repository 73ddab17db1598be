package localagent

import (
	"strings"
	"testing"
	"time"

	"moonlark/engine/convai"
	"moonlark/engine/tool"
)

func TestTextIsStreamedByTheWord(t *testing.T) {
	c := talk(t, listen(t, Options{Tools: house}), true)
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
	if got, want := c.types(2), "agent_response agent_response_complete"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestNewMessageInterrupts(t *testing.T) {
	spec := &tool.Spec{Name: "recite", Phrases: []string{"recite"}}
	c := talk(t, listen(t, Options{Tools: these(spec), FirstMessage: "Yes?", WordPace: 20 * time.Millisecond}), true)
	c.say("recite")
	text := strings.TrimSpace(strings.Repeat("word ", 500))
	c.result(await[*convai.ClientToolCall](c), text)
	for range 4 { // start and three words
		await[*convai.AgentChatResponsePart](c)
	}
	c.say("stop")
	interruption := await[*convai.Interruption](c)
	corrected := c.next().(*convai.AgentResponseCorrection)
	if interruption.EventID != 2 || corrected.EventID != 2 || corrected.Original != text ||
		!strings.HasPrefix(corrected.Corrected, "word word word") || len(corrected.Corrected) > len(text)/2 {
		t.Errorf("got %+v and %.60q", interruption, corrected.Corrected)
	}
	if got, want := await[*convai.AgentResponse](c), "All right."; got.Text != want || got.EventID != 3 {
		t.Errorf("got %+v, want %q", got, want)
	}
}

// What waits its turn while something else is being said is not lost when that
// is interrupted.
func TestResponsesDoNotInterleave(t *testing.T) {
	c := talk(t, listen(t, Options{Tools: house, FirstMessage: "Yes?", WordPace: 5 * time.Millisecond}), true)
	c.say("turn on the hall light and tell me the time")
	light, clock := await[*convai.ClientToolCall](c), await[*convai.ClientToolCall](c)
	c.say("remind me to sleep")
	remind := await[*convai.ClientToolCall](c)
	c.result(remind, "one two three four")
	c.result(light, "five six seven eight")
	c.result(clock, "nine")
	var order []string
	open, said := 0, 0
	for said < 2 {
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
			said++
		}
	}
	if got, want := strings.Join(order, "|"), "one two three four|five six seven eight. nine."; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestLongAnswerFitsThroughTheQueue(t *testing.T) {
	spec := &tool.Spec{Name: "read", Phrases: []string{"read"}}
	c := talk(t, listen(t, Options{Tools: these(spec)}), true)
	c.say("read")
	text := strings.Repeat("word ", 20*queued)
	c.result(await[*convai.ClientToolCall](c), text)
	var b strings.Builder
	for {
		switch m := c.next().(type) {
		case *convai.AgentChatResponsePart:
			b.WriteString(m.Text)
			continue
		case *convai.AgentResponse:
			if b.String() != text || m.Text != text {
				t.Errorf("got %d bytes in parts and %d in one, want %d", b.Len(), len(m.Text), len(text))
			}
			return
		}
	}
}
