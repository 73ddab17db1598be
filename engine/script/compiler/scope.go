package compiler

import lua "github.com/yuin/gopher-lua"

const (
	maxLocals    = 200
	maxRegisters = 250
	maxUpvalues  = 255
)

// A local is a local variable that is in scope.
type local struct {
	name  string
	debug *lua.DbgLocalInfo
}

// An upvalue is a variable of an enclosing function that a function uses.
type upvalue struct {
	name    string
	isLocal bool // whether the variable belongs to the directly enclosing function
	index   int  // the register of the variable there, or the index of the upvalue there
}

// A block is a part of a function in which local variables are declared.
type block struct {
	parent     *block
	firstLocal int // the number of local variables outside of the block
	firstGoto  int // the number of pending gotos outside of the block
	isLoop     bool
	isCaptured bool  // an inner function uses a local variable of the block
	hasCapture bool  // an inner function uses a local variable of a block inside of the block
	breaks     []int // the positions of the jumps out of the loop
	labels     map[string]label
}

type label struct {
	at     int // the position in the code
	line   int
	locals int // the number of local variables in scope
}

// A pendingGoto is a goto whose label has not been seen yet.
type pendingGoto struct {
	label      string
	at         int // the position of the jump
	line       int
	locals     int  // the number of variables that are in scope both at the goto and now
	isCaptured bool // an inner function uses a variable of a block that the goto leaves
}

func (f *function) enterBlock(isLoop bool) *block {
	f.block = &block{parent: f.block, firstLocal: len(f.locals), firstGoto: len(f.gotos), isLoop: isLoop}
	return f.block
}

// leaveBlock ends the innermost block. If an inner function uses a local variable of the block,
// leaveBlock adds code that moves the variable from the stack into the function.
func (f *function) leaveBlock(line int) {
	b := f.block
	if b.isCaptured && b.parent != nil {
		f.emit(opClose, b.firstLocal, 0, 0, line)
	}
	f.leaveScope()
}

// leaveScope ends the innermost block and the scope of its variables. It adds no code.
func (f *function) leaveScope() {
	b := f.block
	for _, l := range f.locals[b.firstLocal:] {
		l.debug.EndPc = len(f.code)
	}
	f.locals = f.locals[:b.firstLocal]
	f.free = len(f.locals)
	for i := b.firstGoto; i < len(f.gotos); i++ {
		g := &f.gotos[i]
		g.locals = min(g.locals, b.firstLocal)
		g.isCaptured = g.isCaptured || b.isCaptured
	}
	f.block = b.parent
	if b.parent != nil && (b.isCaptured || b.hasCapture) {
		b.parent.hasCapture = true
	}
}

// endLoop makes the breaks of the loop b jump to the next instruction. Call it after leaveBlock. A
// break may leave blocks whose variables inner functions use, so endLoop adds code that moves these
// variables from the stack into the functions.
func (f *function) endLoop(b *block, line int) {
	f.setJumpsHere(b.breaks)
	if len(b.breaks) > 0 && (b.isCaptured || b.hasCapture) {
		f.emit(opClose, b.firstLocal, 0, 0, line)
	}
}

// declare begins the scope of local variables. Their registers are those after the last variable in
// scope. declare reserves the registers that the caller has not reserved for the values.
func (f *function) declare(line int, names ...string) {
	for _, name := range names {
		if len(f.locals) >= maxLocals {
			f.failLimit(line, maxLocals, "local variables")
		}
		if f.free == len(f.locals) {
			f.reserve(1, line)
		}
		debug := &lua.DbgLocalInfo{Name: name, StartPc: len(f.code)}
		f.proto.DbgLocals = append(f.proto.DbgLocals, debug)
		f.locals = append(f.locals, local{name, debug})
	}
}

// findLocal returns the register of a local variable of the function, or -1.
func (f *function) findLocal(name string) int {
	for i := len(f.locals) - 1; i >= 0; i-- {
		if f.locals[i].name == name {
			return i
		}
	}
	return -1
}

// findUpvalue returns the index of the upvalue for the variable name of an enclosing function, or -1
// if there is no such variable. It adds the upvalue if it is new.
func (f *function) findUpvalue(name string, line int) int {
	if f.parent == nil {
		return -1
	}
	u := upvalue{name: name, isLocal: true, index: f.parent.findLocal(name)}
	if u.index >= 0 {
		f.parent.capture(u.index)
	} else {
		u.isLocal, u.index = false, f.parent.findUpvalue(name, line)
		if u.index < 0 {
			return -1
		}
	}
	for i, known := range f.upvalues {
		if known.isLocal == u.isLocal && known.index == u.index {
			return i
		}
	}
	if len(f.upvalues) >= maxUpvalues {
		f.failLimit(line, maxUpvalues, "upvalues")
	}
	f.upvalues = append(f.upvalues, u)
	return len(f.upvalues) - 1
}

// capture records that an inner function uses the local variable in a register.
func (f *function) capture(register int) {
	b := f.block
	for b.firstLocal > register {
		b = b.parent
	}
	b.isCaptured = true
}

// reserve reserves the first n free registers and returns the first of them.
func (f *function) reserve(n, line int) int {
	first := f.free
	f.free += n
	f.max = max(f.max, f.free)
	if f.free > maxRegisters {
		f.fail(line, "function or expression too complex: it needs more than %d registers", maxRegisters)
	}
	return first
}

// addGoto compiles a goto.
func (f *function) addGoto(name string, line int) {
	for b := f.block; b != nil; b = b.parent {
		if to, ok := b.labels[name]; ok { // a jump backwards
			if len(f.locals) > to.locals {
				f.emit(opClose, to.locals, 0, 0, line)
			}
			f.setJump(f.emitExit(line), to.at)
			return
		}
	}
	f.gotos = append(f.gotos, pendingGoto{label: name, at: f.emitExit(line), line: line, locals: len(f.locals)})
}

// addLabel compiles a label. endsBlock says that no statement follows in the block: then a goto may
// jump to the label over the declaration of local variables of the block.
func (f *function) addLabel(name string, line int, endsBlock bool) {
	b := f.block
	if old, ok := b.labels[name]; ok {
		f.fail(line, "label '%s' already defined on line %d", name, old.line)
	}
	to := label{at: len(f.code), line: line, locals: len(f.locals)}
	if endsBlock {
		to.locals = b.firstLocal
	}
	if b.labels == nil {
		b.labels = make(map[string]label)
	}
	b.labels[name] = to
	isCaptured := false
	rest := f.gotos[:b.firstGoto]
	for _, g := range f.gotos[b.firstGoto:] {
		if g.label != name {
			rest = append(rest, g)
			continue
		}
		if g.locals < to.locals {
			f.fail(line, "<goto %s> at line %d jumps into the scope of local '%s'", name, g.line, f.locals[g.locals].name)
		}
		isCaptured = isCaptured || g.isCaptured
		f.setJump(g.at, to.at)
	}
	f.gotos = rest
	if isCaptured {
		f.emit(opClose, to.locals, 0, 0, line)
	}
}
