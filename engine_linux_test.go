package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// terminals says whether there are any here.
const terminals = true

// A console is the outer end of a pseudo-terminal: what a person sees and
// types.
type console struct {
	*os.File
	inner  *os.File
	before *unix.Termios // how it was set when it was opened
	copied chan struct{} // closed when all that was shown has been read
}

// openTerminal makes a terminal of 100 columns the only one that cmd knows.
// What it shows goes to shown.
func openTerminal(cmd *exec.Cmd, shown io.Writer) (*console, error) {
	outer, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	fd := int(outer.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 30, Col: 100})
	}
	t := &console{File: outer, copied: make(chan struct{})}
	if err == nil {
		t.inner, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	}
	if err == nil {
		t.before, err = unix.IoctlGetTermios(int(t.inner.Fd()), unix.TCGETS)
	}
	if err != nil {
		outer.Close()
		return nil, fmt.Errorf("terminal: %w", err)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = t.inner, t.inner, t.inner
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	go func() {
		defer close(t.copied)
		io.Copy(shown, outer) // until nobody has the inner end open
	}()
	return t, nil
}

// end is for when the program has ended. The error says that it left the
// terminal otherwise than it found it.
func (t *console) end() error {
	after, err := unix.IoctlGetTermios(int(t.inner.Fd()), unix.TCGETS)
	t.inner.Close()
	<-t.copied
	t.Close()
	if err == nil && *after != *t.before {
		err = fmt.Errorf("the terminal was left as %+v, and found as %+v", *after, *t.before)
	}
	return err
}
