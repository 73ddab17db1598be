package luastd

import lua "github.com/yuin/gopher-lua"

// bytesPerCheckpoint is how many bytes of work a Progress counts between two calls of Checkpoint.
// Slow work on so many bytes takes a few milliseconds.
const bytesPerCheckpoint = 32 << 10

// A Progress calls Checkpoint at regular intervals for a Go function that runs long.
type Progress struct {
	checkpointer Checkpointer
	l            *lua.LState
	bytes        int // work since the last call of Checkpoint
}

// NewProgress returns a Progress for the Lua function that L runs.
func NewProgress(c Checkpointer, L *lua.LState) *Progress { return &Progress{c, L, 0} }

// Add counts work on a number of bytes, and calls Checkpoint after each 32 KiB. Checkpoint raises
// an error if the task has been killed.
func (p *Progress) Add(bytes int) {
	if p.bytes += bytes; p.bytes >= bytesPerCheckpoint {
		p.bytes = 0
		p.checkpointer.Checkpoint(p.l)
	}
}
