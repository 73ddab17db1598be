//go:build unix

package terminal

import (
	"os"
	"os/signal"
	"syscall"
)

// watchSize calls changed, from a goroutine of its own, whenever the terminal
// has another size or the process goes on after being stopped. stop returns
// when that goroutine has ended.
func watchSize(changed func()) (stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGWINCH, syscall.SIGCONT)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range signals {
			changed()
		}
	}()
	return func() {
		signal.Stop(signals)
		close(signals)
		<-done
	}
}

// enableEscapes says whether the terminal obeys escape sequences. Here they
// all do.
func enableEscapes(int) (undo func(), ok bool) { return nil, true }
