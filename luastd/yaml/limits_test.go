package yaml

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
	"go.yaml.in/yaml/v3"
)

// repeat returns s n times. In each copy, ^ is replaced by the number of the copy.
func repeat(s string, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(s, "^", fmt.Sprint(i)))
	}
	return b.String()
}

// parseText parses a text without a Lua state.
func parseText(text string) ([]*yaml.Node, error) { return module{noCheckpoints{}}.parse(nil, text) }

type noCheckpoints struct{}

func (noCheckpoints) Checkpoint(*lua.LState) {}

// Each text is as expensive as the limits permit.
func TestExpensiveTextsNeedLittleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds on a busy machine")
	}
	const maxMemory = 96 << 20 // with the memory that becomes free while parse runs
	for _, row := range []struct{ why, text string }{
		{"a list", repeat("- a\n", 49_990)},
		{"a mapping", repeat("k^: v\n", 49_990)},
		{"mappings in a list", repeat("- a: b\n", 33_330)},
		{"a flow list", "[" + repeat("a,", 99_990) + "]"},
		{"flow mappings", "[" + repeat("{a},", 49_990) + "]"},
		{"pairs in a flow list", "[" + repeat("a: b,", 49_990) + "]"},
		{"empty lists", "[" + repeat("[],", 49_990) + "]"},
		{"empty elements", repeat("-\n", 99_990)},
		{"empty keys", repeat("?\n", 49_990)},
		{"lists in lists in a list", repeat("- - - a\n", 24_990)},
		{"many values in a deep list", repeat("[", 9_000) + repeat("a,", 90_000)},
		{"many pairs in a deep list", repeat("[", 9_000) + repeat("a: b,", 45_000)},
		{"nested lists", repeat("[", 99_999)},
		{"nested mappings", repeat("{", 99_999)},
		{"nested elements", repeat("- ", 99_999)},
		{"comments after values", repeat("a^: b # c\n", 49_990)},
		{"comments in a list", repeat("- # c\n", 49_990)},
		{"comments before values", repeat("a^:\n  # c\n", 33_330)},
		{"comments of two lines", repeat("- a # c\n    # d\n", 33_330)},
		{"documents", repeat("--- a\n", 49_990)},
		{"anchors and aliases", repeat("- &a^ b\n- *a^\n", 24_990)},
		{"tags", repeat("- !t^ b\n", 49_990)},
		{"tag directives", repeat("%TAG !a^! x\n", 100)},
		{"a long string", `"` + repeat("a", 1<<20-2) + `"`},
		{"escapes", `"` + repeat(`\n`, 1<<19-1) + `"`},
		{"a long word", repeat("a", 1<<20)},
		{"a long number", repeat("1", 1<<20)},
		{"quotes", repeat(`"`, 1<<20)},
		{"an indented block", "a: |\n" + repeat("  b\n", 99_990)},
		{"empty lines in a block", "a: |\n" + repeat("\n", 99_990)},
		{"a long comment", "#" + repeat("c", 1<<20-1)},
		{"spaces", repeat(" ", 1<<20)},
		{"reserved characters", repeat("%", 1<<20)},
		{"exclamation marks", repeat("! ", 1<<19)},
		{"stars", repeat("*a ", 1<<18)},
	} {
		if err := checkLimits(row.text); err != nil {
			t.Errorf("%s: %v", row.why, err)
			continue
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		parseText(row.text)
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > maxMemory {
			t.Errorf("%s: parse allocated %d MiB", row.why, got>>20)
		}
	}
}

// There must not be more values in a text than checkLimits assumes.
func FuzzLimits(f *testing.F) {
	for _, text := range []string{"a: b\n- c\n", "- - - a\n? ? b\n", "[a,b,{c,d: e},?]", "---\n---\r...\u0085---\u2028", "[[],[],{},\"a\":b]", "-\t-\t-\ta", "- -\r- -", "? - a\n: - b", "!!a &b\n- c"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1000 {
			return
		}
		documents, err := parseText(text)
		if err != nil {
			return
		}
		values := 0
		var count func(nodes []*yaml.Node)
		count = func(nodes []*yaml.Node) {
			for _, n := range nodes {
				values++
				count(n.Content)
			}
		}
		count(documents)
		if parts := countParts(text); values > 3*parts+3 {
			t.Fatalf("%q has %d parts, but %d values", text, parts, values)
		}
	})
}
