package process

import (
	"os"
	"os/signal"
	"syscall"
)

// CatchSIGPIPE makes a write to a closed pipe or terminal return an error. Without it, the write
// would send this process the signal SIGPIPE, which ends the process. The function main calls it
// once.
//
// signal.Ignore would have the same effect. But the programs that this process starts would inherit
// the ignored signal, and a shell loop that writes to a closed pipe would then never end. A caught
// signal has its default effect in such programs.
func CatchSIGPIPE() {
	// no goroutine has to receive from the channel
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
}
