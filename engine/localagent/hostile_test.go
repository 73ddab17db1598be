package localagent

import (
	"strings"
	"testing"
	"time"

	"moonlark/engine/tool"
)

// A sentence made to be hard, for phrases made to be hard, takes a moment and
// not a minute: what is still possible is bounded by words² and by phrases.
func TestHardSentencesTakeBoundedTime(t *testing.T) {
	list := &tool.Schema{Type: "array", Items: str()}
	specs := append(house(), &tool.Spec{
		Name: "hard", Parameters: object("a", str(), "b", list, "n", typed("number")),
		Phrases: []string{"{a} x {b} x {c} x {d} y", "x {b} x {b} x {n}", "the {a} the {b} the {c}", "please x please"},
	})
	for _, word := range []string{"x ", "the ", "x, and ", "please ", "x x the ", "turn on the hall light and "} {
		say := strings.Repeat(word, mostWords/len(strings.Fields(word)))
		start := time.Now()
		decide(say, specs, &question{&intent{spec: specs[0]}, "room"})
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%q: took %v", word, took)
		} else {
			t.Logf("%q: %v", word, took)
		}
	}
}

func BenchmarkDecide(b *testing.B) {
	specs := house()
	for _, say := range []string{"turn on the hall light", "turn on the hall light and tell me the time", "sing me a song about the sea"} {
		b.Run(strings.ReplaceAll(say, " ", "_"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				decide(say, specs, nil)
			}
		})
	}
}
