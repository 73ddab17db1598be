package i2c_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"go.uber.org/goleak"

	"moonlark/engine/permit"
	"moonlark/luastd/i2c"
	"moonlark/luastd/luastdtest"
	"moonlark/luastd/transfer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A fakeBus is a fake of the driver i2c-dev: this machine may have no I2C. A device at the bus has 256
// registers; the first byte of a write selects one.
type fakeBus struct {
	t testing.TB

	mu        sync.Mutex // guards the fields below
	devices   map[uint16]*[256]byte
	drivers   map[uint16]bool // addresses that a driver of the kernel uses
	functions uint
	opened    int // number of open files
	opens     int // number of files that were opened
	err       error
	block     chan struct{} // transfers wait until it is closed; nil: they do not wait
	probes    []string
}

func newFakeBus(t testing.TB) *fakeBus {
	return &fakeBus{t: t, devices: map[uint16]*[256]byte{0x48: {}}, drivers: map[uint16]bool{}, functions: i2c.CanQuick | i2c.CanReadByte}
}

func (b *fakeBus) open(_ *permit.Broker, kind permit.Kind, _, path string, _ ...string) (transfer.Port, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if kind != permit.I2C || path != "/dev/i2c-1" {
		return nil, os.ErrNotExist
	}
	b.opened++
	b.opens++
	return &fakePort{bus: b}, nil
}

func (b *fakeBus) count() (opened, opens int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.opened, b.opens
}

// A fakePort is an open file of the driver.
type fakePort struct {
	bus     *fakeBus
	address uint16
	reg     byte
}

func (p *fakePort) Close() error {
	p.bus.mu.Lock()
	defer p.bus.mu.Unlock()
	p.bus.opened--
	return nil
}

func (p *fakePort) IoctlValue(request, arg uintptr) error {
	p.bus.mu.Lock()
	defer p.bus.mu.Unlock()
	if request != i2c.RequestSlave {
		return syscall.EINVAL
	}
	p.address = uint16(arg)
	if p.bus.drivers[p.address] {
		return syscall.EBUSY
	}
	return nil
}

// The structs of the kernel, as Go lays them out on this machine.
type (
	kernelMessage struct {
		address, flags, length uint16
		buffer                 *byte
	}
	kernelTransfer struct {
		messages *kernelMessage
		count    uint32
	}
	kernelSMBus struct {
		read, command byte
		size          uint32
		data          *byte
	}
)

func (p *fakePort) Ioctl(request uintptr, arg unsafe.Pointer) error {
	p.bus.mu.Lock()
	block := p.bus.block
	p.bus.mu.Unlock()
	if block != nil {
		<-block
	}
	p.bus.mu.Lock()
	defer p.bus.mu.Unlock()
	switch request {
	case i2c.RequestFuncs:
		*(*uint)(arg) = p.bus.functions
		return nil
	case i2c.RequestSMBus:
		return p.probe((*kernelSMBus)(arg))
	case i2c.RequestRDWR:
		if p.bus.err != nil {
			return p.bus.err
		}
		transfer := (*kernelTransfer)(arg)
		for _, m := range unsafe.Slice(transfer.messages, transfer.count) {
			if err := p.message(m); err != nil {
				return err
			}
		}
		return nil
	}
	return syscall.ENOTTY
}

func (p *fakePort) message(m kernelMessage) error {
	registers := p.bus.devices[m.address]
	if registers == nil {
		return syscall.Errno(121) // EREMOTEIO
	}
	data := unsafe.Slice(m.buffer, m.length)
	switch {
	case m.flags == i2c.FlagRead:
		for i := range data {
			data[i] = registers[p.reg+byte(i)]
		}
	case m.flags == 0:
		p.reg = data[0]
		for i, b := range data[1:] {
			registers[p.reg+byte(i)] = b
		}
	default:
		return syscall.EINVAL
	}
	return nil
}

func (p *fakePort) probe(s *kernelSMBus) error {
	way := "quick"
	if s.read == 1 {
		way = "read"
		if s.size != i2c.SMBusByte || s.data == nil {
			return syscall.EINVAL
		}
	}
	p.bus.probes = append(p.bus.probes, fmt.Sprintf("%02x %s", p.address, way))
	if p.bus.devices[p.address] == nil {
		return syscall.ENXIO
	}
	return nil
}

// openScript loads a script that uses the fake bus. The name of the module is i2c2, because the scripts of
// tests have the real module too.
func openScript(t *testing.T, b *fakeBus, source string, grants ...string) *luastdtest.Script {
	if runtime.GOOS != "linux" {
		t.Skip("the codes of errors are those of Linux")
	}
	m := i2c.NewModule(b.open)
	m.Name = "i2c2"
	if grants == nil {
		grants = []string{""}
	}
	var p permit.Settings
	for _, g := range grants {
		p.Grants = append(p.Grants, permit.Grant{Kind: permit.I2C, Value: g})
	}
	return luastdtest.Open(t, luastdtest.Options{Source: source, Permissions: p}, m)
}

