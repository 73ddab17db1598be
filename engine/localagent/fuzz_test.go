package localagent

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"moonlark/engine/tool"
)

// Whatever is said, and whatever phrases a script has, there is an answer or a
// call that its tool accepts.
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
		specs := append(house(), &tool.Spec{
			Name: "fuzz", Phrases: []string{phrase},
			Parameters: object("text", str(), "who", str(answer, phrase), "list", &tool.Schema{Type: "array", Items: typed("number")}),
		})
		var asked *question
		for _, s := range []string{say, answer, say} {
			p := decide(s, specs, asked)
			asked = p.ask
			if len(p.calls) == 0 && p.say == "" {
				t.Fatalf("%q: no answer", s)
			}
			if !utf8.ValidString(p.say) {
				t.Fatalf("%q: answer %q", s, p.say)
			}
			for _, c := range p.calls {
				if err := c.spec.CheckArguments(c.args); err != nil || !json.Valid(c.args) {
					t.Fatalf("%q: %s %s: %v", s, c.spec.Name, c.args, err)
				}
			}
		}
	})
}

func FuzzSpeak(f *testing.F) {
	for _, s := range []string{"", "ok", `{"a":[1,{"b":null}],"c":1e400}`, `[[[[[[1]]]]]]`, `{"a":1,"a":2}`, `1.0000000001`, "nul"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if speak(s, false) == "" || speak(s, true) == "" {
			t.Fatalf("%q: nothing to say", s)
		}
		speakAll([]string{s, s, ""})
	})
}
