package lint

import (
	"bytes"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// Parse reads a source that can then be compiled: one within Nesting and
// Bounds, with what gopher-lua would compile wrongly written in another way. Its
// errors are a *Problem or those of the parser.
func Parse(source []byte, name string) ([]ast.Stmt, error) {
	if err := Nesting(source); err != nil {
		return nil, err
	}
	chunk, err := parse.Parse(bytes.NewReader(source), name)
	if err != nil {
		return nil, err
	}
	if err := Bounds(chunk); err != nil {
		return nil, err
	}
	m := &mender{recursive: localFunctions(source)}
	m.mend(chunk)
	return chunk, nil
}
