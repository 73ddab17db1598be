package compiler

import "github.com/yuin/gopher-lua/ast"

// A target is what an assignment assigns to: a local variable, an upvalue, a global variable or an
// element of a table.
type target struct {
	kind   targetKind
	index  int // the register, the index of the upvalue, or the constant index of the global's name
	object int // the register that holds the table of an element
	key    int // the key of an element: an operand B, which is a register or a constant
	line   int
	named  bool // the key of an element is a string constant
}

type targetKind int

const (
	targetLocal targetKind = iota
	targetUpvalue
	targetGlobal
	targetElement
)

func (f *function) newTarget(e ast.Expr) target {
	t := target{line: e.Line()}
	switch e := e.(type) {
	case *ast.IdentExpr:
		if t.index = f.findLocal(e.Value); t.index >= 0 {
			t.kind = targetLocal
		} else if t.index = f.findUpvalue(e.Value, t.line); t.index >= 0 {
			t.kind = targetUpvalue
		} else {
			t.kind, t.index = targetGlobal, f.stringIndex(e.Value, t.line)
		}
	case *ast.AttrGetExpr:
		t.kind = targetElement
		t.object = f.toAny(e.Object)
		t.key = f.toOperand(e.Key)
		_, t.named = e.Key.(*ast.StringExpr)
	default:
		f.fail(t.line, "cannot assign to this expression")
	}
	return t
}

// store adds the code that assigns the value in register from to the target. If the target is an
// element of a table, from may also be a constant operand.
func (f *function) store(t target, from int) {
	switch t.kind {
	case targetLocal:
		f.move(from, t.index, t.line)
	case targetUpvalue:
		f.emit(opSetUpvalue, from, t.index, 0, t.line)
	case targetGlobal:
		f.emitBx(opSetGlobal, from, t.index, t.line)
	case targetElement:
		op := opSetTable
		if t.named {
			op = opSetTableKS
		}
		f.emit(op, t.object, t.key, from, t.line)
	}
}

// storeValue adds the code that evaluates e and assigns its first value to the target.
func (f *function) storeValue(t target, e ast.Expr) {
	switch t.kind {
	case targetLocal:
		f.toRegister(e, t.index)
	case targetElement:
		f.store(t, f.toOperand(e))
	default:
		f.store(t, f.toAny(e))
	}
}

// assign compiles an assignment. All expressions are evaluated before the first value is assigned,
// and the targets are assigned from right to left, as in Lua 5.1.
func (f *function) assign(s *ast.AssignStmt) {
	var targets []target
	for _, e := range s.Lhs {
		t := f.newTarget(e)
		if t.kind == targetLocal {
			f.keepElements(targets, t)
		}
		targets = append(targets, t)
	}
	n := len(targets)
	if len(s.Rhs) == n {
		base := f.free
		for _, e := range s.Rhs[:n-1] {
			f.toNext(e)
		}
		f.storeValue(targets[n-1], s.Rhs[n-1])
		for i := n - 2; i >= 0; i-- {
			f.store(targets[i], base+i)
		}
		return
	}
	base := f.values(s.Rhs, n, s.Line())
	for i := n - 1; i >= 0; i-- {
		f.store(targets[i], base+i)
	}
}

// keepElements is called when an assignment also assigns to the local variable t. If an earlier
// target uses t as its table or key, keepElements copies the old value of t to a new register and
// makes the target use the copy.
func (f *function) keepElements(targets []target, t target) {
	held := -1
	hold := func(register *int) {
		if *register != t.index {
			return
		}
		if held < 0 {
			held = f.reserve(1, t.line)
			f.emit(opMove, held, t.index, 0, t.line)
		}
		*register = held
	}
	for i := range targets {
		if targets[i].kind == targetElement {
			hold(&targets[i].object)
			hold(&targets[i].key)
		}
	}
}

func (f *function) localAssign(s *ast.LocalAssignStmt) {
	line := s.Line()
	if f.isLocalFunction(s) { // the variable is in scope inside the function
		f.declare(line, s.Names[0])
		f.toRegister(s.Exprs[0], len(f.locals)-1)
		return
	}
	f.values(s.Exprs, len(s.Names), line)
	f.declare(line, s.Names...)
}

// define compiles a statement such as function a.b:c() end.
func (f *function) define(s *ast.FuncDefStmt) {
	if s.Name.Func != nil {
		f.storeValue(f.newTarget(s.Name.Func), s.Func)
		return
	}
	line := s.Name.Receiver.Line()
	object := f.toAny(s.Name.Receiver)
	key := f.toOperand(newString(s.Name.Method, s.Func.Line()))
	r := f.reserve(1, line)
	f.closure(s.Func, r, true)
	f.emit(opSetTableKS, object, key, r, line)
}
