package luastd

import (
	"errors"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// catastrophic are patterns with too many ways to fail.
var catastrophic = []struct{ name, source string }{
	{"stars in a row", `(("a"):rep(40) .. "cb"):find(("a*"):rep(20) .. "b")`},
	{"stars before a set", `("a"):rep(28):find(("a*"):rep(12) .. "[bc]")`},
	{"many choices", `("a"):rep(40):find(("a?"):rep(40) .. ("a"):rep(40) .. "[bc]")`},
	{"lazy in a row", `(("a"):rep(3000)):find(".-.-.-[bc]")`},
	{"lazy on a long text", `(("a"):rep(1e6)):find(".-[bc]")`},
	{"star on a long text", `(("a"):rep(1e6)):find("a*[bc]")`},
	{"balance never closed", `(("<"):rep(1e6) .. ">"):find("%b<>$")`},
	{"back references", `(("a"):rep(1e5)):find("(a*)%1[bc]")`},
	{"gsub", `(("a"):rep(1e6)):gsub("a*[bc]", "")`},
	{"gmatch", `(("a"):rep(1e6)):gmatch("a*[bc]")()`},
}

// A pattern that would take for ever ends with an error, after a number of steps
// that do not differ much in the time they take. BenchmarkMostSteps has the time.
func TestCatastrophicPatternsEnd(t *testing.T) {
	for _, row := range catastrophic {
		t.Run(row.name, func(t *testing.T) {
			L := newLuaState(t)
			(&stringLib{breather: noBreath{}, steps: mostSteps / 20, patterns: make(patternCache)}).open(L)
			begun := time.Now()
			err := L.DoString("return " + row.source)
			if err == nil || !strings.Contains(err.Error(), "pattern takes too long (more than 5000000 steps)") {
				t.Error(err)
			}
			if took := time.Since(begun); took > 30*time.Second { // 25 ms, when nothing else runs
				t.Errorf("after %v", took)
			}
		})
	}
}

// What a match has to have is looked for first, so that these take no time.
func TestPatternsThatCannotMatchEndAtOnce(t *testing.T) {
	L := newStringState(t)
	if err := L.DoString(`
		assert(not ("a"):rep(40):find(("a*"):rep(20) .. "b"))
		assert(not ("b" .. ("a"):rep(40)):find(("a*"):rep(20) .. "ab"))
		assert(not ("a"):rep(3000):find(".-.-.-b"))
		assert(not ("a"):rep(1e6):find(".-b"))
		assert(not ("a"):rep(1e6):find("a*b"))
		assert(not ("<title>" .. ("x"):rep(1e6)):match("<title>(.*)</title>"))
		assert(#("<title>" .. ("x"):rep(1e6) .. "</title>"):match("<title>(.*)</title>") == 1e6)`); err != nil {
		t.Error(err)
	}
}

// A killedBreath kills the task at its third breath.
type killedBreath struct{ breaths int }

func (b *killedBreath) Breathe(L *lua.LState) {
	if b.breaths++; b.breaths == 3 {
		L.RaiseError("the task has been killed")
	}
}

func TestPatternsBreathe(t *testing.T) {
	for _, source := range []string{
		`("a"):rep(1e5):find("a*[bc]")`,
		`("a"):rep(1e7):find("[ab]*[bc]")`,
		`("x "):rep(1e5):gsub("%S", "y")`,
		`("x"):rep(1e6):gsub("[^x]", "y")`,
		`("("):rep(1e6):find("%b()[bc]")`,
	} {
		host := &killedBreath{}
		L := newLuaState(t)
		openString(L, host)
		if err := L.DoString("return " + source); err == nil || !strings.Contains(err.Error(), "the task has been killed") {
			t.Errorf("%s: %v", source, err)
		}
		if host.breaths != 3 {
			t.Errorf("%s: %d breaths", source, host.breaths)
		}
	}
}

// Others of the library may run in the middle of a gsub.
func TestGsubInsideGsub(t *testing.T) {
	L := newStringState(t)
	if err := L.DoString(`
		local function twice(s, depth)
			return (s:gsub("(%w)(%s*)", function(a, b)
				local inner = depth > 0 and twice(a .. b, depth - 1) or a .. b
				assert(("k=v"):match("(%w)=(%w)") == "k")
				return string.format("%s%s", a, inner)
			end))
		end
		local got = twice("a b", 2)
		assert(got == "aaaa bbbb", got)
		local function forever(s) return (s:gsub(".", forever)) end
		local ok, err = pcall(forever, "x")
		assert(not ok and err:find("stack overflow"), err)`); err != nil {
		t.Error(err)
	}
}

func TestStringMetatableIsOutOfReach(t *testing.T) {
	L := newStringState(t)
	if err := L.DoString(`
		assert(getmetatable("") == "string")
		assert(not pcall(function() getmetatable("").__index = nil end))
		assert(not pcall(setmetatable, "", {}))
		assert(("x"):rep(2) == "xx")`); err != nil {
		t.Error(err)
	}
}

// Matching itself allocates nothing: what there is are the values it returns.
func TestMatchingDoesNotAllocate(t *testing.T) {
	L := newStringState(t)
	lib := &stringLib{breather: noBreath{}, steps: mostSteps, patterns: make(patternCache)}
	for _, row := range []struct{ text, pattern string }{
		{"level = 75", "^(%w+)%s*=%s*(%d+)$"},
		{strings.Repeat("a b ", 100), "(.-)%s(.*)x"},
		{strings.Repeat("a b ", 100), "%f[%a](%a)%s*%1[^a]"},
	} {
		allocs := testing.AllocsPerRun(100, func() {
			p, err := lib.patterns.get(row.pattern, false)
			if err != nil {
				t.Fatal(err)
			}
			var m matcher
			m.begin(L, lib, p, row.text)
			m.find(0)
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations", row.pattern, allocs)
		}
	}
}

// The cache of patterns stays small whatever a script makes up.
func TestPatternCacheIsBounded(t *testing.T) {
	cache := make(patternCache)
	for i := range 10_000 {
		text := strings.Repeat("a", i%300) + string(rune('a'+i%26)) + "+"
		if _, err := cache.get(text, false); err != nil {
			t.Fatal(err)
		}
		if len(cache) > mostPatterns {
			t.Fatalf("%d patterns", len(cache))
		}
	}
	var raised *lua.ApiError
	L := newStringState(t)
	err := L.DoString(`("x"):find(("%a"):rep(1e6))`)
	if !errors.As(err, &raised) || !strings.Contains(err.Error(), "pattern too long (2000000 bytes; the most is 65536)") {
		t.Error(err)
	}
}

func BenchmarkMostSteps(b *testing.B) {
	for _, row := range catastrophic {
		b.Run(row.name, func(b *testing.B) {
			L := newStringState(b)
			for b.Loop() {
				if err := L.DoString("return " + row.source); err == nil {
					b.Fatal("it matched")
				}
			}
		})
	}
}
