package re

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

const (
	maxText    = 16 << 20 // maximal length of a text, in bytes
	maxPattern = 64 << 10 // maximal length of a pattern, in bytes
	maxGroups  = 100      // maximal number of groups in a pattern
	maxSize    = 250_000  // maximal size of a pattern: see measure

	// A pattern with more bytes or more states is compiled on another goroutine, because this can
	// take more than 10 ms.
	maxPatternAtOnce = 256
	maxStatesAtOnce  = 5000

	validFlags = "imsU"
)

// A program is a compiled pattern. It never changes, so any goroutine may use it.
type program struct {
	pattern, flags string
	re             *regexp.Regexp
	// after finds the matches of re that begin after the first character of a text. It is nil
	// unless re has a part, such as \b, that depends on the character before. Its group 1 is the
	// match of re.
	after  *regexp.Regexp
	prefix string // what each match begins with; "" if this is not known
	states int    // number of states of the automaton, approximately
	size   int    // size of the pattern: see measure
}

// syntaxFlags has the flag of package syntax for each letter. The letter m removes its flag.
var syntaxFlags = map[rune]syntax.Flags{'i': syntax.FoldCase, 'm': syntax.OneLine, 's': syntax.DotNL, 'U': syntax.NonGreedy}

// parse returns a program whose regular expressions have not been compiled yet, and the syntax tree
// of the pattern.
func parse(pattern, flags string) (*program, *syntax.Regexp, error) {
	mode := syntax.Perl
	for _, letter := range flags {
		if letter == 'm' {
			mode &^= syntaxFlags[letter]
		} else {
			mode |= syntaxFlags[letter]
		}
	}
	tree, err := syntax.Parse(pattern, mode)
	if err != nil {
		return nil, nil, explain(err)
	}
	if n := tree.MaxCap(); n > maxGroups {
		return nil, nil, fmt.Errorf("the pattern has %d groups; the maximum is %d", n, maxGroups)
	}
	p := &program{pattern: pattern, flags: flags}
	if p.states, p.size = measure(tree); p.size > maxSize {
		return nil, nil, fmt.Errorf("the pattern is too large: it has %d states; the maximum is %d", p.size, maxSize)
	}
	return p, tree, nil
}

// compile compiles the regular expressions of p. tree is the syntax tree of the pattern.
func (p *program) compile(tree *syntax.Regexp) error {
	source := tree.String() // contains the flags
	var err error
	if p.re, err = regexp.Compile(source); err != nil {
		return explain(err)
	}
	// U+FFFD in a pattern also matches bytes that are not UTF-8.
	if prefix, _ := p.re.LiteralPrefix(); !strings.ContainsRune(prefix, '\uFFFD') {
		p.prefix = prefix
	}
	if looksBehind(tree) {
		p.after, err = regexp.Compile(`\A(?s:.)(?s:.*?)(` + source + `)`)
	}
	return err
}

// measure returns the approximate number of states of a pattern, and its size. The size is the
// number of states, multiplied by one more than the number of groups, plus the number of ranges of
// characters. The memory for the compiled pattern and for a search is proportional to the size.
func measure(tree *syntax.Regexp) (states, size int) {
	ranges := 0
	states = countStates(tree, &ranges)
	return states, states*(tree.MaxCap()+1) + ranges
}

// countStates returns the number of states of tree, and adds the number of its ranges of characters
// to ranges. A repetition repeats the states, but not the ranges. Package syntax has limited the
// repetitions.
func countStates(tree *syntax.Regexp, ranges *int) int {
	n := 1
	switch tree.Op {
	case syntax.OpLiteral:
		n = len(tree.Rune)
	case syntax.OpCharClass:
		*ranges += len(tree.Rune) / 2
	case syntax.OpCapture:
		n = 2
	case syntax.OpConcat, syntax.OpRepeat:
		n = 0
	}
	for _, sub := range tree.Sub {
		n += countStates(sub, ranges)
	}
	if tree.Op == syntax.OpRepeat {
		n *= max(tree.Min, tree.Max, 1)
	}
	return n
}

// looksBehind reports whether a part of tree depends on the character before the part.
func looksBehind(tree *syntax.Regexp) bool {
	switch tree.Op {
	case syntax.OpBeginLine, syntax.OpBeginText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return true
	}
	for _, sub := range tree.Sub {
		if looksBehind(sub) {
			return true
		}
	}
	return false
}

