package compiler

import (
	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// isCondition reports whether e is compiled to jumps: e is a comparison, an "and", an "or", or a
// "not" of one of these.
func isCondition(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.RelationalOpExpr, *ast.LogicalOpExpr:
		return true
	case *ast.UnaryNotOpExpr:
		return isCondition(e.Expr)
	}
	return false
}

// jumpIf adds code that evaluates e as a condition. If the condition equals when, the code jumps;
// otherwise the program continues after the code. jumpIf appends the positions of the jumps, which
// have no target yet, to the list.
func (f *function) jumpIf(e ast.Expr, when bool, list *[]int) {
	line := e.Line()
	if v := f.literal(e); v != nil {
		if lua.LVAsBool(v) == when {
			*list = append(*list, f.emitJump(line))
		}
		return
	}
	before := f.free
	switch e := e.(type) {
	case *ast.UnaryNotOpExpr:
		f.jumpIf(e.Expr, !when, list)
	case *ast.LogicalOpExpr:
		// A false first operand decides the result of an "and", and a true one that of an "or".
		if decides := e.Operator == "or"; decides == when {
			f.jumpIf(e.Lhs, when, list)
			f.jumpIf(e.Rhs, when, list)
		} else {
			var past []int
			f.jumpIf(e.Lhs, decides, &past)
			f.jumpIf(e.Rhs, when, list)
			f.setJumpsHere(past)
		}
	case *ast.RelationalOpExpr:
		left := f.toOperand(e.Lhs)
		right := f.toOperand(e.Rhs)
		op := opEqual
		switch e.Operator {
		case "~=":
			when = !when
		case "<":
			op = opLess
		case "<=":
			op = opLessEqual
		case ">":
			op, left, right = opLess, right, left
		case ">=":
			op, left, right = opLessEqual, right, left
		}
		f.emit(op, bit(when), left, right, line)
		*list = append(*list, f.emitJump(line))
	default:
		f.emit(opTest, f.toAny(e), 0, bit(when), line)
		*list = append(*list, f.emitJump(line))
	}
	f.free = before
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// exits are the positions of the jumps that leave an expression with "and", "or", "not" and
// comparisons before its end.
type exits struct {
	done    []int // jumps at which the value of the expression is in its register
	isTrue  []int // jumps at which the value is true, but not in the register yet
	isFalse []int // jumps at which the value is false, but not in the register yet
}

// logical adds code that evaluates e into register r. isCondition must be true for e.
func (f *function) logical(e ast.Expr, r int) {
	line := e.Line()
	var x exits
	isLoaded := f.lastValue(e, r, &x)
	if !isLoaded || len(x.isTrue)+len(x.isFalse) > 0 {
		if isLoaded {
			x.done = append(x.done, f.emitJump(line))
		}
		f.setJumpsHere(x.isFalse)
		f.emit(opLoadBool, r, 0, 1, line)
		f.setJumpsHere(x.isTrue)
		f.emit(opLoadBool, r, 1, 0, line)
	}
	f.setJumpsHere(x.done)
}

// lastValue adds code that evaluates e, which is the whole expression or its last operand. If it
// returns true, the value is in register r after the code. Otherwise the value after the code is
// false, and not in the register yet.
func (f *function) lastValue(e ast.Expr, r int, x *exits) (isLoaded bool) {
	if f.literal(e) == nil {
		if logical, ok := e.(*ast.LogicalOpExpr); ok {
			f.exitIf(logical.Lhs, logical.Operator == "or", r, x)
			return f.lastValue(logical.Rhs, r, x)
		}
		if isCondition(e) {
			f.jumpIf(e, true, &x.isTrue)
			return false
		}
	}
	f.operand(e, r)
	return true
}

// operand adds code that evaluates e into register r. Unlike for toRegister, r may also be the
// first free register.
func (f *function) operand(e ast.Expr, r int) {
	before := f.free
	if r == f.free && r >= len(f.locals) {
		f.reserve(1, e.Line())
	}
	f.toRegister(e, r)
	f.free = before
}

// exitIf adds code that evaluates e as a condition. If the condition equals when, the value of e is
// the value of the whole expression, and the code jumps out of it. Otherwise the program continues
// after the code, and a local variable in register r still has its old value.
func (f *function) exitIf(e ast.Expr, when bool, r int, x *exits) {
	line := e.Line()
	if v := f.literal(e); v != nil {
		switch {
		case lua.LVAsBool(v) != when:
		case v == lua.LTrue:
			x.isTrue = append(x.isTrue, f.emitJump(line))
		case v == lua.LFalse:
			x.isFalse = append(x.isFalse, f.emitJump(line))
		default:
			f.load(v, r, line)
			x.done = append(x.done, f.emitJump(line))
		}
		return
	}
	if logical, ok := e.(*ast.LogicalOpExpr); ok {
		if decides := logical.Operator == "or"; decides == when {
			f.exitIf(logical.Lhs, when, r, x)
			f.exitIf(logical.Rhs, when, r, x)
		} else {
			var past []int
			f.jumpIf(logical.Lhs, decides, &past)
			f.exitIf(logical.Rhs, when, r, x)
			f.setJumpsHere(past)
		}
		return
	}
	if _, isNot := e.(*ast.UnaryNotOpExpr); isNot || isCondition(e) {
		list := &x.isFalse
		if when {
			list = &x.isTrue
		}
		f.jumpIf(e, when, list)
		return
	}
	if name, ok := e.(*ast.IdentExpr); ok {
		if from := f.findLocal(name.Value); from >= 0 {
			f.testSet(r, from, when, line)
			x.done = append(x.done, f.emitJump(line))
			return
		}
	}
	before := f.free
	from := r
	if r < len(f.locals) || r != f.free { // the rest of the expression may need the value in r
		from = f.toNext(e)
	} else {
		f.operand(e, r)
	}
	f.testSet(r, from, when, line)
	x.done = append(x.done, f.emitJump(line))
	f.free = before
}

// testSet adds a test of register from. If the truth of its value equals when, the value is copied
// to register to, and the next instruction, which must be a jump, is executed. Otherwise the jump is
// skipped.
func (f *function) testSet(to, from int, when bool, line int) {
	if to == from {
		f.emit(opTest, to, 0, bit(when), line)
	} else {
		f.emit(opTestSet, to, from, bit(when), line)
	}
}
