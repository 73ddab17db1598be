package serial_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"moonlark/engine/permit"
	"moonlark/engine/testkit"
	"moonlark/luastd/luastdtest"
)

// A device is one end of a pseudo-terminal. The script uses the other end as a serial port. A
// pseudo-terminal has no lines such as DTR, and sends at any speed.
type device struct {
	t      *testing.T
	link   string // the path of the port, below the folder that takes the place of /
	master *os.File
	reader *bufio.Reader
}

// newRoot returns a folder that takes the place of /, in which devices can be plugged in.
func newRoot(t *testing.T) string {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(root, "dev"), 0o700); err != nil {
		t.Fatal(err)
	}
	return root
}

// plug makes a device whose port has this path below root.
func plug(t *testing.T, root, path string) *device {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Skip("there are no pseudo-terminals: ", err)
	}
	d := &device{t: t, link: filepath.Join(root, path), master: master, reader: bufio.NewReader(master)}
	t.Cleanup(d.unplug)
	d.control(func(fd int) error {
		if _, err := unix.IoctlGetTermios(fd, unix.TCGETS2); errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.ENOTTY) {
			t.Skipf("an emulator runs this test, which cannot set the speed of a port: %v", err)
		}
		return nil
	})
	number := 0
	d.control(func(fd int) (err error) {
		if number, err = unix.IoctlGetInt(fd, unix.TIOCGPTN); err != nil {
			return err
		}
		return unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	})
	d.control(func(fd int) error { // what the device sends before the port is open must not come back
		tio, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err == nil {
			tio.Lflag, tio.Oflag, tio.Iflag = 0, 0, 0
			err = unix.IoctlSetTermios(fd, unix.TCSETS, tio)
		}
		return err
	})
	if err := os.Symlink(fmt.Sprintf("/dev/pts/%d", number), d.link); err != nil {
		t.Fatal(err)
	}
	return d
}

// control calls f with the file descriptor.
func (d *device) control(f func(fd int) error) {
	d.t.Helper()
	raw, err := d.master.SyscallConn()
	if err == nil {
		failure := raw.Control(func(fd uintptr) { err = f(int(fd)) })
		if err == nil {
			err = failure
		}
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// unplug takes the device away. It may be called more than once.
func (d *device) unplug() {
	if d.master != nil {
		os.Remove(d.link)
		d.master.Close()
		d.master = nil
	}
}

func (d *device) send(text string) {
	d.t.Helper()
	d.master.SetWriteDeadline(time.Now().Add(testkit.Timeout))
	if _, err := d.master.WriteString(text); err != nil {
		d.t.Errorf("the device: %v", err)
	}
}

// line returns the next line that the script has sent. While the script has not opened the port,
// the system returns an error.
func (d *device) line() string {
	d.t.Helper()
	end := time.Now().Add(testkit.Timeout)
	for time.Now().Before(end) {
		d.master.SetReadDeadline(end)
		line, err := d.reader.ReadString('\n')
		if err == nil {
			return strings.TrimSuffix(line, "\n")
		}
		time.Sleep(time.Millisecond)
	}
	d.t.Fatal("the script has sent no line")
	return ""
}

// echo answers each line with the same line and "!".
func (d *device) echo() {
	go func(master *os.File) {
		for {
			line, err := d.reader.ReadString('\n')
			if err == nil {
				_, err = master.WriteString(strings.TrimSuffix(line, "\n") + "!\n")
			}
			if err != nil {
				if _, err := master.Stat(); err != nil {
					return // the device was unplugged
				}
				time.Sleep(time.Millisecond)
			}
		}
	}(d.master)
}

// permissions returns the permission for the ports with these names.
func permissions(root string, names ...string) permit.Settings {
	s := permit.Settings{Root: root}
	for _, name := range names {
		s.Grants = append(s.Grants, permit.Grant{Kind: permit.Serial, Value: name})
	}
	return s
}

const port0 = "/dev/ttyUSB0"

// open loads a script that may use port0.
func openScript(t *testing.T, root, source string) *luastdtest.Script {
	t.Helper()
	return luastdtest.Open(t, luastdtest.Options{Source: source, Permissions: permissions(root, port0)})
}

// until runs Lua code until it returns want.
func until(t *testing.T, s *luastdtest.Script, source, want string) {
	t.Helper()
	got := ""
	deadline := time.Now().Add(testkit.Timeout)
	for time.Now().Before(deadline) {
		if got = s.Run(source); got == want {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Fatalf("%s: got %s, want %s", source, got, want)
}
