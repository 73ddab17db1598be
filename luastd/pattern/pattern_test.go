package pattern_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/pattern"
)

// A checkpointCounter counts the calls of Checkpoint. It simulates a killed task at call number
// killAt.
type checkpointCounter struct{ checkpoints, killAt int }

func (b *checkpointCounter) Checkpoint(L *lua.LState) {
	if b.checkpoints++; b.checkpoints == b.killAt {
		L.RaiseError("the task has been killed")
	}
}

// find searches text from its beginning. It returns the bounds of the match and the captures as
// text, or the error that the matcher raised.
func find(t testing.TB, text, pat string, checkpointer pattern.Checkpointer, opts pattern.Options) string {
	t.Helper()
	L := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer L.Close()
	result := ""
	err := L.CallByParam(lua.P{Protect: true, Fn: L.NewFunction(func(L *lua.LState) int {
		var m pattern.Matcher
		m.Init(L, checkpointer, text, pat, opts)
		from, to := m.Find(0)
		result = fmt.Sprint(from, " ", to)
		if from >= 0 {
			for i := range m.Captures() {
				result += " " + m.Value(i, from, to).String()
			}
		}
		return 0
	})})
	if err != nil {
		return strings.TrimSpace(err.(*lua.ApiError).Object.String())
	}
	return result
}

// exponential has patterns for which the number of possible matches grows exponentially.
var exponential = []struct{ name, text, pattern string }{
	{"stars in a row", strings.Repeat("a", 40) + "cb", strings.Repeat("a*", 20) + "b"},
	{"stars before a set", strings.Repeat("a", 28), strings.Repeat("a*", 12) + "[bc]"},
	{"many choices", strings.Repeat("a", 40), strings.Repeat("a?", 40) + strings.Repeat("a", 40) + "[bc]"},
	{"lazy in a row", strings.Repeat("a", 3000), ".-.-.-[bc]"},
	{"lazy on a long text", strings.Repeat("a", 1e6), ".-[bc]"},
	{"star on a long text", strings.Repeat("a", 1e6), "a*[bc]"},
	{"balance that is never closed", strings.Repeat("<", 1e6) + ">", "%b<>$"},
	{"back references", strings.Repeat("a", 1e5), "(a*)%1[bc]"},
	{"a long set", strings.Repeat("a", 1e5), "[" + strings.Repeat("b", 5e4) + "]"},
}

// A pattern that would take practically forever must end with an error. The error comes after a
// number of steps, which should take about the same time for each pattern. BenchmarkMaxSteps
// measures that time.
func TestExponentialPatternsEndWithAnError(t *testing.T) {
	for _, row := range exponential {
		t.Run(row.name, func(t *testing.T) {
			begun := time.Now()
			got := find(t, row.text, row.pattern, &checkpointCounter{}, pattern.Options{MaxSteps: pattern.MaxSteps / 50})
			if want := "pattern takes too long (more than 2000000 steps)"; got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			// on an idle machine, a pattern takes about 20 ms
			if took := time.Since(begun); took > 10*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestMatchingCanBeInterrupted(t *testing.T) {
	for _, row := range exponential {
		b := &checkpointCounter{killAt: 3}
		if got := find(t, row.text, row.pattern, b, pattern.Options{}); got != "the task has been killed" || b.checkpoints != 3 {
			t.Errorf("%s: got %s after %d checkpoints", row.name, got, b.checkpoints)
		}
	}
}

func TestMatchingAllocatesNothing(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	for _, row := range []struct{ text, pattern string }{
		{"level = 75", "^(%w+)%s*=%s*(%d+)$"},
		{strings.Repeat("a b ", 10), "(.-)%s(.*)x"},
		{strings.Repeat("a b ", 100), "%f[%a](%a)%s*%1[^a]"},
	} {
		var m pattern.Matcher
		checkpointer := &checkpointCounter{}
		allocs := testing.AllocsPerRun(100, func() {
			m = pattern.Matcher{}
			m.Init(L, checkpointer, row.text, row.pattern, pattern.Options{})
			m.Find(0)
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations", row.pattern, allocs)
		}
	}
}

func TestAMistakeInAPatternRaisesAnErrorWhenTheMatchReachesIt(t *testing.T) {
	for _, row := range []struct{ text, pattern, want string }{
		{"abc", "b%", "malformed pattern (ends with '%')"},
		{"abc", "x%", "-1 0"},
		{"abc", "[a", "malformed pattern (missing ']')"},
		{"abc", "a%f", "missing '[' after '%f' in pattern"},
		{"abc", "%ba", "unbalanced pattern"},
		{"abc", "b)", "invalid pattern capture"},
		{"abc", "(b", "unfinished capture"},
		{"abc", "%1", "invalid capture index"},
		{"abc", strings.Repeat("()", 33), "too many captures"},
		{strings.Repeat("a", 2000), strings.Repeat("a?", 2000), "pattern too complex (more than 1000 nested repetitions)"},
		{"abc", strings.Repeat("a", 70000), "pattern too long (70000 bytes; the maximum is 65536)"},
	} {
		if got := find(t, row.text, row.pattern, &checkpointCounter{}, pattern.Options{}); got != row.want {
			t.Errorf("%.20q in %.20q: got %s, want %s", row.pattern, row.text, got, row.want)
		}
	}
}

// No pattern may make the matcher panic or return wrong bounds. TestPatternsMatchAsInLua51 in
// package std compares the results with Lua 5.1.
func FuzzMatcher(f *testing.F) {
	for _, seed := range [][2]string{
		{"hello world", "(o)(.)"}, {"THE (quick) fox", "%f[%a]()%a+"}, {"f(a(b)c)d", "^.-(%b())%w$"},
		{"key = value", "^%s*(.-)%s*=%s*(.*)$"}, {"aaab", "a-b?a*()"}, {"x==x", "(.)(=)%2%1"},
		{"[a]]", "[]a-]+[^]]"}, {"abc", "((a)(b)"}, {"abc", "[a-%%]]?"}, {"ab\x00c", "[%z\x00]%Z"},
	} {
		f.Add(seed[0], seed[1], "")
	}
	f.Fuzz(func(t *testing.T, text, pat, _ string) {
		got := find(t, text, pat, &checkpointCounter{}, pattern.Options{MaxSteps: 100_000})
		var from, to int
		if n, _ := fmt.Sscan(got, &from, &to); n == 2 && from >= 0 && (to < from || to > len(text)) {
			t.Errorf("%q in %q: %s", pat, text, got)
		}
		if strings.Contains(got, "runtime error") {
			t.Errorf("%q in %q: %s", pat, text, got)
		}
	})
}

func BenchmarkMaxSteps(b *testing.B) {
	for _, row := range exponential {
		b.Run(row.name, func(b *testing.B) {
			for b.Loop() {
				find(b, row.text, row.pattern, &checkpointCounter{}, pattern.Options{})
			}
		})
	}
}
