package phrases

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"moonlark/engine/tool"
)

// For every sentence and every phrase, the agent must say something, or call the tool with
// arguments that its schema accepts.
func FuzzDecide(f *testing.F) {
	for _, say := range []string{
		"turn on the hall light and tell me the time", "/set_light {\"on\":true}", "/", "what's 3 - 4 & -5?", "a an the",
		"remember and and, for ; days then", "put , on the list", "\xff\xfe é 💡", "'s", "- - -", "minus minus 3", "the the light the",
	} {
		f.Add(say, "say {text} to {who}", "hall")
	}
	f.Add("x", "{", "}{text}{")
	f.Add("a b", "{a}{b}", "{}")
	f.Fuzz(func(t *testing.T, say, phrase, answer string) {
		specs := append(homeTools(), &tool.Spec{
			Name: "fuzz", Phrases: []string{phrase},
			Parameters: object("text", str(), "who", str(answer, phrase), "list", &tool.Schema{Type: "array", Items: typed("number")}),
		})
		var asked *question
		for _, s := range []string{say, answer, say} {
			p := decide(s, specs, asked)
			asked = p.question
			if len(p.calls) == 0 && p.say == "" {
				t.Fatalf("%q: no answer", s)
			}
			if !utf8.ValidString(p.say) {
				t.Fatalf("%q: answer %q", s, p.say)
			}
			for _, c := range p.calls {
				if err := c.Tool.CheckArguments(c.Arguments); err != nil || !json.Valid(c.Arguments) {
					t.Fatalf("%q: %s %s: %v", s, c.Tool.Name, c.Arguments, err)
				}
			}
		}
	})
}

func FuzzSpokenResult(f *testing.F) {
	for _, s := range []string{"", "ok", `{"a":[1,{"b":null}],"c":1e400}`, `[[[[[[1]]]]]]`, `{"a":1,"a":2}`, `1.0000000001`, "nul"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if spokenResult(s, false) == "" || spokenResult(s, true) == "" {
			t.Fatalf("%q: the agent says nothing", s)
		}
		joinSentences([]string{s, s, ""})
	})
}
