package source

import (
	"fmt"

	"github.com/yuin/gopher-lua/ast"
)

const (
	// maxNesting is how many brackets, blocks or unary operators may be nested. Lua 5.1 has the
	// same limit.
	maxNesting = 200

	// maxTreeDepth is the maximal depth of the syntax tree. It is larger than maxNesting because
	// each term of a sum makes the tree one level deeper.
	maxTreeDepth = 5000
)

// A Problem is the error for a source that must not be compiled.
type Problem struct {
	Line int
	Text string
}

// Error returns the line and the text.
func (p *Problem) Error() string { return fmt.Sprintf("%d: %s", p.Line, p.Text) }

const tooDeep = "chunk has too many syntax levels"

// checkNesting returns a *Problem if source is nested so deeply that gopher-lua's parser would use
// too much memory. It does not check whether source is valid Lua.
func checkNesting(source []byte) error {
	s := newScanner(source)
	depth, unary := 0, 0 // unary is the number of unary operators in a row before this token
	for token := s.next(); token != ""; token = s.next() {
		switch token {
		case "(", "{", "[", "do", "function", "if", "repeat":
			depth++
		case ")", "}", "]", "end", "until":
			depth = max(0, depth-1)
		}
		switch token {
		case "-", "not", "#":
			unary++
		default:
			unary = 0
		}
		if depth > maxNesting || unary > maxNesting {
			return &Problem{s.line, tooDeep}
		}
	}
	return nil
}

// checkBounds returns a *Problem if the syntax tree of a chunk is so deep that its compilation would
// use too much stack.
func checkBounds(chunk []ast.Stmt) error {
	var problem *Problem
	var check func(n node, depth int)
	check = func(n node, depth int) {
		if problem == nil && depth > maxTreeDepth {
			problem = &Problem{n.Line(), tooDeep}
		}
		if problem == nil {
			children(n, func(child node) { check(child, depth+1) })
		}
	}
	for _, s := range chunk {
		check(s, 1)
	}
	if problem != nil {
		return problem
	}
	return nil
}
