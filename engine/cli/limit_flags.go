package cli

import (
	"os"
	"runtime/debug"
	"time"

	"moonlark/engine"
	"moonlark/engine/script"
	"moonlark/engine/script/vm"
)

// limitFlags limit the memory and time that scripts may use.
type limitFlags struct {
	Memory    uint64        `placeholder:"MiB" help:"Memory that all scripts together may use. Half of the memory of the machine or control group if left out."`
	BurstWarn time.Duration `default:"250ms" help:"Warn of a handler that runs this long without a wait (${default})."`
	Burst     time.Duration `default:"2s" help:"End a handler that runs this long without a wait (${default})."`
	Handler   time.Duration `name:"handler-timeout" default:"10m" help:"End an event handler, or one call of a timer, that takes this long (${default})."`
}

// apply copies the limits to opts. It also sets the memory limit of Go's garbage collector, unless
// GOMEMLIMIT is set. Call end when the engine has ended.
func (f limitFlags) apply(opts *engine.Options) (end func()) {
	opts.Limits = script.Limits{BurstWarning: f.BurstWarn, Burst: f.Burst, Handler: f.Handler}
	opts.Heap = vm.NewHeap(f.Memory << 20)
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(int64(opts.Heap.Limit()))
	}
	return opts.Heap.Close
}