func TestRegistersAreReadAndWritten(t *testing.T) {
	s := openScript(t, newFakeBus(t), `d = i2c2.open(1, 0x48)`)
	for _, row := range []luastdtest.Row{
		{"the name", `return tostring(d), tostring(i2c2.open("/dev/i2c-1", 0x48))`, "i2c device 1:0x48, i2c device 1:0x48"},
		{"a number", `return d:write_reg(7, 200), d:read_u8(7), d:read_s8(7)`, "true, 200, -56"},
		{"bytes", `return d:write_reg(8, {0x81, 2, 3}), d:read_reg(8, 3) == "\129\2\3", #d:read_reg(8)`, "true, true, 1"},
		{"both orders", `return d:read_u16(8), d:read_u16(8, "le"), d:read_s16(8), d:read_s16(8, "le")`, "33026, 641, -32510, 641"},
		{"a plain write and read", `return d:write("\8"), d:read(3):byte(1, 3)`, "true, 129, 2, 3"},
		{"a transfer", `return d:transfer({9}, 2):byte(1, 2)`, "2, 3"},
		{"nobody there", `local d = i2c2.open(1, 0x10) return d:read(1)`, "nil, nack: the I2C device 0x10 at bus 1 does not answer, nack"},
		{"no such bus", `return i2c2.open(2, 0x48)`, "nil, not_found: there is no I2C device 0x48 at bus 2, not_found"},
		{"too long", `return d:read(4097)`, "a.lua:1: bad argument #2 to read (a whole number from 1 to 4096 expected, got 4097)"},
		{"too long", `return d:write(("x"):rep(4097))`, "a.lua:1: bad argument #2 to write (1 to 4096 bytes expected, got 4097)"},
		{"too long", `return d:write_reg(1, ("x"):rep(4096))`, "a.lua:1: bad argument #3 to write_reg (the register and the bytes are too long for a transfer)"},
		{"no byte", `return d:write{1, 256}`, "a.lua:1: bad argument #2 to write (the element 2 of the list must be a whole number from 0 to 255)"},
		{"no bytes", `return d:write("")`, "a.lua:1: bad argument #2 to write (1 to 4096 bytes expected, got 0)"},
		{"no register", `return d:read_u8(256)`, "a.lua:1: bad argument #2 to read_u8 (a whole number from 0 to 255 expected, got 256)"},
		{"an order", `return d:read_u16(1, "up")`, `a.lua:1: bad argument #3 to read_u16 ("up" is not one of be, le)`},
		{"an address", `return i2c2.open(1, 0x78)`, "a.lua:1: bad argument #2 to open (a whole number from 3 to 119 expected, got 120)"},
		{"a path", `return i2c2.open("/dev/../etc/passwd", 0x48)`, `a.lua:1: bad argument #1 to open ("/dev/../etc/passwd" is not the path of a bus, such as /dev/i2c-1)`},
		{"closed", `d:close() d:close() return d:read(1)`, "a.lua:1: the I2C device 0x48 at bus 1 has been closed"},
	} {
		if got := s.Run(row.Source); got != row.Want {
			t.Errorf("%s: got %s, want %s", row.Why, got, row.Want)
		}
	}
}

func TestErrorsOfTheBus(t *testing.T) {
	b := newFakeBus(t)
	b.drivers[0x50] = true
	s := openScript(t, b, `d = i2c2.open(1, 0x48)`)
	s.Want(`return i2c2.open(1, 0x50)`, "nil, busy: the I2C device 0x50 at bus 1 is used by a driver of the kernel, busy")
	for errno, want := range map[syscall.Errno]string{
		syscall.EIO: "io", syscall.ENXIO: "nack", 121: "nack", syscall.ETIMEDOUT: "timeout", syscall.EOPNOTSUPP: "unsupported", syscall.ENODEV: "not_found",
	} {
		b.mu.Lock()
		b.err = errno
		b.mu.Unlock()
		s.Want(`return select(3, d:read(1))`, want)
	}
}

