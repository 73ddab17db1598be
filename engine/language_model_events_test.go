package engine

import (
	"strings"
	"testing"

	"moonlark/engine/bus"
	"moonlark/engine/llm"
	"moonlark/engine/llm/llmtest"
	"moonlark/engine/testkit"
)

// The pages see what the model was asked and what the answer has cost. The terminal and --json do not
// see the prompt.
func TestPagesSeeThePromptsAndTheirCost(t *testing.T) {
	t.Parallel()
	s := llmtest.Messages.Serve(t, llmtest.Messages.Text("At noon."))
	opts := withAPI(llmtest.Messages, s, "when is high water")
	opts.LocalAgent.Price = llm.Price{Input: 1000, Output: 10_000}
	opts.Bus = new(bus.Bus)
	var prompts, rounds []bus.Event
	sub := opts.Bus.Subscribe(func(bus.Type) bool { return true }, func(e bus.Event) {
		switch {
		case e.Type == bus.Activity && e.Tab == "prompt":
			prompts = append(prompts, e)
		case e.Type == bus.ModelRound:
			rounds = append(rounds, e)
		}
	})
	h := newTestEngine(t, opts, "a.lua", namedTools)
	if err := h.runToEnd(); err != nil {
		t.Fatal(err)
	}
	sub.Close(testkit.Timeout)
	if len(prompts) != 1 || len(rounds) != 1 {
		t.Fatalf("got %d prompts and %d rounds", len(prompts), len(rounds))
	}
	for _, name := range []string{"newest", "prompt"} {
		if text := prompts[0].Fields[name].(string); !strings.HasPrefix(text, "user: ") || !strings.HasSuffix(text, "when is high water") {
			t.Errorf("%s is %q", name, text)
		}
	}
	if r := rounds[0].Round; r.InputTokens != 7 || r.OutputTokens != 5 || r.Cost != 0.057 {
		t.Errorf("got %+v", r)
	}
	if bus.Activity.IsShown() {
		t.Error("the terminal and --json show activities")
	}
}
