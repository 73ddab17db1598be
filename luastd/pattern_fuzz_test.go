package luastd

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// patternSeeds are texts, patterns and replacements; more are in testdata/fuzz.
var patternSeeds = [][3]string{
	{"hello world", "(o)(.)", "%2%1"},
	{"THE (quick) fox", "%f[%a]()%a+", "<%0>"},
	{"f(a(b)c)d", "^.-(%b())%w$", "%1"},
	{"key = value", "^%s*(.-)%s*=%s*(.*)$", "%2=%1"},
	{"aaab", "a-b?a*()", "%1"},
	{"x==x", "(.)(=)%2%1", "%1"},
	{"[a]]", "[]a-]+[^]]", "%%"},
	{"abc", "((a)(b)", "x"},
	{"abc", "[a-%%]]?", "%9"},
	{"aXbXc", "[^X]*", "-"},
	{"", "^$", "r"},
	{"ab\x00c", "[%z\x00]%Z", "%"},
	{"^a^", "^^", ""},
	{"0123456789", "(.+(.?)())", "%3"},
}

// What find, gmatch and gsub make of a pattern is what the plain matcher makes of it.
func FuzzPattern(f *testing.F) {
	for _, seed := range patternSeeds {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, text, pattern, repl string) {
		if len(text) > 200 || len(pattern) > 60 || len(repl) > 60 {
			return
		}
		comparePatterns(t, newPatternState(t), text, pattern, repl)
	})
}

// Patterns put together from the parts of real ones get further than bytes do.
func TestPatternsMatchAsPlainly(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 1))
	parts := strings.Fields("a b c ab . %a %d %s %W [ab] [^a] [a-c] [%d.] ( ( ) ) () * + - ? * - $ ^ %1 %2 %b() %bab %f[a] %f[^a] %. [ % ]")
	several := func(n int, of []string) string {
		var b strings.Builder
		for range random.IntN(n) {
			b.WriteString(of[random.IntN(len(of))])
		}
		return b.String()
	}
	L := newPatternState(t)
	for range 20_000 {
		text := several(20, strings.Fields("a a a b b c ab 1 . ( ) - aa \x00 \xe9"))
		comparePatterns(t, L, text, several(9, parts), several(4, strings.Fields("x %0 %1 %2 %% %")))
	}
}

// comparePatterns holds find, gmatch and gsub against the plain matcher.
func comparePatterns(t *testing.T, L *lua.LState, text, pattern, repl string) {
	t.Helper()
	for _, way := range []struct {
		call  string
		plain func() string
	}{
		{"find", func() string { return plainFind(text, pattern) }},
		{"gmatch", func() string { return plainGmatch(text, pattern) }},
		{"gsub", func() string { return plainGsub(text, pattern, repl) }},
	} {
		want, ok := plainly(way.plain)
		if !ok {
			continue
		}
		got := ""
		err := L.CallByParam(lua.P{Fn: L.GetGlobal(way.call), NRet: 1, Protect: true},
			lua.LString(text), lua.LString(pattern), lua.LString(repl))
		if err != nil {
			var raised *lua.ApiError
			errors.As(err, &raised)
			_, wrong, _ := strings.Cut(raised.Object.String(), ": ")
			got = "error: " + wrong
		} else {
			got = L.Get(-1).String()
			L.Pop(1)
		}
		if got != want {
			t.Errorf("%s: text %q, pattern %q, replacement %q\ngot  %q\nwant %q", way.call, text, pattern, repl, got, want)
		}
	}
}

// newPatternState has functions that write what find, gmatch and gsub return.
func newPatternState(t *testing.T) *lua.LState {
	L := newStringState(t)
	if err := L.DoString(`
		local function write(...)
			local words = {...}
			for i, word in ipairs(words) do words[i] = tostring(word) end
			return table.concat(words, ",")
		end
		function find(s, p) return write(s:find(p)) end
		function gsub(s, p, repl) return write(s:gsub(p, repl)) end
		function gmatch(s, p)
			local all = {}
			for a, b, c in s:gmatch(p) do all[#all + 1] = write(a, b, c) end
			return table.concat(all, ";")
		end`); err != nil {
		t.Fatal(err)
	}
	return L
}

// plainly runs the plain matcher; ok is false when it takes too long.
func plainly(run func() string) (text string, ok bool) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case plainError:
			text, ok = "error: "+string(r), true
		default:
			if r != errPlainTooLong {
				panic(r)
			}
		}
	}()
	return run(), true
}

// try matches at one place.
func (m *plainMatcher) try(s int) int {
	m.level = 0
	return m.match(s, 0)
}

func (m *plainMatcher) value(l, s, e int) string {
	if l >= m.level {
		if l > 0 {
			panic(plainError("invalid capture index"))
		}
		return m.src[s:e]
	}
	c := m.capture[l]
	if c.len == plainUnfinished {
		panic(plainError("unfinished capture"))
	}
	if c.len == plainPosition {
		return fmt.Sprint(c.init + 1)
	}
	return m.src[c.init : c.init+c.len]
}

func plainFind(text, pattern string) string {
	m := &plainMatcher{src: text, pat: strings.TrimPrefix(pattern, "^")}
	if !strings.ContainsAny(pattern, "^$*+?.([%-") {
		s := strings.Index(text, pattern)
		if s < 0 {
			return ""
		}
		return fmt.Sprintf("%d,%d", s+1, s+len(pattern))
	}
	for s := 0; s <= len(text); s++ {
		if e := m.try(s); e >= 0 {
			words := []string{fmt.Sprint(s + 1), fmt.Sprint(e)}
			for l := range m.level {
				words = append(words, m.value(l, s, e))
			}
			return strings.Join(words, ",")
		}
		if m.pat != pattern {
			break
		}
	}
	return ""
}

// plainGmatch gives the first three values of each match.
func plainGmatch(text, pattern string) string {
	m := &plainMatcher{src: text, pat: pattern}
	var all []string
	for s := 0; s <= len(text); {
		e := m.try(s)
		if e < 0 {
			s++
			continue
		}
		var words []string
		for l := range max(1, m.level) {
			words = append(words, m.value(l, s, e))
		}
		all = append(all, strings.Join(words[:min(3, len(words))], ","))
		s = max(e, s+1)
	}
	return strings.Join(all, ";")
}

func plainGsub(text, pattern, repl string) string {
	m := &plainMatcher{src: text, pat: strings.TrimPrefix(pattern, "^")}
	var out strings.Builder
	n, s := 0, 0
	for n < len(text)+1 {
		e := m.try(s)
		if e >= 0 {
			n++
			for i := 0; i < len(repl); i++ {
				if repl[i] != '%' {
					out.WriteByte(repl[i])
					continue
				}
				i++
				switch {
				case i == len(repl):
					out.WriteByte(0)
				case repl[i] == '0':
					out.WriteString(text[s:e])
				case repl[i] >= '1' && repl[i] <= '9':
					out.WriteString(m.value(int(repl[i]-'1'), s, e))
				default:
					out.WriteByte(repl[i])
				}
			}
		}
		if e > s {
			s = e
		} else if s < len(text) {
			out.WriteByte(text[s])
			s++
		} else {
			break
		}
		if m.pat != pattern {
			break
		}
	}
	if s < len(text) {
		out.WriteString(text[s:])
	}
	return fmt.Sprintf("%s,%d", out.String(), n)
}
