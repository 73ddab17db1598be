package cdev

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/warthog618/go-gpiocdev/uapi"
	"golang.org/x/sys/unix"

	"moonlark/engine/pins"
)

// A change is read as the kernel writes it: struct gpio_v2_line_event.
func TestDecodeEvent(t *testing.T) {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		t.Fatal(err)
	}
	p := binary.NativeEndian.AppendUint64(nil, uint64(now.Nano()-time.Second.Nanoseconds()))
	for _, n := range []uint32{2, 17, 99, 5} { // falling, the line, the number among all lines, that of the line
		p = binary.NativeEndian.AppendUint32(p, n)
	}
	p = append(p, make([]byte, eventSize-len(p))...)
	e := decodeEvent(p)
	if e.Value || e.Seq != 5 {
		t.Errorf("got %+v", e)
	}
	if age := time.Since(e.Time); age < time.Second || age > time.Minute {
		t.Errorf("the change is %v old", age)
	}
	binary.NativeEndian.PutUint32(p[8:], 1)
	if !decodeEvent(p).Value {
		t.Error("a rising edge is falling")
	}
}

// A line can be closed while its goroutine looks whether the chip is there.
func TestAClosedLineIsNotLost(t *testing.T) {
	in, out, err := os.Pipe() // takes the place of the line
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	l := &lines{file: in, count: 1}
	lost := 0
	r := pins.Request{Lost: func(*pins.Error) { lost++ }}
	l.lose(r, unix.ENODEV)
	if lost != 1 {
		t.Error("the loss of a line was not told")
	}
	l.Close()
	_, err = l.Values()
	l.lose(r, err)
	if lost != 1 {
		t.Error("a closed line was lost")
	}
}

func TestTheRequestOfTheKernel(t *testing.T) {
	q := newRequest(pins.Request{
		Offsets: []int{4, 7}, Output: true, Values: []bool{false, true}, ActiveLow: true, Drive: pins.OpenDrain,
	})
	if q.Lines != 2 || q.Offsets[0] != 4 || q.Offsets[1] != 7 || uapi.BytesToString(q.Consumer[:]) != "moonlark" {
		t.Errorf("got %+v", q)
	}
	if want := uapi.LineFlagV2Output | uapi.LineFlagV2ActiveLow | uapi.LineFlagV2OpenDrain; q.Config.Flags != want {
		t.Errorf("flags %b, want %b", q.Config.Flags, want)
	}
	if q.Config.NumAttrs != 1 || q.Config.Attrs[0].Attr.Value64() != 2 || q.Config.Attrs[0].Mask != 3 {
		t.Errorf("values %+v", q.Config.Attrs[0])
	}
	q = newRequest(pins.Request{Offsets: []int{4}, Pull: pins.PullUp, Debounce: 20 * time.Millisecond, Event: func(pins.Event) {}})
	if want := uapi.LineFlagV2Input | uapi.LineFlagV2BiasPullUp | uapi.LineFlagV2EdgeBoth; q.Config.Flags != want || q.EventBufferSize != eventBuffer {
		t.Errorf("flags %b, want %b", q.Config.Flags, want)
	}
	if a := q.Config.Attrs[0].Attr; a.ID != uapi.LineAttributeIDDebounce || a.Value32() != 20000 {
		t.Errorf("debounce %+v", a)
	}
}

func TestErrorsAreExplained(t *testing.T) {
	for err, want := range map[error]string{
		syscall.EBUSY: "busy", syscall.ENODEV: "lost", syscall.EINVAL: "unsupported", syscall.ENXIO: "unsupported", syscall.Errno(524): "unsupported",
		syscall.EIO: "io", fs.ErrPermission: "denied", fs.ErrNotExist: "not_found", &pins.Error{Code: "x"}: "x",
	} {
		if got := explain(err).Code; got != want {
			t.Errorf("%v: got %s, want %s", err, got, want)
		}
	}
}

