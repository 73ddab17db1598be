package scripttest

import (
	"path/filepath"
	"strings"
	"sync"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

// A fakeProgram takes the place of a program. Any goroutine may use it.
type fakeProgram struct {
	words   []string // the first words of the command lines that it takes
	results []luastd.FakeProgram

	mu   sync.Mutex // guards runs and the records in it
	runs []record
}

// matches reports whether the fake takes the place of the program with these words.
func (p *fakeProgram) matches(words []string) bool {
	if len(words) < len(p.words) || p.words[0] != words[0] && p.words[0] != filepath.Base(words[0]) {
		return false
	}
	for i, word := range p.words[1:] {
		if words[i+1] != word {
			return false
		}
	}
	return true
}

// run records a run of the program and returns what it does.
func (p *fakeProgram) run(words []string, stdin string) *luastd.FakeProgram {
	p.mu.Lock()
	defer p.mu.Unlock()
	result := p.results[min(len(p.runs), len(p.results)-1)]
	r := record{"argv": words, "stdin": stdin}
	p.runs = append(p.runs, r)
	result.Input = func(text string) {
		p.mu.Lock()
		defer p.mu.Unlock()
		r["stdin"] = r["stdin"].(string) + text
	}
	return &result
}

func (p *fakeProgram) calls() []record {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []record
	for _, r := range p.runs {
		all = append(all, record{"argv": r["argv"], "stdin": r["stdin"]})
	}
	return all
}

func (p *fakeProgram) String() string { return "fake of " + strings.Join(p.words, " ") }

// Program implements luastd.Fakes. The fake that was made last has priority.
func (f *fakes) Program(words []string, stdin string) *luastd.FakeProgram {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := len(f.programs) - 1; i >= 0; i-- {
		if p := f.programs[i]; p.matches(words) {
			return p.run(words, stdin)
		}
	}
	return nil
}

// exec is the Lua function t.exec.
func (f *testFile) exec(L *lua.LState, t *testRun) int {
	p := new(fakeProgram)
	switch v := L.Get(1).(type) {
	case lua.LString:
		p.words = []string{string(v)}
	case *lua.LTable:
		for i := 1; i <= v.Len(); i++ {
			p.words = append(p.words, v.RawGetInt(i).String())
		}
	}
	if len(p.words) == 0 || p.words[0] == "" {
		L.ArgError(1, `want the name of a program, or a list of words such as {"df", "-h"}`)
	}
	for n := 2; n <= L.GetTop(); n++ {
		if text, ok := L.Get(n).(lua.LString); ok {
			p.results = append(p.results, luastd.FakeProgram{Stdout: string(text)})
			continue
		}
		o := value.CheckOptions(L, n, "stdout", "stderr", "code")
		p.results = append(p.results, luastd.FakeProgram{Stdout: o.String("stdout", ""), Stderr: o.String("stderr", ""), Code: o.Int("code", 0, 0, 255)})
	}
	if len(p.results) == 0 {
		p.results = make([]luastd.FakeProgram, 1)
	}
	t.fakes.mu.Lock()
	t.fakes.programs = append(t.fakes.programs, p)
	t.fakes.mu.Unlock()
	return f.pushRecorder(L, p)
}
