package debug

import (
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/script/source"
	"moonlark/engine/script/vm"
)

// A file is a Lua file that a script has loaded, or in which the client has set breakpoints. The
// mutex of the Debugger guards its fields.
type file struct {
	names       []string       // the names of the source in compiled functions
	lines       []int          // the lines of the newest version that have code, sorted; nil if it is not loaded
	functions   map[int]string // names of functions by the lines in which they begin
	breakpoints []*breakpoint
	clientPath  string // the path that the client uses for the file; "" if the client has not named it
}

// canonical returns the one path under which a file is known, however its path is written.
func canonical(path string) string {
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if runtime.GOOS == "windows" {
		path = strings.ToLower(path)
	}
	return path
}

// fileAt returns the file at path. The caller must hold d.mu.
func (d *Debugger) fileAt(path string) *file {
	path = canonical(path)
	f := d.files[path]
	if f == nil {
		f = new(file)
		d.files[path] = f
	}
	return f
}

// fileNamed returns the file whose source has this name in compiled functions, or nil. The caller
// must hold d.mu.
func (d *Debugger) fileNamed(name string) *file {
	for _, f := range d.files {
		if slices.Contains(f.names, name) {
			return f
		}
	}
	return nil
}

// AddFile records that the Lua file at path has been compiled to proto. text is its source. The
// breakpoints in the file move to lines that have code.
func (d *Debugger) AddFile(path string, text []byte, proto *lua.FunctionProto) {
	if d == nil {
		return
	}
	functions := source.FunctionNames(text, path)
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.fileAt(path)
	if !slices.Contains(f.names, path) {
		f.names = append(f.names, path)
	}
	f.lines, f.functions = linesWithCode(proto), functions
	for _, b := range f.breakpoints {
		if before := b.BreakpointState; b.place(f) != before {
			state := b.BreakpointState
			d.emit(Event{Breakpoint: &state})
		}
	}
	d.updateTable()
}

// linesWithCode returns the lines of a file that have code, sorted.
func linesWithCode(proto *lua.FunctionProto) []int {
	var lines []int
	var add func(*lua.FunctionProto)
	add = func(p *lua.FunctionProto) {
		end := vm.FinalReturn(p)
		for pc, line := range p.DbgSourcePositions {
			if line > 0 && (pc != end || reachesEnd(p, end)) {
				lines = append(lines, line)
			}
		}
		for _, inner := range p.FunctionPrototypes {
			add(inner)
		}
	}
	add(proto)
	slices.Sort(lines)
	return slices.Compact(lines)
}

// reachesEnd reports whether the final return of a function, at the index end, is in a line of the
// source and can run: it does not follow another return, or a jump leads to it.
func reachesEnd(p *lua.FunctionProto, end int) bool {
	if p.LineDefined == 0 { // the file ends, and no line of it says so
		return false
	}
	if end <= 0 || operation(p.Code[end-1]) != lua.OP_RETURN {
		return true
	}
	for pc, instruction := range p.Code {
		switch operation(instruction) {
		case lua.OP_JMP, lua.OP_FORLOOP, lua.OP_FORPREP:
			if pc+1+int(instruction&maxBx)-maxBx>>1 == end {
				return true
			}
		}
	}
	return false
}

// maxBx is the largest operand of a jump; half of it means a jump to the next instruction.
const maxBx = 1<<18 - 1

func operation(instruction uint32) int { return int(instruction >> 26) }

// functionName returns the name of a function for the stack of calls.
func (f *file) functionName(p *lua.FunctionProto) string {
	if p.LineDefined == 0 {
		return "top level"
	}
	if f != nil && f.functions[p.LineDefined] != "" {
		return f.functions[p.LineDefined]
	}
	return "function"
}