// A transfer that hangs ends with its timeout, and so do those after it. When it has ended, the device
// works again.
func TestABusThatHangs(t *testing.T) {
	b := newFakeBus(t)
	s := openScript(t, b, `d = i2c2.open(1, 0x48, {timeout = 0.05})`)
	s.Want(`return d:read_u8(0)`, "0")
	release := make(chan struct{})
	b.mu.Lock()
	b.block = release
	b.mu.Unlock()
	for range 2 {
		s.Want(`return d:read(1)`, "nil, timeout: the bus has not answered in 0.05 s, timeout")
	}
	s.Want(`return i2c2.scan(1, 0.05)`, "nil, timeout: the bus has not answered in 0.05 s, timeout")
	b.mu.Lock()
	b.block = nil
	b.mu.Unlock()
	close(release)
	luastdtest.WaitFor(t, "the device works again", func() bool { return s.Run(`return d:read_u8(0)`) == "0" })
}

func TestAScanDoesWhatI2cdetectDoes(t *testing.T) {
	b := newFakeBus(t)
	b.devices[0x57], b.drivers[0x68] = new([256]byte), true
	s := openScript(t, b, "")
	s.Want(`local all = {} for _, f in ipairs(i2c2.scan()) do all[#all + 1] = ("%02x %s"):format(f.address, tostring(f.driver)) end return table.concat(all, ", ")`,
		"48 false, 57 false, 68 true")
	reads := 0
	for _, p := range b.probes {
		if address, way, _ := strings.Cut(p, " "); way == "read" {
			reads++
			if address < "30" || address > "5f" || address > "37" && address < "50" {
				t.Errorf("the address %s is read", address)
			}
		}
	}
	if len(b.probes) != 116 || reads != 24 {
		t.Errorf("%d probes, %d of them reads", len(b.probes), reads)
	}
	b.functions = i2c.CanReadByte
	b.probes = nil
	s.Want(`return #i2c2.scan()`, "3")
	if strings.Contains(strings.Join(b.probes, " "), "quick") {
		t.Error("a bus that only reads is written to")
	}
	b.functions = 0
	s.Want(`return i2c2.scan()`, "nil, unsupported: the bus cannot look for devices, unsupported")
	if opened, _ := b.count(); opened != 0 {
		t.Errorf("%d files are open", opened)
	}
}

func TestPermissionsOfDevices(t *testing.T) {
	for _, row := range []struct{ grant, source, want string }{
		{"1:0x48", `i2c2.open(1, 0x48)`, ""},
		{"1:72", `i2c2.open("/dev/i2c-1", 0x48)`, ""},
		{"1", `i2c2.open(1, 0x48) return #i2c2.scan(1)`, "1"},
		{"1:0x48", `i2c2.open(1, 0x49)`, "a.lua:1: i2c.open: test.lua may not use the I2C device 0x49 at bus 1. Start with --allow-i2c=1:0x49"},
		{"1:0x48", `i2c2.scan()`, "a.lua:1: i2c.scan: test.lua may not use the I2C bus 1. Start with --allow-i2c=1"},
	} {
		if got := openScript(t, newFakeBus(t), "", row.grant).Run(row.source); got != row.want {
			t.Errorf("%s, %s: got %s, want %s", row.grant, row.source, got, row.want)
		}
	}
}

// A device stays open when the script is loaded again, and what the new copy does not want is closed.
func TestAReloadKeepsDevices(t *testing.T) {
	b := newFakeBus(t)
	const source = `d = i2c2.open(1, 0x48)`
	s := openScript(t, b, source)
	for range 5 {
		luastdtest.WaitFor(t, "the device is open", func() bool { return s.Run(`return d:read_u8(0)`) == "0" })
		s.ReloadWith(source)
	}
	if opened, opens := b.count(); opened != 1 || opens != 1 {
		t.Errorf("%d files are open, %d were opened", opened, opens)
	}
	s.Scripts.Close()
	if opened, _ := b.count(); opened != 0 {
		t.Errorf("%d files are open", opened)
	}
}

func TestWhileTheScriptLoads(t *testing.T) {
	b := newFakeBus(t)
	s := openScript(t, b, `d = i2c2.open(7, 0x48)`)
	s.Want(`return d:read(1)`, "nil, not_found: there is no I2C device 0x48 at bus 7, not_found")
	luastdtest.WaitFor(t, "the failure is logged", func() bool { return strings.Contains(strings.Join(s.Output(), "\n"), "i2c.open: not_found") })
	m := i2c.NewModule(b.open)
	m.Name = "i2c2"
	p := permit.Settings{Grants: []permit.Grant{{Kind: permit.I2C}}}
	for _, source := range []string{`i2c2.open(1, 0x48):read(1)`, `i2c2.scan()`} {
		if _, err := luastdtest.TryOpen(t, luastdtest.Options{Source: source, Permissions: p}, m); err == nil || !strings.Contains(err.Error(), "still loading") {
			t.Errorf("%s: got %v", source, err)
		}
	}
	if _, opens := b.count(); opens != 0 {
		t.Errorf("%d files were opened", opens)
	}
}
