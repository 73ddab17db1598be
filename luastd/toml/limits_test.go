package toml

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// repeat returns s n times. In each copy, # is replaced by the number of the copy.
func repeat(s string, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(s, "#", fmt.Sprint(i)))
	}
	return b.String()
}

// Each text is as expensive as the limits permit. Without limits, the library needs gigabytes for
// some texts of 1 MiB.
func TestExpensiveTextsNeedLittleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds on a busy machine")
	}
	const maxMemory = 64 << 20
	deep := strings.Repeat("a.", 99)
	for _, row := range []struct{ why, text string }{
		{"many keys", repeat("k#=1\n", 49_990)},
		{"many tables", repeat("[t#]\n", 49_990)},
		{"many lists of tables", repeat("[[t#]]\n", 49_990)},
		{"many tables in a list", repeat("[[t]]\na=1\n", 24_990)},
		{"keys of three parts", repeat("a#.b.c=1\n", 16_600)},
		{"headers of three parts", repeat("[a#.b.c]\n", 16_600)},
		{"keys of five parts", repeat("a.a#.a.a.a=1\n", 8_300)},
		{"keys of 100 parts", repeat(deep+"a#=1\n", 23)},
		{"headers of 100 parts", repeat("["+deep+"a#]\n", 23)},
		{"keys in 100 tables", "[" + deep + "a]\n" + repeat("k#=1\n", 2_300)},
		{"keys in a table with a long name", "[" + repeat("a", 10_000) + "]\n" + repeat("k#=1\n", 1_500)},
		{"inline tables", "a=[" + repeat("{a={b={c=1}}},", 7_100) + "]"},
		{"empty inline tables", "a=[" + repeat("{},", 24_990) + "]"},
		{"empty arrays", "a=[" + repeat("[],", 24_990) + "]"},
		{"dates", "a=[" + repeat("07:32:00,", 49_990) + "]"},
		{"a wrong word of 1 MiB", "a=" + repeat("x", 1<<20)},
		{"a wrong date of 1 MiB", "a=" + repeat("1-", 1<<19)},
		{"escapes", `a="` + repeat(`\n`, 1<<19) + `"`},
		{"empty lines before a mistake", repeat("\n", 1<<20) + "x"},
	} {
		if err := checkLimits(row.text); err != nil {
			t.Errorf("%s: %v", row.why, err)
			continue
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, keys, _ := parse(row.text)
		orderOf(keys)
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > maxMemory {
			t.Errorf("%s: parse allocated %d MiB", row.why, got>>20)
		}
	}
}

func TestLimits(t *testing.T) {
	const keys = "too many keys in deeply nested tables, or with long names"
	deep := strings.Repeat("a.", 99)
	for _, row := range []struct{ why, text, want string }{
		{"too many keys", repeat("k#=1\n", 50_001), "more than 50000 values"},
		{"too many tables", repeat("[t#]\n", 50_001), "more than 50000 values"},
		{"too many parts of keys", repeat("a#.b=1\n", 25_001), "more than 50000 values"},
		{"a key of too many parts", "a." + deep + "a=1", "a key with more than 100 parts"},
		{"a header of too many parts", "[a." + deep + "a]", "a key with more than 100 parts"},
		{"too many keys of 100 parts", repeat(deep+"a#=1\n", 30), keys},
		{"too many keys in 100 tables", "[" + deep + "a]\n" + repeat("k#=1\n", 2_500), keys},
		{"too many keys in a table with a long name", "[" + repeat("a", 10_000) + "]\n" + repeat("k#=1\n", 1_700), keys},
		{"too many keys in an inline table with a long name", repeat("a", 10_000) + "={" + repeat("k#=1,", 1_700) + "}", keys},
		{"too many nested arrays", "a=" + repeat("[", 101), "more than 100 nested arrays and tables"},
		{"too many nested tables", repeat("a={", 101), "more than 100 nested arrays and tables"},
	} {
		err := checkLimits(row.text)
		if err == nil || err.Error() != row.want {
			t.Errorf("%s: got %v, want %s", row.why, err, row.want)
		}
	}
}

// What looks like a key or a bracket does not count in strings and comments.
func TestTheLimitsDoNotCountStringsAndComments(t *testing.T) {
	brackets := repeat("[", 200)
	for _, text := range []string{
		"a = '" + brackets + "'", `a = "\"` + brackets + `"`, "a = '''\n''" + brackets + "'''''", `a = """"\"""` + brackets + `"""`,
		"# " + brackets, "a = 1 # " + brackets, "[a] # " + brackets, "['" + brackets + "']", `"` + brackets + `" = 1`,
		"a = ''\nb = '" + brackets + "'", "a = [''] # '''" + brackets, "a = [ # ]\n'" + brackets + "']",
	} {
		if err := checkLimits(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if _, _, err := parse(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// checkLimits must count at least as many values as the library finds.
func FuzzLimits(f *testing.F) {
	for _, text := range []string{"a=1\n[b]\nc.d=[{x=1},{}]\n[[e]]\n", "a='''x''''\nb=1", "a=\"\"\"x\\\"\"\"\"\"\nb=1", "a=\"\\\\\"\nb=1", "'a=b'.\"c\"={d=1,e={}} # x=1", "['a#']\nb=1", "a = [ # x\n[1,\n2]]\nb=1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := counter{text: text, lineStart: true, tables: make([]int, 1), parts: 1}
		for c.i < len(text) {
			if err := c.next(); err != nil {
				return
			}
		}
		_, keys, err := parse(text)
		if err != nil {
			return
		}
		paths := 0
		for _, key := range keys {
			paths += len(key) * partCost
		}
		if len(keys) > c.values || paths > c.keys {
			t.Fatalf("%q has %d keys with paths of %d, counted were %d and %d", text, len(keys), paths, c.values, c.keys)
		}
	})
}
