//go:build unix

package terminal

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// watchSize starts a goroutine that calls changed whenever the size of the terminal has changed,
// and when the process continues after a stop. The caller must call stop, which ends the goroutine
// and waits for it.
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

// stopProcess stops the processes of the terminal's foreground job, as the terminal does when the
// user presses Ctrl-Z. It returns when the job has been continued. If nothing stops, because there
// is no shell that could continue the job, it returns soon.
var stopProcess = func() {
	syscall.Kill(0, syscall.SIGTSTP)
	// another thread may receive the signal a moment later
	time.Sleep(100 * time.Millisecond)
}

// enableEscapes reports whether the terminal understands escape sequences. On Unix, ok is always
// true and undo is nil.
func enableEscapes(int) (undo func(), ok bool) { return nil, true }
