package source

import (
	"bytes"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// parseWithin parses a source and checks that it is within the bounds of this package.
func parseWithin(source []byte, name string) ([]ast.Stmt, error) {
	if err := checkNesting(source); err != nil {
		return nil, err
	}
	chunk, err := parse.Parse(bytes.NewReader(source), name)
	if err != nil {
		return nil, err
	}
	if err := checkBounds(chunk); err != nil {
		return nil, err
	}
	return chunk, nil
}