// A machine without chips has none; a chip that may not be opened is an error.
func TestAMachineWithoutChips(t *testing.T) {
	open := func(string) (*os.File, error) { return nil, fs.ErrNotExist }
	if chips, err := New(open).Chips(); len(chips) != 0 || err != nil {
		t.Errorf("got %v, %v", chips, err)
	}
	open = func(string) (*os.File, error) {
		return nil, &fs.PathError{Op: "open", Path: "/dev/gpiochip0", Err: syscall.EACCES}
	}
	if _, err := New(open).Chips(); err == nil || !strings.HasPrefix(err.Error(), "denied: ") {
		t.Errorf("got %v", err)
	}
	open = func(path string) (*os.File, error) { return os.Open("/dev/null") }
	if _, err := New(open).Request(pins.Request{Chip: "gpiochip0", Offsets: []int{1}}); err == nil || !strings.HasPrefix(err.Error(), "unsupported: ") {
		t.Errorf("a file that is no chip: got %v", err)
	}
}

// A pwmChip is the folder of a PWM chip with two channels, of which the second one has been exported. It
// is a fake of sysfs, with plain files, because this machine may have no PWM.
type pwmChip struct {
	t      *testing.T
	folder string // the folder of all chips
}

func newPWMChip(t *testing.T) *pwmChip {
	t.Helper()
	c := &pwmChip{t, t.TempDir()}
	if err := os.MkdirAll(c.path("pwm1"), 0o700); err != nil {
		t.Fatal(err)
	}
	c.write("npwm", "2\n")
	c.write("export", "")
	c.write("unexport", "")
	return c
}

func (c *pwmChip) path(name string) string { return filepath.Join(c.folder, "pwmchip0", name) }

func (c *pwmChip) write(name, text string) {
	c.t.Helper()
	if err := os.WriteFile(c.path(name), []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

func (c *pwmChip) read(name string) string {
	text, _ := os.ReadFile(c.path(name))
	return string(text)
}

func TestPWM(t *testing.T) {
	c := newPWMChip(t)
	b := &Board{pwms: c.folder}
	for _, row := range []struct {
		chip, channel int
		want          string
	}{
		{1, 0, "not_found: there is no PWM chip 1: a Raspberry Pi needs the line dtoverlay=pwm-2chan in config.txt"},
		{0, 2, "not_found: the PWM chip 0 has the channels 0 to 1, not 2"},
	} {
		if _, err := b.PWM(row.chip, row.channel); err == nil || err.Error() != row.want {
			t.Errorf("got %v, want %s", err, row.want)
		}
	}
	var known *pins.Error
	if _, err := b.PWM(0, 0); !errors.As(err, &known) || known.Code != "denied" || c.read("export") != "0" {
		t.Errorf("a channel without a folder: %v, export has %q", err, c.read("export"))
	}
	p, err := b.PWM(0, 1) // which has been exported
	if err != nil || c.read("export") != "0" {
		t.Fatalf("%v, export has %q", err, c.read("export"))
	}
	if _, err := b.PWM(0, 1); !errors.As(err, &known) || known.Code != "busy" {
		t.Errorf("a channel that is open: %v", err)
	}
	if err := p.Set(time.Millisecond, 0, true); !errors.As(err, &known) || known.Code != "denied" {
		t.Errorf("without the files of the channel: %v", err)
	}
	for _, name := range []string{"period", "duty_cycle", "enable"} {
		c.write("pwm1/"+name, "0")
	}
	for _, step := range []struct {
		period, high time.Duration
		on           bool
		want         string
	}{
		{20 * time.Millisecond, 1500 * time.Microsecond, true, "20000000 1500000 1"},
		{time.Millisecond, 500 * time.Microsecond, true, "1000000 500000 1"},
		{2 * time.Millisecond, 0, false, "2000000 0 0"},
	} {
		if err := p.Set(step.period, step.high, step.on); err != nil {
			t.Error(err)
		}
		if got := c.read("pwm1/period") + " " + c.read("pwm1/duty_cycle") + " " + c.read("pwm1/enable"); got != step.want {
			t.Errorf("got %s, want %s", got, step.want)
		}
	}
	p.Close()
	if c.read("unexport") != "1" {
		t.Errorf("unexport has %q", c.read("unexport"))
	}
}

// A process that was killed has left a channel exported and switched on.
func TestAPWMChannelThatAKilledProcessHasLeftIsTakenOver(t *testing.T) {
	c := newPWMChip(t)
	c.write("pwm1/enable", "1")
	p, err := (&Board{pwms: c.folder}).PWM(0, 1)
	if err != nil || c.read("export") != "" || c.read("pwm1/enable") != "0" {
		t.Fatalf("%v, export has %q, enable has %q", err, c.read("export"), c.read("pwm1/enable"))
	}
	p.Close()
}
