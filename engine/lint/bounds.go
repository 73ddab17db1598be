package lint

import (
	"fmt"

	"github.com/yuin/gopher-lua/ast"
)

const (
	// deepestTree is how deep the tree of a source may be. It is deeper than
	// the nesting that a person sees: each term of a sum makes it one deeper.
	deepestTree = 5000

	// How many different constants a function may have. The compiler compares
	// each with all others: 20,000 take it a second, and 4,000 a twentieth of
	// that.
	mostConstants       = 20_000
	mostConstantsOfText = 4_000
)

// A Problem is why a source must not be compiled.
type Problem struct {
	Line int
	Text string
}

func (p *Problem) Error() string { return fmt.Sprintf("%d: %s", p.Line, p.Text) }

// checkBounds finds out whether a source, once parsed, can be compiled without
// taking all the stack or time there is. It returns nil or a *Problem.
func checkBounds(chunk []ast.Stmt, mostConstants int) error {
	b := &bounds{constants: make(map[string]struct{}), most: mostConstants}
	for _, s := range chunk {
		b.walk(s, 1)
	}
	if b.problem != nil {
		return b.problem
	}
	return nil
}

type bounds struct {
	constants map[string]struct{} // of the function that is looked at
	most      int                 // of them
	problem   *Problem            // the first
}

func (b *bounds) walk(n node, depth int) {
	if b.problem != nil {
		return
	}
	if depth > deepestTree {
		b.problem = &Problem{n.Line(), "chunk has too many syntax levels"}
		return
	}
	switch e := n.(type) {
	case *ast.StringExpr:
		b.constant(e, "s"+e.Value)
	case *ast.NumberExpr:
		b.constant(e, "n"+e.Value)
	case *ast.IdentExpr:
		b.constant(e, "s"+e.Value)
	case *ast.FuncCallExpr:
		if e.Method != "" {
			b.constant(e, "s"+e.Method)
		}
	case *ast.FunctionExpr:
		outer := b.constants
		b.constants = make(map[string]struct{})
		defer func() { b.constants = outer }()
	}
	children(n, func(child node) { b.walk(child, depth+1) })
}

func (b *bounds) constant(n node, key string) {
	b.constants[key] = struct{}{}
	if len(b.constants) > b.most {
		b.problem = &Problem{n.Line(), fmt.Sprintf("more than %d constants in one function: large data belongs in a JSON file", b.most)}
	}
}
