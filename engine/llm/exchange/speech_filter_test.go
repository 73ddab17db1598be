package exchange

import (
	"strings"
	"testing"
)

var spokenTexts = []struct{ name, text, want string }{
	{"plain", "Hello there.", "Hello there."},
	{"thoughts first", "<think>hm\nso</think>\n\nHello.", "Hello."},
	{"thoughts in the middle", "One. <thinking>hm</thinking>Two.", "One. Two."},
	{"thoughts that do not end", "One. <think>hm", "One. "},
	{"a smaller sign", "1 < 2 and 3 <4 <b>", "1 < 2 and 3 <4 <b>"},
	{"template tokens", "Hello.<|im_end|>", "Hello."},
	{"white space around", "\n  Hello. ", "Hello. "},
	{"a printed call", "I will.\n<tool_call>{\"name\":\"x\",\"arguments\":{}}</tool_call>", "I will.\n"},
	{"a printed call of Mistral", `[TOOL_CALLS][{"name":"x","arguments":{}}]`, ""},
	{"a printed call of Llama", `{"name": "x", "parameters": {"n": 1}}`, ""},
	{"a printed call in a fence", "```json\n{\"name\":\"x\",\"arguments\":{}}\n```", ""},
	{"code in a fence", "See:\n```lua\nprint(1)\n```\nDone.", "See:\n```lua\nprint(1)\n```\nDone."},
	{"JSON that is not a call", `{"name": "Ada"}`, `{"name": "Ada"}`},
	{"a fence that does not end", "```\nprint(1)", "```\nprint(1)"},
	{"a brace later", "Use {braces}.", "Use {braces}."},
}

func filtered(f *speechFilter, pieces ...string) string {
	var said strings.Builder
	f.say = func(text string) { said.WriteString(text) }
	for _, p := range pieces {
		f.add(p)
	}
	f.finish()
	return said.String()
}

func TestOnlyWhatIsMeantForTheUserIsSaid(t *testing.T) {
	for _, row := range spokenTexts {
		t.Run(row.name, func(t *testing.T) {
			for cut := range len(row.text) + 1 { // tags may be cut between two pieces
				if got := filtered(&speechFilter{}, row.text[:cut], row.text[cut:]); got != row.want {
					t.Fatalf("cut at %d: got %q, want %q", cut, got, row.want)
				}
			}
			if got := filtered(&speechFilter{}, strings.Split(row.text, "")...); got != row.want {
				t.Errorf("letter by letter: got %q, want %q", got, row.want)
			}
		})
	}
}

func TestTextIsPassedOnBeforeTheReplyIsComplete(t *testing.T) {
	var said []string
	f := speechFilter{say: func(text string) { said = append(said, text) }}
	f.add("One ")
	f.add("two <")
	f.add("3")
	if got := strings.Join(said, "|"); got != "One |two |<3" {
		t.Errorf("got %q", got)
	}
}

func TestThoughtsWithoutAnOpeningTagAreLearned(t *testing.T) {
	f := speechFilter{}
	if got := filtered(&f, "hm ", "so</think>", "Hello."); !strings.HasSuffix(got, "Hello.") || !f.orphan {
		t.Errorf("got %q, orphan %v", got, f.orphan)
	}
	if got := filtered(&speechFilter{thinksFirst: true}, "hm ", "so</thi", "nk>", "Hello."); got != "Hello." {
		t.Errorf("the next reply: got %q", got)
	}
	if got := filtered(&speechFilter{thinksFirst: true}, "Hello ", "again."); got != "Hello again." {
		t.Errorf("a reply without thoughts: got %q", got)
	}
}

func TestAPrintedCallIsNoticed(t *testing.T) {
	for text, want := range map[string]bool{
		`<tool_call>{"name":"x"}</tool_call>`: true, `{"name":"x","arguments":{}}`: true, "Hello.": false,
		"```\nprint(1)\n```": false, "<function=x>{}</function>": true,
	} {
		f := speechFilter{}
		if filtered(&f, text); f.printed != want {
			t.Errorf("%s: printed is %v", text, f.printed)
		}
	}
}
