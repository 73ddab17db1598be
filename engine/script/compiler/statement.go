package compiler

import "github.com/yuin/gopher-lua/ast"

// statements compiles the statements of a block. scopeGoesOn says that a condition after the block
// can use the local variables of the block.
func (f *function) statements(all []ast.Stmt, scopeGoesOn bool) {
	for i, s := range all {
		if l, ok := s.(*ast.LabelStmt); ok {
			f.addLabel(l.Name, l.Line(), !scopeGoesOn && onlyLabels(all[i:]))
		} else {
			f.statement(s)
		}
		f.free = len(f.locals)
	}
}

func onlyLabels(all []ast.Stmt) bool {
	for _, s := range all {
		if _, ok := s.(*ast.LabelStmt); !ok {
			return false
		}
	}
	return true
}

// nested compiles the statements as a block of their own, which ends in the given line.
func (f *function) nested(all []ast.Stmt, line int) {
	f.enterBlock(false)
	f.statements(all, false)
	f.leaveBlock(line)
}

func (f *function) statement(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.AssignStmt:
		f.assign(s)
	case *ast.LocalAssignStmt:
		f.localAssign(s)
	case *ast.FuncCallStmt:
		f.call(s.Expr.(*ast.FuncCallExpr), 0)
	case *ast.DoBlockStmt:
		f.nested(s.Stmts, lastLine(s))
	case *ast.WhileStmt:
		f.while(s)
	case *ast.RepeatStmt:
		f.repeat(s)
	case *ast.IfStmt:
		f.choose(s)
	case *ast.NumberForStmt:
		f.numericFor(s)
	case *ast.GenericForStmt:
		f.genericFor(s)
	case *ast.FuncDefStmt:
		f.define(s)
	case *ast.ReturnStmt:
		f.returnValues(s)
	case *ast.BreakStmt:
		f.breakLoop(s)
	case *ast.GotoStmt:
		f.addGoto(s.Label, s.Line())
	default:
		f.fail(s.Line(), "unknown statement %T", s)
	}
}

// while compiles a loop. The code for the condition is after the body, because that saves a jump in
// each iteration.
func (f *function) while(s *ast.WhileStmt) {
	line := s.Line()
	loop := f.enterBlock(true)
	start := f.emitJump(line)
	body := len(f.code)
	f.statements(s.Stmts, false)
	f.leaveBlock(lastLine(s))
	f.setJump(start, len(f.code))
	var again []int
	f.jumpIf(s.Condition, true, &again)
	f.setJumps(again, body)
	f.endLoop(loop, line)
}

// repeat compiles a loop whose condition can use the local variables of its body.
func (f *function) repeat(s *ast.RepeatStmt) {
	line := lastLine(s)
	loop := f.enterBlock(true)
	body := len(f.code)
	f.statements(s.Stmts, true)
	var again []int
	f.jumpIf(s.Condition, false, &again)
	if !loop.isCaptured {
		f.setJumps(again, body)
		f.leaveScope()
		f.endLoop(loop, line)
		return
	}
	loop.breaks = append(loop.breaks, f.emitJump(line))
	f.setJumpsHere(again)
	f.leaveBlock(line)
	f.setJump(f.emitJump(line), body)
	f.endLoop(loop, line)
}

func (f *function) choose(s *ast.IfStmt) {
	var otherwise []int
	f.jumpIf(s.Condition, false, &otherwise)
	f.nested(s.Then, endOf(s.Then, s))
	if len(s.Else) == 0 {
		f.setJumpsHere(otherwise)
		return
	}
	// The jump is in the line of the instruction before it, so that a debugger does not stop at it.
	past := f.emitJump(f.lines[len(f.lines)-1])
	f.setJumpsHere(otherwise)
	f.nested(s.Else, endOf(s.Else, s))
	f.setJump(past, len(f.code))
}

// endOf returns the line in which a block ends, or the line of s if the block is empty.
func endOf(block []ast.Stmt, s ast.Stmt) int {
	if len(block) == 0 {
		return s.Line()
	}
	return lastLine(block[len(block)-1])
}

func (f *function) numericFor(s *ast.NumberForStmt) {
	line := s.Line()
	loop := f.enterBlock(true)
	step := s.Step
	if step == nil {
		one := &ast.NumberExpr{Value: "1"}
		one.SetLine(s.Init.Line())
		step = one
	}
	base := f.toNext(s.Init)
	f.toNext(s.Limit)
	f.toNext(step)
	f.declare(line, "(for index)", "(for limit)", "(for step)")
	prepare := f.emitBx(opForPrep, base, jumpBase, line)
	f.enterBlock(false)
	f.declare(line, s.Name)
	f.statements(s.Stmts, false)
	f.leaveBlock(lastLine(s))
	f.setJump(prepare, len(f.code))
	f.setJump(f.emitBx(opForLoop, base, jumpBase, line), prepare+1)
	f.leaveBlock(line)
	f.endLoop(loop, line)
}

func (f *function) genericFor(s *ast.GenericForStmt) {
	line := s.Line()
	loop := f.enterBlock(true)
	base := f.values(s.Exprs, 3, line)
	f.declare(line, "(for generator)", "(for state)", "(for control)")
	start := f.emitJump(line)
	f.enterBlock(false)
	f.declare(line, s.Names...)
	f.statements(s.Stmts, false)
	f.leaveBlock(lastLine(s))
	f.touch(3, line) // the call of the iterator
	f.setJump(start, len(f.code))
	f.emit(opTForLoop, base, 0, len(s.Names), line)
	f.setJump(f.emitJump(line), start+1)
	f.leaveBlock(line)
	f.endLoop(loop, line)
}

func (f *function) breakLoop(s *ast.BreakStmt) {
	for b := f.block; b != nil; b = b.parent {
		if b.isLoop {
			b.breaks = append(b.breaks, f.emitExit(s.Line()))
			return
		}
	}
	f.fail(s.Line(), "no loop to break")
}

func (f *function) returnValues(s *ast.ReturnStmt) {
	line, base := s.Line(), f.free
	if len(s.Exprs) == 1 {
		e := s.Exprs[0]
		if call, ok := e.(*ast.FuncCallExpr); ok && !call.AdjustRet {
			f.call(call, allResults)
			at := len(f.code) - 1
			f.code[at] = encodeABC(opTailCall, base, int(f.code[at]&0x1ff), 0)
			f.emit(opReturn, base, 0, 0, line)
			return
		}
		if !isMulti(e) {
			f.emit(opReturn, f.toAny(e), 2, 0, line)
			return
		}
	}
	if f.allValues(s.Exprs) {
		f.emit(opReturn, base, 0, 0, line)
	} else {
		f.emit(opReturn, base, len(s.Exprs)+1, 0, line)
	}
}
