package re

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
)

func mustProgram(t testing.TB, pattern string) *program {
	p, tree, err := parse(pattern, "")
	if err == nil {
		err = p.compile(tree)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A search must find the matches that package regexp finds, whether it polls or not.
func FuzzSearch(f *testing.F) {
	for _, pattern := range []string{"", "a", "a*", `\b`, `\bb`, `^`, `$`, `^.`, `\B.`, "(a)|(b)?", `^a|\Bb`, ".", "Ab", `a+?`, `\Qa`, "ab", "[^a]", "(?P<x>a)"} {
		for i, text := range []string{"", "a", "ab ba aab", "a\nb\n\na", "äbé", "\xffa\xe2\x82b\xac", "aBAb"} {
			f.Add(pattern, i%4 == 1, i%4 == 2, i%4 == 3, i > 3, text)
		}
	}
	f.Fuzz(func(t *testing.T, pattern string, i, m, s, u bool, text string) {
		if strings.Contains(strings.ToUpper(pattern), "FFFD") || strings.Contains(pattern, "\uFFFD") || len(pattern) > 100 || len(text) > 1000 {
			return // package regexp itself has two answers to whether U+FFFD matches wrong UTF-8
		}
		flags, prefix := "", ""
		for letter, set := range map[string]bool{"i": i, "m": m, "s": s, "U": u} {
			if set {
				flags += letter
			}
		}
		if flags != "" {
			prefix = "(?" + flags + ")"
		}
		re, compileErr := regexp.Compile(prefix + pattern)
		p, tree, err := parse(pattern, flags)
		switch {
		case err != nil && len(err.Error()) > 300:
			t.Fatalf("a long error: %v", err)
		case err == nil && compileErr != nil:
			t.Fatalf("parse(%q) returned no error, want %v", pattern, compileErr)
		case err != nil, p.states > 500: // the search for all matches could take long
			return
		}
		if err := p.compile(tree); err != nil {
			t.Fatal(err)
		}
		want := re.FindAllStringSubmatchIndex(text, -1)
		for _, poll := range []func() bool{nil, func() bool { return true }} {
			var got [][]int
			s := newSearch(p, text)
			for loc := s.next(poll); loc != nil; loc = s.next(poll) {
				got = append(got, loc)
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("pattern %q with the flags %q in %q, polling %v: got %v, want %v", pattern, flags, text, poll != nil, got, want)
			}
		}
	})
}

func TestASearchEndsWhenPollReturnsFalse(t *testing.T) {
	p := mustProgram(t, `(?:a?){500}b`)
	calls := 0
	loc := p.find(strings.Repeat("a", 1<<20), 0, func() bool { calls++; return calls < 3 })
	if loc != nil || calls < 3 {
		t.Errorf("found %v after %d calls of poll, want nothing after 3", loc, calls)
	}
}

// A waiter is the Waiter and the Checkpointer of a script without an executor.
type waiter struct {
	luastd.Waiter
	cancelled    bool // whether Await cancels the work at once, as when the task has been killed
	ended        chan any
	checkpoints  int
	checkpointAt int // number of the call of Checkpoint that raises an error
}

func (w *waiter) Await(L *lua.LState, begin func(done func(any)) func()) any {
	w.ended = make(chan any, 1)
	cancel := begin(func(v any) { w.ended <- v })
	if w.cancelled {
		cancel()
		L.RaiseError("killed")
	}
	return <-w.ended
}

func (w *waiter) Checkpoint(L *lua.LState) {
	if w.checkpoints++; w.checkpoints == w.checkpointAt {
		L.RaiseError("killed")
	}
}

func (w *waiter) test(L *lua.LState, p *program, text string) error {
	m := &module{Waiter: w, Checkpointer: w}
	fn := L.NewFunction(func(L *lua.LState) int { return m.test(L, p, text) })
	return L.CallByParam(lua.P{Fn: fn, NRet: 1, Protect: true})
}

func TestTheSearchOfAKilledTaskEnds(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	w := &waiter{cancelled: true}
	// the search would take days
	if err := w.test(L, mustProgram(t, `(?:(?:a?){1000}){1}(?:a?){1000}b`), strings.Repeat("a", maxText)); err == nil {
		t.Error("no error, want that the task has been killed")
	}
	select {
	case <-w.ended:
	case <-time.After(10 * time.Second):
		t.Error("the search goes on after its task has been killed")
	}
}

func TestAPatternCanBeUsedAfterASearchHasBeenKilledInIt(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	p := mustProgram(t, `(?:a?){300}b`)
	w := &waiter{checkpointAt: 3}
	var raised *lua.ApiError
	if err := w.test(L, p, strings.Repeat("a", maxTextAtOnce)); !errors.As(err, &raised) {
		t.Errorf("got %v, want that the task has been killed", err)
	}
	if loc := p.find("aab", 0, nil); !reflect.DeepEqual(loc, []int{0, 3}) {
		t.Errorf("found %v, want [0 3]", loc)
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	var c cache
	for i := range 1000 {
		c.add(mustProgram(t, fmt.Sprint("a", i)))
		c.add(c.get(fmt.Sprint("a", i), ""))
	}
	if len(c.programs) != maxCached || len(c.keys) != maxCached {
		t.Errorf("the cache has %d programs and %d keys, want %d", len(c.programs), len(c.keys), maxCached)
	}
	if c.get("a999", "") == nil || c.get("a744", "") == nil || c.get("a743", "") != nil || c.get("a999", "i") != nil {
		t.Error("the cache does not have exactly the last programs")
	}
	for i := range 5 {
		c.add(&program{pattern: fmt.Sprint(i), size: maxSize})
	}
	if len(c.programs) != 2 || c.size != 2*maxSize {
		t.Errorf("the cache has %d programs of the size %d, want 2 of %d", len(c.programs), c.size, 2*maxSize)
	}
}
