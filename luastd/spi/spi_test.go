package spi_test

import (
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"go.uber.org/goleak"

	"moonlark/engine/permit"
	"moonlark/luastd/luastdtest"
	"moonlark/luastd/spi"
	"moonlark/luastd/transfer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A fakeChip is a fake of the driver spidev: this machine may have no SPI. It answers with the bytes that
// are written, plus 1; where nothing is written, with 7.
type fakeChip struct {
	mu     sync.Mutex // guards the fields below
	mode   uint32
	bits   uint8
	speed  uint32
	opened int
	opens  int
	last   []byte // what was written last
	err    error
}

func (c *fakeChip) open(_ *permit.Broker, kind permit.Kind, _, path string, _ ...string) (transfer.Port, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if kind != permit.SPI || path != "/dev/spidev0.1" {
		return nil, os.ErrNotExist
	}
	c.opened++
	c.opens++
	return c, nil
}

func (c *fakeChip) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opened--
	return nil
}

func (c *fakeChip) IoctlValue(uintptr, uintptr) error { return syscall.EINVAL }

// kernelTransfer is the beginning of the struct spi_ioc_transfer on a machine with pointers of 64 bits.
type kernelTransfer struct {
	written, read *byte
	length        uint32
}

func (c *fakeChip) Ioctl(request uintptr, arg unsafe.Pointer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	switch request {
	case spi.RequestMode:
		c.mode = *(*uint32)(arg)
	case spi.RequestBits:
		c.bits = *(*uint8)(arg)
	case spi.RequestSpeed:
		c.speed = *(*uint32)(arg)
	case spi.RequestMessage:
		t := (*kernelTransfer)(arg)
		var written []byte
		if t.written != nil {
			written = unsafe.Slice(t.written, t.length)
		}
		c.last = append([]byte(nil), written...)
		if t.read == nil {
			return nil
		}
		for i := range unsafe.Slice(t.read, t.length) {
			answer := &unsafe.Slice(t.read, t.length)[i]
			if *answer = 7; written != nil {
				*answer = written[i] + 1
			}
		}
	default:
		return syscall.ENOTTY
	}
	return nil
}

func openScript(t *testing.T, c *fakeChip, source, grant string) *luastdtest.Script {
	if runtime.GOOS != "linux" || unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("the fake is for Linux with pointers of 64 bits")
	}
	m := spi.NewModule(c.open)
	m.Name = "spi2" // the scripts of tests have the real module too
	p := permit.Settings{Grants: []permit.Grant{{Kind: permit.SPI, Value: grant}}}
	return luastdtest.Open(t, luastdtest.Options{Source: source, Permissions: p}, m)
}

func TestTransfers(t *testing.T) {
	c := new(fakeChip)
	s := openScript(t, c, `d = spi2.open{cs = 1, mode = 3, speed = 500000, bits = 16, lsb_first = true, cs_high = true}`, "")
	for _, row := range []luastdtest.Row{
		{"a transfer", `return tostring(d), d:transfer{1, 2, 254}:byte(1, 3)`, "spi device 0.1, 2, 3, 255"},
		{"a string", `return d:transfer("ab")`, "bc"},
		{"a read", `return d:read(2):byte(1, 2)`, "7, 7"},
		{"a write", `return d:write("hello")`, "true"},
		{"the maximum", `return #d:transfer(("x"):rep(4096))`, "4096"},
		{"too much", `return d:transfer(("x"):rep(4097))`, "a.lua:1: bad argument #2 to transfer (1 to 4096 bytes expected, got 4097)"},
		{"nobody there", `return spi2.open{cs = 2}`, "nil, not_found: there is no SPI device 0.2, not_found"},
		{"a mode", `return spi2.open{mode = 4}`, "a.lua:1: bad argument #1 to open (mode must be a whole number from 0 to 3, not 4)"},
		{"no table", `return spi2.open()`, "a.lua:1: bad argument #1 to open (table expected, got nil)"},
		{"closed", `d:close() return d:read(1)`, "a.lua:1: the SPI device 0.1 has been closed"},
	} {
		if got := s.Run(row.Source); got != row.Want {
			t.Errorf("%s: got %s, want %s", row.Why, got, row.Want)
		}
	}
	if c.mode != 0x0f || c.bits != 16 || c.speed != 500000 {
		t.Errorf("mode %#x, %d bits, %d Hz", c.mode, c.bits, c.speed)
	}
}

func TestWhatTheBusCannotDo(t *testing.T) {
	c := &fakeChip{err: syscall.EINVAL}
	s := openScript(t, c, "", "")
	s.Want(`return spi2.open{cs = 1, bits = 32}`, "nil, unsupported: the bus of the SPI device 0.1 cannot do that, unsupported")
	if c.opened != 0 {
		t.Errorf("%d files are open", c.opened)
	}
}

func TestPermissionsOfDevices(t *testing.T) {
	for _, row := range []struct{ grant, want string }{
		{"0.1", ""}, {"0", ""}, {"", ""},
		{"0.0", "a.lua:1: spi.open: test.lua may not use the SPI device 0.1. Start with --allow-spi=0.1"},
	} {
		if got := openScript(t, new(fakeChip), "", row.grant).Run(`spi2.open{cs = 1}`); got != row.want {
			t.Errorf("%s: got %s, want %s", row.grant, got, row.want)
		}
	}
}

// A device stays open when the script is loaded again with the same options.
func TestAReloadKeepsDevices(t *testing.T) {
	c := new(fakeChip)
	s := openScript(t, c, `d = spi2.open{cs = 1}`, "")
	check := func(opened, opens int) {
		t.Helper()
		luastdtest.WaitFor(t, "the device is open", func() bool { return strings.HasPrefix(s.Run(`return d:read(1)`), "\a") })
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.opened != opened || c.opens != opens {
			t.Errorf("%d files are open, %d were opened", c.opened, c.opens)
		}
	}
	check(1, 1)
	s.ReloadWith(`d = spi2.open{cs = 1}`)
	check(1, 1)
	s.ReloadWith(`d = spi2.open{cs = 1, speed = 5}`)
	check(2, 2) // the old one is closed after 2 s
}
