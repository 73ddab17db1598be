package phrases

import (
	"strings"
	"testing"
	"time"

	"moonlark/engine/tool"
)

// Some sentences match some phrases in very many ways. The time for a decision must not grow with
// the number of ways, only with the number of phrases and the square of the number of words.
func TestHardSentencesTakeBoundedTime(t *testing.T) {
	list := &tool.Schema{Type: "array", Items: str()}
	specs := append(homeTools(), &tool.Spec{
		Name: "hard", Parameters: object("a", str(), "b", list, "n", typed("number")),
		Phrases: []string{"{a} x {b} x {c} x {d} y", "x {b} x {b} x {n}", "the {a} the {b} the {c}", "please x please"},
	})
	count := maxWords
	if testing.Short() {
		count /= 2
	}
	// decide takes less than a second, but the race detector or a busy machine make it slower
	const maxTime = 30 * time.Second
	for _, word := range []string{"x ", "the ", "x, and ", "please ", "x x the ", "turn on the hall light and "} {
		say := strings.Repeat(word, count/len(strings.Fields(word)))
		start := time.Now()
		decide(say, specs, &question{&intent{tool: specs[0]}, "room"})
		if took := time.Since(start); took > maxTime {
			t.Errorf("%q: took %v", word, took)
		} else {
			t.Logf("%q: %v", word, took)
		}
	}
}

func BenchmarkDecide(b *testing.B) {
	specs := homeTools()
	for _, say := range []string{"turn on the hall light", "turn on the hall light and tell me the time", "sing me a song about the sea"} {
		b.Run(strings.ReplaceAll(say, " ", "_"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				decide(say, specs, nil)
			}
		})
	}
}
