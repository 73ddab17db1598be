package compiler

import lua "github.com/yuin/gopher-lua"

// Short names for the instructions of gopher-lua.
const (
	opMove       = lua.OP_MOVE
	opMoveN      = lua.OP_MOVEN
	opLoadK      = lua.OP_LOADK
	opLoadBool   = lua.OP_LOADBOOL
	opLoadNil    = lua.OP_LOADNIL
	opGetUpvalue = lua.OP_GETUPVAL
	opSetUpvalue = lua.OP_SETUPVAL
	opGetGlobal  = lua.OP_GETGLOBAL
	opSetGlobal  = lua.OP_SETGLOBAL
	opGetTable   = lua.OP_GETTABLE
	opGetTableKS = lua.OP_GETTABLEKS
	opSetTable   = lua.OP_SETTABLE
	opSetTableKS = lua.OP_SETTABLEKS
	opNewTable   = lua.OP_NEWTABLE
	opSelf       = lua.OP_SELF
	opModulo     = lua.OP_MOD
	opMinus      = lua.OP_UNM
	opNot        = lua.OP_NOT
	opLength     = lua.OP_LEN
	opConcat     = lua.OP_CONCAT
	opJump       = lua.OP_JMP
	opEqual      = lua.OP_EQ
	opLess       = lua.OP_LT
	opLessEqual  = lua.OP_LE
	opTest       = lua.OP_TEST
	opTestSet    = lua.OP_TESTSET
	opCall       = lua.OP_CALL
	opTailCall   = lua.OP_TAILCALL
	opReturn     = lua.OP_RETURN
	opForLoop    = lua.OP_FORLOOP
	opForPrep    = lua.OP_FORPREP
	opTForLoop   = lua.OP_TFORLOOP
	opSetList    = lua.OP_SETLIST
	opClose      = lua.OP_CLOSE
	opClosure    = lua.OP_CLOSURE
	opVararg     = lua.OP_VARARG
)

// An instruction has 32 bits: 6 for the operation, 8 for the operand A, 9 for C and 9 for B. Some
// instructions have one operand Bx of 18 bits in place of B and C. The distance of a jump is
// Bx - jumpBase.
const (
	maxBx    = 1<<18 - 1
	jumpBase = maxBx >> 1
	maxC     = 1<<9 - 1

	isConstant = 1 << 8 // an operand B or C from isConstant on is a constant's index plus isConstant
)

func encodeABC(op, a, b, c int) uint32 {
	return uint32(op)<<26 | uint32(a)<<18 | uint32(c)<<9 | uint32(b)
}

func encodeABx(op, a, bx int) uint32 { return uint32(op)<<26 | uint32(a)<<18 | uint32(bx) }

func operation(instruction uint32) int { return int(instruction >> 26) }

// emit appends an instruction and returns its position.
func (f *function) emit(op, a, b, c, line int) int {
	return f.emitRaw(encodeABC(op, a, b, c), line)
}

// emitBx appends an instruction with the operand Bx and returns its position.
func (f *function) emitBx(op, a, bx, line int) int { return f.emitRaw(encodeABx(op, a, bx), line) }

func (f *function) emitRaw(instruction uint32, line int) int {
	f.code = append(f.code, instruction)
	f.lines = append(f.lines, line)
	return len(f.code) - 1
}

// markData records that the last word of the code is an operand of the instruction before it.
func (f *function) markData() {
	if f.data == nil {
		f.data = make(map[int]bool)
	}
	f.data[len(f.code)-1] = true
}

// emitJump appends a jump and returns its position. The caller must set the target with setJump.
func (f *function) emitJump(line int) int { return f.emitBx(opJump, 0, jumpBase, line) }

// emitExit is like emitJump, for the statements break and goto.
func (f *function) emitExit(line int) int {
	at := f.emitJump(line)
	if f.exits == nil {
		f.exits = make(map[int]bool)
	}
	f.exits[at] = true
	return at
}

// setJump makes the instruction at position from jump to position to.
func (f *function) setJump(from, to int) {
	bx := to - from - 1 + jumpBase
	if bx < 0 || bx > maxBx {
		f.fail(f.lines[from], "control structure too long")
	}
	f.code[from] = f.code[from]&^uint32(maxBx) | uint32(bx)
}

// jumpTarget returns the position that the jump at position from jumps to.
func (f *function) jumpTarget(from int) int { return from + 1 + int(f.code[from]&maxBx) - jumpBase }

// setJumpsHere makes all jumps of the list jump to the next instruction.
func (f *function) setJumpsHere(list []int) { f.setJumps(list, len(f.code)) }

func (f *function) setJumps(list []int, to int) {
	for _, from := range list {
		f.setJump(from, to)
	}
}

// threadJumps gives each jump to another jump the target of the other one. It does not skip break
// and goto, because a debugger must stop at them, and a coverage count them.
func (f *function) threadJumps() {
	isJump := func(at int) bool {
		return at >= 0 && at < len(f.code) && operation(f.code[at]) == opJump && !f.data[at]
	}
	for at := range f.code {
		if !isJump(at) {
			continue
		}
		to := f.jumpTarget(at)
		for n := 0; n < 8 && isJump(to) && !f.exits[to]; n++ { // the limit is for jumps that form a circle
			to = f.jumpTarget(to)
		}
		if bx := to - at - 1 + jumpBase; bx >= 0 && bx <= maxBx {
			f.setJump(at, to)
		}
	}
}

// joinMoves replaces the first of several moves in one line of the source by an instruction that
// also executes the others. The others stay in the code, because a jump may go to one of them.
// Moves in different lines are not joined: a debugger must stop at each line, and a coverage count
// it.
func (f *function) joinMoves() {
	isMove := func(at int) bool {
		return at < len(f.code) && operation(f.code[at]) == opMove && !f.data[at]
	}
	for at := 0; at < len(f.code); at++ {
		n := 0
		for isMove(at+n) && f.lines[at+n] == f.lines[at] && n <= maxC {
			n++
		}
		if n > 1 {
			move := f.code[at]
			f.code[at] = encodeABC(opMoveN, int(move>>18)&0xff, int(move&0x1ff), n-1)
			at += n - 1
		}
	}
}
