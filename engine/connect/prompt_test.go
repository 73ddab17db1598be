package connect

import (
	"strings"
	"testing"

	"moonlark/engine/llm"
)

func TestAPromptIsCutFromItsBeginning(t *testing.T) {
	r := llm.Request{System: strings.Repeat("s", 9000)}
	for _, text := range []string{"first", strings.Repeat("a", 900), strings.Repeat("b", 90_000), strings.Repeat("c", 900), strings.Repeat("d", 900), "last"} {
		r.Messages = append(r.Messages, llm.Message{Role: llm.User, Text: text})
	}
	r.Messages[5].Calls = []llm.Call{{Name: "light", Arguments: []byte(`{"on":true}`)}}
	e := promptEvent(2, r)
	prompt := e.Fields["prompt"].(string)
	if n := len([]rune(prompt)); n > maxPrompt+10 || !strings.HasPrefix(prompt, "…\nuser: aaa") && !strings.HasPrefix(prompt, "user: first") {
		t.Errorf("the prompt has %d characters and begins with %.40q", n, prompt)
	}
	if !strings.HasSuffix(prompt, "\nuser: last → light {\"on\":true}") || e.Fields["newest"] != `user: last → light {"on":true}` {
		t.Errorf("the prompt ends with %.60q, and the newest message is %q", prompt[len(prompt)-60:], e.Fields["newest"])
	}
	if n := len([]rune(e.Fields["system"].(string))); n > maxPrompt/4+1 {
		t.Errorf("%d characters of the system prompt", n)
	}
	if e.Fields["messages"] != 6 || e.Fields["round"] != 2 {
		t.Errorf("got %v", e.Fields)
	}
}
