package compiler

import (
	"math"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// isMulti reports whether e may have several values: a call or "..." that is not in parentheses.
func isMulti(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		return !e.AdjustRet
	case *ast.Comma3Expr:
		return !e.AdjustRet
	}
	return false
}

// toNext adds code that evaluates e into the first free register. It reserves the register and
// returns it.
func (f *function) toNext(e ast.Expr) int {
	r := f.reserve(1, e.Line())
	f.toRegister(e, r)
	return r
}

// toAny returns a register that holds the value of e. If e is a local variable, that is the
// variable's own register. Otherwise toAny evaluates e into the first free register.
func (f *function) toAny(e ast.Expr) int {
	if name, ok := e.(*ast.IdentExpr); ok {
		if r := f.findLocal(name.Value); r >= 0 {
			return r
		}
	}
	return f.toNext(e)
}

// toOperand returns the value of e as an operand B or C of an instruction, which is a constant if
// possible, and otherwise a register that toAny returns.
func (f *function) toOperand(e ast.Expr) int {
	if v := f.literal(e); v != nil {
		if i := f.constantIndex(v, e.Line()); i < isConstant {
			return i + isConstant
		}
	}
	return f.toAny(e)
}

// toRegister adds code that evaluates e into register r. r must be the last reserved register or
// the register of a local variable. The code sets a local variable only after it has evaluated all
// of e, because e may read the variable.
func (f *function) toRegister(e ast.Expr, r int) {
	line := e.Line()
	if v := f.literal(e); v != nil {
		f.load(v, r, line)
		return
	}
	before := f.free
	isFresh := r >= len(f.locals) && r == f.free-1
	if isFresh { // the code for parts of e may use r for their values
		f.free--
	}
	switch e := e.(type) {
	case *ast.IdentExpr:
		if from := f.findLocal(e.Value); from >= 0 {
			if from != r {
				f.emit(opMove, r, from, 0, line)
			}
		} else if i := f.findUpvalue(e.Value, line); i >= 0 {
			f.emit(opGetUpvalue, r, i, 0, line)
		} else {
			f.emitBx(opGetGlobal, r, f.stringIndex(e.Value, line), line)
		}
	case *ast.AttrGetExpr:
		object, key := f.toAny(e.Object), f.toOperand(e.Key)
		op := opGetTable
		if _, ok := e.Key.(*ast.StringExpr); ok {
			op = opGetTableKS
		}
		f.emit(op, r, object, key, line)
	case *ast.ArithmeticOpExpr:
		f.arithmetic(e, r)
	case *ast.StringConcatOpExpr:
		f.concat(e, r)
	case *ast.UnaryMinusOpExpr:
		f.emit(opMinus, r, f.toAny(e.Expr), 0, line)
	case *ast.UnaryLenOpExpr:
		f.emit(opLength, r, f.toAny(e.Expr), 0, line)
	case *ast.UnaryNotOpExpr:
		if isCondition(e.Expr) {
			f.logical(e, r)
		} else {
			f.emit(opNot, r, f.toAny(e.Expr), 0, line)
		}
	case *ast.RelationalOpExpr, *ast.LogicalOpExpr:
		f.logical(e, r)
	case *ast.FunctionExpr:
		f.closure(e, r, false)
	case *ast.FuncCallExpr:
		f.move(f.call(e, 1), r, line)
	case *ast.Comma3Expr:
		f.move(f.vararg(e, 1), r, line)
	case *ast.TableExpr:
		f.move(f.table(e), r, line)
	default:
		f.fail(line, "unknown expression %T", e)
	}
	f.free = before
}

// move copies the value of register from to register to, unless they are the same register.
func (f *function) move(from, to, line int) {
	if from != to {
		f.emit(opMove, to, from, 0, line)
	}
}

// load adds code that loads the constant v into register r.
func (f *function) load(v lua.LValue, r, line int) {
	switch v {
	case lua.LNil:
		f.emit(opLoadNil, r, r, 0, line)
	case lua.LTrue:
		f.emit(opLoadBool, r, 1, 0, line)
	case lua.LFalse:
		f.emit(opLoadBool, r, 0, 0, line)
	default:
		f.emitBx(opLoadK, r, f.constantIndex(v, line), line)
	}
}

var arithmeticOps = map[string]int{"+": lua.OP_ADD, "-": lua.OP_SUB, "*": lua.OP_MUL, "/": lua.OP_DIV, "%": opModulo, "^": lua.OP_POW}