// unsupported names what some other programs support, by the beginning of the part of the pattern
// that RE2 does not understand.
var unsupported = []struct{ begin, what string }{
	{"(?=", "a look-ahead"},
	{"(?!", "a look-ahead"},
	{"(?<=", "a look-behind"},
	{"(?<!", "a look-behind"},
	{"(?>", "an atomic group"},
	{"(?(", "a condition"},
	{"(?#", "a comment"},
	{"(?|", "a branch reset"},
	{"(?R", "a recursion"},
	{"(?&", "a recursion"},
	{"(?P", "a back reference by name, or a recursion,"},
	{`\k`, "a back reference"},
	{`\Z`, `\Z (write \z)`},
	{`\u`, `\u (write \x{20AC})`},
	{`\h`, `\h (write [ \t])`},
}

// explain returns an error of package syntax in the words of the manual.
func explain(err error) error {
	var e *syntax.Error
	if !errors.As(err, &e) {
		return err
	}
	part := value.Quote(e.Expr)
	for _, row := range unsupported {
		if strings.HasPrefix(e.Expr, row.begin) {
			return fmt.Errorf("%s is not supported: %s", row.what, part)
		}
	}
	switch {
	case e.Code == syntax.ErrInvalidEscape && e.Expr >= `\1` && e.Expr <= `\9`:
		return fmt.Errorf("a back reference is not supported: %s", part)
	case e.Code == syntax.ErrInvalidRepeatOp && strings.HasSuffix(e.Expr, "+"):
		return fmt.Errorf("a possessive repetition is not supported: %s", part)
	case e.Code == syntax.ErrInvalidRepeatSize:
		return fmt.Errorf("%s: %s; the maximum is 1000, also of nested repetitions together", e.Code, part)
	case e.Code == syntax.ErrLarge, e.Code == syntax.ErrNestingDepth:
		return fmt.Errorf("the pattern is too large: %s", e.Code)
	case e.Expr == "":
		return errors.New(string(e.Code))
	}
	return fmt.Errorf("%s: %s", e.Code, part)
}

// checkPattern returns the program of the pattern in argument n. Argument flagsArg has its flags,
// or is nil.
func (m *module) checkPattern(L *lua.LState, n, flagsArg int) *program {
	pattern, flags := L.CheckString(n), checkFlags(L, flagsArg)
	if p := m.cache.get(pattern, flags); p != nil {
		return p
	}
	if len(pattern) > maxPattern {
		L.ArgError(n, fmt.Sprintf("the pattern has %d bytes; the maximum is %d", len(pattern), maxPattern))
	}
	p, err := m.newProgram(L, pattern, flags)
	if err != nil {
		L.ArgError(n, err.Error())
	}
	m.cache.add(p)
	return p
}

// checkFlags returns argument n, which must be nil or a string of flags.
func checkFlags(L *lua.LState, n int) string {
	if value.IsNull(L.Get(n)) {
		return ""
	}
	flags := L.OptString(n, "")
	if wrong := strings.Trim(flags, validFlags); wrong != "" {
		L.ArgError(n, "there is no flag "+value.Quote(wrong[:1])+"; the flags are i, m, s and U")
	}
	if len(flags) > len(validFlags) {
		L.ArgError(n, "there are more than four flags")
	}
	return flags
}

// newProgram compiles a pattern. If this may take long, the task waits.
func (m *module) newProgram(L *lua.LState, pattern, flags string) (*program, error) {
	if len(pattern) > maxPatternAtOnce {
		return m.awaitProgram(L, func() (*program, error) {
			p, tree, err := parse(pattern, flags)
			if err != nil {
				return nil, err
			}
			return p, p.compile(tree)
		})
	}
	p, tree, err := parse(pattern, flags)
	if err != nil {
		return nil, err
	}
	if p.states > maxStatesAtOnce {
		return m.awaitProgram(L, func() (*program, error) { return p, p.compile(tree) })
	}
	return p, p.compile(tree)
}

// awaitProgram runs compile on another goroutine. Compiling cannot be interrupted, but ends after a
// few seconds at the latest, because the pattern has at most maxPattern bytes.
func (m *module) awaitProgram(L *lua.LState, compile func() (*program, error)) (*program, error) {
	type result struct {
		p   *program
		err error
	}
	r := m.Await(L, func(done func(any)) func() {
		go func() {
			p, err := compile()
			done(result{p, err})
		}()
		return nil
	}).(result)
	return r.p, r.err
}
