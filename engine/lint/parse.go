package lint

import (
	"bytes"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// Parse reads the source of a file, which can then be compiled: it is not nested
// too deep and within bounds, and what gopher-lua would compile wrongly is
// written in another way. Its errors are a *Problem or those of the parser.
func Parse(source []byte, name string) ([]ast.Stmt, error) {
	return parseWithin(source, name, mostConstants)
}

// ParseText is Parse for a text that a script has made, and whose compilation
// others wait for.
func ParseText(source []byte, name string) ([]ast.Stmt, error) {
	return parseWithin(source, name, mostConstantsOfText)
}

func parseWithin(source []byte, name string, mostConstants int) ([]ast.Stmt, error) {
	if err := Nesting(source); err != nil {
		return nil, err
	}
	chunk, err := parse.Parse(bytes.NewReader(source), name)
	if err != nil {
		return nil, err
	}
	if err := checkBounds(chunk, mostConstants); err != nil {
		return nil, err
	}
	m := &mender{recursive: localFunctions(source)}
	m.mend(chunk)
	return chunk, nil
}
