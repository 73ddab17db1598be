package cli

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

// onSIGHUP calls reload when the process receives SIGHUP, until end is called. A terminal that is
// closed also sends SIGHUP to its processes; in this case, onSIGHUP calls stop instead. onSIGHUP
// does nothing if the process was started with SIGHUP ignored, for example by nohup.
func onSIGHUP(reload, stop func()) (end func()) {
	if signal.Ignored(syscall.SIGHUP) {
		return func() {}
	}
	terminals := countTerminals()
	hangups, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(hangups, syscall.SIGHUP) // Windows never sends SIGHUP
	go func() {
		defer close(done)
		for range hangups {
			if countTerminals() < terminals {
				stop()
			} else {
				reload()
			}
		}
	}()
	return func() {
		signal.Stop(hangups)
		close(hangups)
		<-done
	}
}

// countTerminals returns how many of stdin, stdout and stderr are open terminals.
func countTerminals() int {
	n := 0
	for _, f := range []*os.File{os.Stdin, os.Stdout, os.Stderr} {
		if term.IsTerminal(int(f.Fd())) {
			n++
		}
	}
	return n
}
