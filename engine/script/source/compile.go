package source

import (
	"errors"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"

	"moonlark/engine/script/compiler"
)

// Compile parses and compiles a source. The error is a *Problem or an error of gopher-lua's parser.
func Compile(source []byte, name string) (*lua.FunctionProto, error) {
	chunk, err := parseWithin(source, name)
	if err != nil {
		return nil, err
	}
	functions := localFunctions(source, chunk)
	proto, err := compiler.Compile(chunk, name, func(s *ast.LocalAssignStmt) bool { return functions[s] })
	var wrong *compiler.Error
	if errors.As(err, &wrong) {
		return nil, &Problem{wrong.Line, wrong.Message}
	}
	return proto, err
}

// localFunctions returns the statements of a chunk that its source writes as local function f. The
// syntax tree does not show the difference to local f = function. But the statements with local are
// in the same order in the tree as in the source.
func localFunctions(source []byte, chunk []ast.Stmt) map[*ast.LocalAssignStmt]bool {
	var isFunction []bool // for each local of the source
	afterLocal := false
	s := newScanner(source)
	for token := s.next(); token != ""; token = s.next() {
		if afterLocal {
			isFunction = append(isFunction, token == "function")
		}
		afterLocal = token == "local"
	}
	found := make(map[*ast.LocalAssignStmt]bool)
	n := 0
	var visit func(n node)
	visit = func(child node) {
		if s, ok := child.(*ast.LocalAssignStmt); ok {
			if n < len(isFunction) && isFunction[n] {
				found[s] = true
			}
			n++
		}
		children(child, visit)
	}
	for _, s := range chunk {
		visit(s)
	}
	return found
}
