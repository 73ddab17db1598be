package compiler

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// An Error says why a source cannot be compiled.
type Error struct {
	Line    int
	Message string
}

// Error returns the line and the message.
func (e *Error) Error() string { return fmt.Sprintf("%d: %s", e.Line, e.Message) }

// Compile compiles a chunk and does not change it. name is the name of the source in error messages
// of the program. isLocalFunction reports whether the source of a statement is "local function f":
// the syntax tree has the same node for "local f = function". The error is an *Error.
func Compile(chunk []ast.Stmt, name string, isLocalFunction func(*ast.LocalAssignStmt) bool) (proto *lua.FunctionProto, err error) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case *Error:
			proto, err = nil, e
		default:
			panic(e)
		}
	}()
	main := newFunction(nil, name)
	main.isLocalFunction = isLocalFunction
	main.proto.IsVarArg = lua.VarArgIsVarArg
	last := 1
	if n := len(chunk); n > 0 {
		last = lastLine(chunk[n-1]) + 1
	}
	main.proto.LastLineDefined = last
	main.enterBlock(false)
	main.statements(chunk, false)
	main.finish(last)
	return main.proto, nil
}

// A function is the state of the compiler for one function of the source.
type function struct {
	parent          *function
	proto           *lua.FunctionProto
	isLocalFunction func(*ast.LocalAssignStmt) bool

	code  []uint32
	lines []int // the line of each instruction
	// positions in code that hold no instruction: an operand of the OP_CLOSURE or OP_SETLIST before
	data  map[int]bool
	exits map[int]bool // positions of the jumps of break and goto

	constants map[constant]int // the index of each constant
	strings   []string         // the text of each constant; "" for a constant that is not a string

	locals []local // the local variables in scope; the index of a variable is also its register
	free   int     // the first free register; all registers below it are in use
	max    int     // the maximum of free so far

	upvalues []upvalue
	block    *block        // the innermost block that is being compiled
	gotos    []pendingGoto // the gotos whose labels have not been found yet
	rare     []rareModulo  // code to append at the end of the function
}

func newFunction(parent *function, name string) *function {
	f := &function{
		parent:    parent,
		proto:     &lua.FunctionProto{SourceName: name},
		constants: make(map[constant]int),
	}
	if parent != nil {
		f.isLocalFunction = parent.isLocalFunction
	}
	return f
}

// fail ends the compilation with an error.
func (f *function) fail(line int, format string, args ...any) {
	panic(&Error{line, fmt.Sprintf(format, args...)})
}

// failLimit ends the compilation because the function has too many things of a kind. what names
// the kind, such as "local variables", and max is how many a function may have.
func (f *function) failLimit(line, max int, what string) {
	if f.parent == nil {
		f.fail(line, "main function has more than %d %s", max, what)
	}
	f.fail(line, "function at line %d has more than %d %s", f.proto.LineDefined, max, what)
}

// compileFunction compiles the function literal e, and returns its finished state. The first
// parameter of a method is self, which the source does not list.
func (f *function) compileFunction(e *ast.FunctionExpr, isMethod bool) *function {
	inner := newFunction(f, f.proto.SourceName)
	p := inner.proto
	p.LineDefined, p.LastLineDefined = e.Line(), lastLine(e)
	inner.enterBlock(false)
	if isMethod {
		inner.declare(e.Line(), "self")
	}
	inner.declare(e.Line(), e.ParList.Names...)
	p.NumParameters = uint8(len(inner.locals))
	if e.ParList.HasVargs {
		// If the body does not use "...", a local variable arg holds a table of the additional
		// arguments. vararg removes VarArgNeedsArg when the body uses "...".
		p.IsVarArg = lua.VarArgHasArg | lua.VarArgNeedsArg | lua.VarArgIsVarArg
		inner.declare(e.Line(), "arg")
	}
	inner.statements(e.Stmts, false)
	inner.finish(lastLine(e))
	return inner
}

// finish adds the final return, and completes the prototype of the function.
func (f *function) finish(line int) {
	f.emit(opReturn, 0, 1, 0, line)
	for _, g := range f.gotos {
		f.fail(g.line, "no visible label '%s' for <goto>", g.label)
	}
	f.leaveBlock(line)
	f.emitRareModulos()
	f.threadJumps()
	f.joinMoves()
	p := f.proto
	p.Code, p.DbgSourcePositions = f.code, f.lines
	// A tail call of gopher-lua does not copy the last register of the called function, so no
	// parameter may be in that register.
	p.NumUsedRegisters = uint8(max(f.max, int(p.NumParameters)+2))
	p.NumUpvalues = uint8(len(f.upvalues))
	for _, u := range f.upvalues {
		p.DbgUpvalues = append(p.DbgUpvalues, u.name)
	}
	setStringConstants(p, f.strings)
}

// lastLine returns the line in which n ends, or the line in which it begins if the parser has not
// recorded the end.
func lastLine(n ast.PositionHolder) int {
	if line := n.LastLine(); line != 0 {
		return line
	}
	return n.Line()
}
