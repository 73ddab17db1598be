package script

import (
	"maps"
	"slices"
	"sync"

	lua "github.com/yuin/gopher-lua"
)

// A Coverage counts how often the lines of Lua files run. It can be shared by several Scripts. Any
// goroutine may call its methods. Make it with NewCoverage.
type Coverage struct {
	mu    sync.Mutex // guards files
	files map[string]map[int]int
}

// A FileCoverage says how often the lines of one file have run.
type FileCoverage struct {
	Path  string
	Lines []LineCoverage // the lines that have code, in their order
}

// A LineCoverage says how often a line has run.
type LineCoverage struct{ Line, Runs int }

// NewCoverage returns a Coverage without files.
func NewCoverage() *Coverage { return &Coverage{files: make(map[string]map[int]int)} }

// Files returns the files that have been loaded, sorted by path.
func (c *Coverage) Files() []FileCoverage {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []FileCoverage
	for _, path := range slices.Sorted(maps.Keys(c.files)) {
		f := FileCoverage{Path: path}
		for _, line := range slices.Sorted(maps.Keys(c.files[path])) {
			f.Lines = append(f.Lines, LineCoverage{line, c.files[path][line]})
		}
		all = append(all, f)
	}
	return all
}

// Covered returns how many lines of the file have run.
func (f FileCoverage) Covered() (n int) {
	for _, l := range f.Lines {
		if l.Runs > 0 {
			n++
		}
	}
	return n
}

// add adds the lines of a file that has been compiled. c may be nil.
func (c *Coverage) add(path string, proto *lua.FunctionProto) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.files[path] == nil {
		c.files[path] = make(map[int]int)
	}
	addLines(c.files[path], proto)
}

func addLines(lines map[int]int, proto *lua.FunctionProto) {
	// The last instruction of a function is the return at its end, which is not in the source.
	for _, line := range proto.DbgSourcePositions[:max(0, len(proto.DbgSourcePositions)-1)] {
		if line > 0 {
			lines[line] += 0
		}
	}
	for _, inner := range proto.FunctionPrototypes {
		addLines(lines, inner)
	}
}

// tracer returns a function for vm.Options.Trace that counts the lines that run, or nil if c is
// nil. The function is called before each instruction; consecutive instructions of one line count
// as one run of the line. Each executor needs a function of its own.
func (c *Coverage) tracer() func(file string, line int) {
	if c == nil {
		return nil
	}
	lastFile, lastLine := "", 0 // of one executor
	return func(file string, line int) {
		if line == lastLine && file == lastFile {
			return
		}
		lastFile, lastLine = file, line
		c.mu.Lock()
		defer c.mu.Unlock()
		if lines := c.files[file]; lines != nil {
			if runs, ok := lines[line]; ok {
				lines[line] = runs + 1
			}
		}
	}
}