func (f *function) arithmetic(e *ast.ArithmeticOpExpr, r int) {
	left := f.toOperand(e.Lhs)
	right := f.toOperand(e.Rhs)
	if e.Operator == "%" {
		if v, ok := f.literal(e.Rhs).(lua.LNumber); !ok || math.IsInf(float64(v), 0) {
			f.modulo(left, right, r, e.Line())
			return
		}
	}
	f.emit(arithmeticOps[e.Operator], r, left, right, e.Line())
}

// A rareModulo describes the code for a modulo by infinity, which is at the end of the function.
type rareModulo struct {
	left, to int   // the operand, and the register for the result
	nan      int   // the divisor NaN: a constant operand or a register
	nanIndex int   // the index of NaN in the constants
	jumps    []int // the positions of the jumps to the code
	back     int   // the position that the code jumps back to
	line     int
}

// modulo adds the code for left % right. A number modulo infinity is NaN in Lua 5.1 and another
// number in gopher-lua. So the code compares the divisor with both infinities, and uses NaN as the
// divisor instead of them.
func (f *function) modulo(left, right, to, line int) {
	temp := -1
	operand := func(index int) int {
		if index < isConstant {
			return index + isConstant
		}
		if temp < 0 {
			temp = f.reserve(1, line)
		}
		return temp
	}
	m := rareModulo{left: left, to: to, line: line}
	for _, sign := range []int{1, -1} {
		infinity := f.constantIndex(lua.LNumber(math.Inf(sign)), line)
		by := operand(infinity)
		if by == temp {
			f.emitBx(opLoadK, temp, infinity, line)
		}
		f.emit(opEqual, 1, right, by, line)
		m.jumps = append(m.jumps, f.emitJump(line))
	}
	m.nanIndex = f.constantIndex(lua.LNumber(math.NaN()), line)
	m.nan = operand(m.nanIndex)
	f.emit(opModulo, to, left, right, line)
	m.back = len(f.code)
	f.rare = append(f.rare, m)
}

// emitRareModulos adds the code of all rareModulos of the function.
func (f *function) emitRareModulos() {
	for _, m := range f.rare {
		f.setJumpsHere(m.jumps)
		if m.nan < isConstant {
			f.emitBx(opLoadK, m.nan, m.nanIndex, m.line)
		}
		f.emit(opModulo, m.to, m.left, m.nan, m.line)
		f.setJump(f.emitJump(m.line), m.back)
	}
}

// One instruction joins all strings of a short concatenation, and concatStep strings of a longer one.
// These numbers are small because the memory that an instruction uses is not limited, and the limit
// of the script is checked between instructions.
const (
	shortConcat = 8
	concatStep  = 4
)

// concat adds code that evaluates a concatenation into register r. As in Lua, the code evaluates all
// strings, and then joins them from right to left.
func (f *function) concat(e *ast.StringConcatOpExpr, r int) {
	line, base := e.Line(), f.free
	f.toNext(e.Lhs)
	for {
		rest, ok := e.Rhs.(*ast.StringConcatOpExpr)
		if !ok {
			break
		}
		f.toNext(rest.Lhs)
		e = rest
	}
	last := f.toNext(e.Rhs)
	step := concatStep
	if last-base < shortConcat {
		step = shortConcat
	}
	for last > base {
		first := max(base, last-step+1)
		to := first
		if first == base {
			to = r
		}
		f.emit(opConcat, to, first, last, line)
		last = first
	}
}

// closure compiles the function e and adds code that creates it in register r.
func (f *function) closure(e *ast.FunctionExpr, r int, isMethod bool) {
	line := e.Line()
	inner := f.compileFunction(e, isMethod)
	i := len(f.proto.FunctionPrototypes)
	if i >= maxBx {
		f.failLimit(line, maxBx, "functions")
	}
	f.proto.FunctionPrototypes = append(f.proto.FunctionPrototypes, inner.proto)
	f.emitBx(opClosure, r, i, line)
	for _, u := range inner.upvalues {
		op := opGetUpvalue
		if u.isLocal {
			op = opMove
		}
		f.emit(op, 0, u.index, 0, line)
		f.markData()
	}
}

// values adds code that evaluates the expressions into n new registers. It adds nils or drops values
// if there are not n values. It reserves the registers and returns the first one.
func (f *function) values(all []ast.Expr, n, line int) int {
	base := f.free
	for i, e := range all {
		if i < len(all)-1 || !isMulti(e) {
			f.toNext(e)
			continue
		}
		missing := max(0, n-i)
		f.multi(e, missing)
		f.reserve(missing, line)
	}
	if missing := base + n - f.free; missing > 0 {
		first := f.reserve(missing, line)
		f.emit(opLoadNil, first, first+missing-1, 0, line)
	}
	f.free = base + n
	return base
}

