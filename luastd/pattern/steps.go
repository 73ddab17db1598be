package pattern

import lua "github.com/yuin/gopher-lua"

const (
	// MaxSteps is the default of Options.MaxSteps. That many steps take about a second on a PC.
	MaxSteps = 100_000_000

	// stepsPerCheckpoint is the number of steps between two calls of Checkpoint.
	stepsPerCheckpoint = 10_000

	// bytesPerStep is how many bytes a simple loop over bytes processes in the time of one step.
	bytesPerStep = 4
)

// A Checkpointer lets other tasks run while a pattern is matched. See luastd.Checkpointer.
type Checkpointer interface {
	Checkpoint(L *lua.LState)
}

// spend counts n steps. It calls Checkpoint after every stepsPerCheckpoint steps, and raises an
// error after maxSteps steps.
func (m *Matcher) spend(n int) {
	m.sinceCheckpoint += n
	if m.sinceCheckpoint < stepsPerCheckpoint {
		return
	}
	m.steps += m.sinceCheckpoint
	m.sinceCheckpoint = 0
	if m.steps >= m.maxSteps {
		m.L.RaiseError("pattern takes too long (more than %d steps)", m.maxSteps)
	}
	m.checkpointer.Checkpoint(m.L)
}

// spendBytes counts the steps of a loop over bytes. The loop must call it for each byte, with the
// number n of the byte.
func (m *Matcher) spendBytes(n int) {
	const bytes = 256
	if n%bytes == 0 {
		m.spend(bytes / bytesPerStep)
	}
}
