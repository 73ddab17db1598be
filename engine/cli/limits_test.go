package cli

import (
	"runtime/debug"
	"testing"

	"moonlark/engine"
)

// The memory limit of scripts is also the memory limit of Go. The garbage collector then runs more
// often before a script must be stopped for using too much memory. A limit that the user has set
// with GOMEMLIMIT has priority.
func TestTheMemoryLimitOfScriptsIsTheLimitOfGo(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	for env, want := range map[string]int64{"": 3000 << 20, "1GiB": before} {
		t.Setenv("GOMEMLIMIT", env)
		debug.SetMemoryLimit(before)
		var opts engine.Options
		limitFlags{Memory: 3000}.apply(&opts)()
		if got := debug.SetMemoryLimit(-1); got != want {
			t.Errorf("GOMEMLIMIT=%s: Go's limit is %d, want %d", env, got, want)
		}
	}
}