// allValues adds code that evaluates the expressions into new registers. If the last expression can
// have several values, allValues returns true, and the last value is at the top of the Lua stack.
func (f *function) allValues(all []ast.Expr) (isOpen bool) {
	for i, e := range all {
		if i == len(all)-1 && isMulti(e) {
			f.multi(e, allResults)
			return true
		}
		f.toNext(e)
	}
	return false
}

// allResults is the number of values for an expression that keeps all its values, however many
// there are.
const allResults = -1

func newString(value string, line int) *ast.StringExpr {
	e := &ast.StringExpr{Value: value}
	e.SetLine(line)
	return e
}

// multi adds code that evaluates e, a call or "...", into n registers from the first free one on. It
// does not reserve the registers.
func (f *function) multi(e ast.Expr, n int) {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		f.call(e, n)
	case *ast.Comma3Expr:
		f.vararg(e, n)
	}
}

// vararg adds code that copies n values of "..." into the first free registers. It returns the first
// of these registers and reserves none.
func (f *function) vararg(e *ast.Comma3Expr, n int) int {
	line := e.Line()
	if f.proto.IsVarArg == 0 {
		f.fail(line, "cannot use '...' outside a vararg function")
	}
	f.proto.IsVarArg &^= lua.VarArgNeedsArg
	base := f.free
	f.touch(max(n, 1), line)
	f.emit(opVararg, base, n+1, 0, line)
	return base
}

// touch makes sure that the function has n registers more than are in use, without reserving them.
func (f *function) touch(n, line int) { f.free = f.reserve(n, line) }

// call adds code for a call with n results, which are in the first free registers. It returns the
// first of these registers and reserves none.
func (f *function) call(e *ast.FuncCallExpr, n int) int {
	line, base := e.Line(), f.free
	name := ""
	args := 0
	if e.Func != nil {
		f.toNext(e.Func)
		name = callName(e.Func)
	} else {
		object := f.toAny(e.Receiver)
		key := f.toOperand(newString(e.Method, line))
		f.free = base
		f.reserve(2, line)
		f.emit(opSelf, base, object, key, line)
		name = e.Method
		args = 1
	}
	b := 0
	if !f.allValues(e.Args) {
		b = args + len(e.Args) + 1
	}
	if b > maxC {
		f.fail(line, "too many arguments")
	}
	f.free = base
	f.touch(max(n, 1), line)
	at := f.emit(opCall, base, b, n+1, line)
	f.proto.DbgCalls = append(f.proto.DbgCalls, lua.DbgCall{Name: name, Pc: at})
	return base
}

// callName returns the name that stack traces show for the called function e.
func callName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.IdentExpr:
		return e.Value
	case *ast.AttrGetExpr:
		if key, ok := e.Key.(*ast.StringExpr); ok {
			return key.Value
		}
	}
	return "?"
}

// table adds code that evaluates a table constructor into the first free register. It reserves
// the register and returns it.
func (f *function) table(e *ast.TableExpr) int {
	line := e.Line()
	r := f.reserve(1, line)
	create := f.emit(opNewTable, r, 0, 0, line)
	items, waiting := 0, 0 // waiting is the number of list items that are only in registers so far
	for i, field := range e.Fields {
		switch {
		case field.Key != nil:
			before := f.free
			key := f.toOperand(field.Key)
			v := f.toOperand(field.Value)
			op := opSetTable
			if _, ok := field.Key.(*ast.StringExpr); ok {
				op = opSetTableKS
			}
			f.emit(op, r, key, v, line)
			f.free = before
		case i == len(e.Fields)-1 && isMulti(field.Value):
			f.multi(field.Value, allResults)
			f.setList(r, 0, items/lua.FieldsPerFlush+1, field.Value.Line())
			waiting = 0
		default:
			f.toNext(field.Value)
			items++
			waiting++
		}
		if waiting > 0 && (waiting == lua.FieldsPerFlush || i == len(e.Fields)-1) {
			f.setList(r, waiting, (items-1)/lua.FieldsPerFlush+1, field.Value.Line())
			waiting = 0
			f.free = r + 1
		}
	}
	f.code[create] = encodeABC(opNewTable, r, min(items, maxC), min(len(e.Fields)-items, maxC))
	return r
}

// setList adds code that copies n list items from the registers after r into the table in r. If n is
// 0, it copies all items up to the top of the Lua stack. batch is 1 for the first FieldsPerFlush
// items of the table, 2 for the next, and so on.
func (f *function) setList(r, n, batch, line int) {
	if batch <= maxC {
		f.emit(opSetList, r, n, batch, line)
		return
	}
	f.emit(opSetList, r, n, 0, line)
	f.emitRaw(uint32(batch), line)
	f.markData()
}
