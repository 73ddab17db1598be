package random_test

import (
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/luastdtest"
	"moonlark/luastd/random"
)

func TestRandomExamples(t *testing.T) { luastdtest.Examples(t, "testdata/*.lua") }

// Each order of three elements must occur in about a sixth of the cases. The allowed deviation of a
// tenth is about 11 standard deviations.
func TestShuffleMakesEachOrderWithTheSameProbability(t *testing.T) {
	functions := luastdtest.OpenFunctions(t, random.Module)
	const runs = 60000
	counts := map[string]int{}
	for range runs {
		list := functions.L.NewTable()
		for _, element := range []string{"a", "b", "c"} {
			list.Append(lua.LString(element))
		}
		if _, err := functions.Call("shuffle", list); err != nil {
			t.Fatal(err)
		}
		counts[list.RawGetInt(1).String()+list.RawGetInt(2).String()+list.RawGetInt(3).String()]++
	}
	if len(counts) != 6 {
		t.Errorf("%d orders occurred, want 6", len(counts))
	}
	for order, n := range counts {
		if n < runs/6*9/10 || n > runs/6*11/10 {
			t.Errorf("the order %s occurred %d times, want about %d", order, n, runs/6)
		}
	}
}
