package testkit

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// HasTerminals reports whether Start can give a process a terminal on this operating system.
const HasTerminals = true

// A terminal is a pseudo-terminal with 100 columns. Reading the embedded file returns what the
// terminal shows. Writing to the file has the effect of typing.
type terminal struct {
	*os.File
	inner  *os.File      // device file that the process uses as its terminal
	before *unix.Termios // settings of the terminal before the process started
	copied chan struct{} // closed when all output of the terminal has been read
}

// OpenTerminal opens a pseudo-terminal with 100 columns and 30 rows. Reading outer returns what the
// terminal shows, and writing to outer has the effect of typing. The program must use inner as its
// terminal. OpenTerminal exists only on Linux.
func OpenTerminal() (outer, inner *os.File, err error) {
	outer, err = os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	fd := int(outer.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 30, Col: 100})
	}
	if err == nil {
		inner, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	}
	if err != nil {
		outer.Close()
		return nil, nil, fmt.Errorf("terminal: %w", err)
	}
	return outer, inner, nil
}

// openTerminal opens a terminal and makes it the input, output and controlling terminal of cmd. It
// writes the output of the terminal to shown.
func openTerminal(cmd *exec.Cmd, shown io.Writer) (*terminal, error) {
	outer, inner, err := OpenTerminal()
	if err != nil {
		return nil, err
	}
	t := &terminal{File: outer, inner: inner, copied: make(chan struct{})}
	if t.before, err = unix.IoctlGetTermios(int(inner.Fd()), unix.TCGETS); err != nil {
		inner.Close()
		outer.Close()
		return nil, fmt.Errorf("terminal: %w", err)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = inner, inner, inner
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	go func() {
		defer close(t.copied)
		io.Copy(shown, outer) // returns an error after all processes have closed the terminal
	}()
	return t, nil
}

// end closes the terminal after its process has ended. It returns an error when the process has
// changed the terminal's settings and not restored them.
func (t *terminal) end() error {
	after, err := unix.IoctlGetTermios(int(t.inner.Fd()), unix.TCGETS)
	t.inner.Close()
	<-t.copied
	t.Close()
	if err == nil && *after != *t.before {
		err = fmt.Errorf("the terminal was left as %+v, and found as %+v", *after, *t.before)
	}
	return err
}
