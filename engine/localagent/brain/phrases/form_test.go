package phrases

import (
	"slices"
	"strings"
	"testing"

	"moonlark/engine/tool"
)

func TestTheFormsOfSentencesComeFromPhrasesAndParameters(t *testing.T) {
	var got []string
	for _, f := range Forms(append(homeTools(), &tool.Spec{Name: "openGarageDoor"})) {
		text := f.String()
		if f.HasFreeText() {
			text += " (free)"
		}
		got = append(got, text)
	}
	want := []string{
		"turn on the kitchen light", "turn the kitchen light on", "switch on the light in the kitchen",
		"set the heating to # degrees", "make it # degrees in the kitchen",
		"what time is it", "the time",
		"remind me to … (free)", "remember … for … days (free)",
		"the blinds should be open",
		"again # times",
		"put … on the list (free)", "buy … (free)",
		"open garage door",
		"kitchen", "on", "#", "open", "#", // answers to questions
		"yes",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// What a recogniser is told to expect must be understood if it is said.
func TestEveryExampleOfAFormIsUnderstood(t *testing.T) {
	tools := homeTools()
	for _, f := range Forms(tools) {
		if f.HasFreeText() || len(f.Parts) == 1 { // an answer to a question
			continue
		}
		for i := 0; ; i++ {
			say, ok := f.Example(i)
			if !ok {
				break
			}
			if got := show(decide(say, tools, nil)); !strings.HasPrefix(got, f.Tool.Name+" ") {
				t.Errorf("%q: %s", say, got)
			}
		}
	}
}

func TestExamplesBeginWithOneOfEachForm(t *testing.T) {
	got := Sentences(homeTools(), 4)
	want := []string{"turn on the kitchen light", "turn the kitchen light on", "switch on the light in the kitchen", "set the heating to five degrees"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	all := Sentences(homeTools(), 1000)
	if !slices.Contains(all, "turn off the living room light") || len(all) > 100 {
		t.Errorf("got %q", all)
	}
	if got := Sentences(nil, 3); len(got) != 3 {
		t.Errorf("without tools: got %q", got)
	}
}

func TestAContractionIsAnotherWayToSayTwoWords(t *testing.T) {
	forms := Forms([]*tool.Spec{{Name: "t", Phrases: []string{"what is the time", "{", "the", "{x}"}}})
	if got := strings.Join(forms[0].Parts[0].Words, "|"); got != "what is|what's" {
		t.Errorf("got %s", got)
	}
}
