package luastd

import lua "github.com/yuin/gopher-lua"

// A Breather lets a long-running function of the library be one task among
// many, as the instruction hook does for Lua code.
type Breather interface {
	// Breathe is called every now and then by a Go function that runs long, on
	// the executor's goroutine. It raises when the running task has been
	// killed, and lets others have the processor when they wait for it.
	Breathe(L *lua.LState)
}

// breath is how many bytes a function that makes a long string writes between
// two breaths.
const breath = 1 << 20
