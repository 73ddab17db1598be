package time

import "golang.org/x/sys/unix"

// maxError is the error of the clock in microseconds that the kernel reports at most. It reports
// this error when nothing sets the clock regularly.
const maxError = 16_000_000

// synchronized reports whether the kernel says that a program such as an NTP client keeps the clock
// right. It returns true if the kernel does not say it.
func synchronized() bool {
	var t unix.Timex
	if _, err := unix.Adjtimex(&t); err != nil {
		return true
	}
	return t.Maxerror < maxError
}
