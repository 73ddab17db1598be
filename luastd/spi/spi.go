// Package spi is the Lua module "spi": converters, displays and other devices at an SPI bus.
//
//	spi.open{bus = 0, cs = 0, ...}   -> device; or nil, reason, code
//	    speed = 1e6                     hertz
//	    mode = 0                        0 to 3
//	    bits = 8                        bits of a word
//	    lsb_first = false
//	    cs_high = false
//	    timeout = 1                     seconds
//
//	device:transfer(bytes)           -> bytes, as many; or nil, reason, code
//	device:write(bytes)              -> true; or nil, reason, code
//	device:read(n)                   -> bytes; or nil, reason, code
//	device:close()
//
// It uses the ioctls of the driver spidev of Linux. Bounds: 4096 bytes of a transfer.
package spi

import (
	_ "embed"
	"fmt"
	"strconv"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/sockets"
	"moonlark/luastd/transfer"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "spi".
var Module = newModule(transfer.Open)

// newModule returns the module. open opens the device file of a device.
func newModule(open transfer.Opener) luastd.Module {
	return luastd.Module{
		Name: "spi", Doc: doc, Manual: manual, Needs: []permit.Kind{permit.SPI}, Need: need,
		Open: func(L *lua.LState, rt luastd.Runtime) lua.LValue {
			m := &module{rt: rt, openPort: open}
			m.devices = value.HandleMetatable[*device](L, "spi device", map[string]lua.LGFunction{
				"transfer": exchange, "write": write, "read": read, "close": closeDevice,
			}, nil)
			t := L.CreateTable(0, 1)
			value.SetFunctions(L, t, map[string]lua.LGFunction{"open": m.open})
			return t
		},
	}
}

const maxTimeout = 60 * time.Second

// A module is the module of one Lua state.
type module struct {
	rt       luastd.Runtime
	openPort transfer.Opener
	devices  *lua.LTable // the metatable of devices
}

// need returns an error if b has no permission for SPI: the source does not say which device is used.
func need(b *permit.Broker, _, _ string, _ bool) error {
	if b.HasAny(permit.SPI) {
		return nil
	}
	return b.CheckDevice(permit.SPI, "use SPI devices")
}

// A device is a device as one generation of the script has it. Its fields belong to the executor's
// goroutine.
type device struct {
	m       *module
	bus, cs int
	timeout time.Duration

	lease   luastd.Lease
	open    *transfer.Device // nil while it is not open
	failure *sockets.Failure // why it is not open
	closed  bool
}

// String returns the text of tostring.
func (d *device) String() string {
	if d.closed {
		return "spi device " + d.name() + " (closed)"
	}
	return "spi device " + d.name()
}

// name returns the name under which the device is granted.
func (d *device) name() string { return fmt.Sprintf("%d.%d", d.bus, d.cs) }

func (d *device) what() string { return "SPI device " + d.name() }

// open is the Lua function spi.open.
func (m *module) open(L *lua.LState) int {
	L.CheckTable(1)
	o := value.CheckOptions(L, 1, "bus", "cs", "speed", "mode", "bits", "lsb_first", "cs_high", "timeout")
	d := &device{m: m, bus: o.Int("bus", 0, 0, 999), cs: o.Int("cs", 0, 0, 99), timeout: o.Timeout("timeout", time.Second, maxTimeout)}
	s := settings{
		speed: uint32(o.Int("speed", 1e6, 1, 500e6)), mode: uint32(o.Int("mode", 0, 0, 3)), bits: uint8(o.Int("bits", 8, 8, 32)),
	}
	if s.bits != 8 && s.bits != 16 && s.bits != 32 {
		o.Raise("bits", "8, 16 or 32", o.Get("bits"))
	}
	if o.Bool("lsb_first", false) {
		s.mode |= modeLSBFirst
	}
	if o.Bool("cs_high", false) {
		s.mode |= modeCSHigh
	}
	names := []string{d.name(), strconv.Itoa(d.bus)}
	broker := m.rt.Permit()
	if err := broker.CheckDevice(permit.SPI, "use the "+d.what(), names...); err != nil {
		L.RaiseError("spi.open: %s", err)
	}
	return d.claim(L, s, func() (transfer.Port, error) {
		return m.openPort(broker, permit.SPI, "use the "+d.what(), fmt.Sprintf("/dev/spidev%s", d.name()), names...)
	})
}

// claim opens the device, or takes it over from the generation before, and pushes it.
func (d *device) claim(L *lua.LState, s settings, open func() (transfer.Port, error)) int {
	d.failure = sockets.Fail("busy", "the %s has not been opened", d.what())
	loading := d.m.rt.Loading()
	lease, err := d.m.rt.Claim(luastd.Claim{
		Kind: "spi device", Settings: fmt.Sprintf("%s %+v", d.name(), s),
		Open: func() (luastd.Resource, error) {
			port, err := open()
			if err != nil {
				return nil, err
			}
			if err := s.apply(port); err != nil {
				port.Close()
				return nil, err
			}
			return transfer.NewDevice(port), nil
		},
		Use: func(r luastd.Resource, err error) {
			if d.failure = nil; err != nil {
				d.failure = transfer.Explain(err, d.what(), "spi")
				transfer.LogFailure(d.m.rt, loading, "spi.open", d.failure)
				return
			}
			d.open = r.(*transfer.Device)
		},
	})
	if err != nil {
		L.RaiseError("spi.open: %s", err)
	}
	if d.lease = lease; !loading && d.failure != nil {
		lease.Release()
		return d.failure.Push(L)
	}
	L.Push(&lua.LUserData{Value: d, Env: L.Env, Metatable: d.m.devices})
	return 1
}

func checkDevice(L *lua.LState) *device {
	return value.CheckHandle[*device](L, "a device", "device:transfer(bytes)")
}

// run runs a transfer of written and read bytes, of which one may be nil, and makes the task wait
// meanwhile.
func (d *device) run(L *lua.LState, written, read []byte) ([]byte, *sockets.Failure) {
	luastd.CheckLoaded(L, d.m.rt, "a method of an spi device")
	if d.closed {
		L.RaiseError("the %s has been closed", d.what())
	}
	if d.failure != nil {
		return nil, d.failure
	}
	result, err := d.open.Do(d.m.rt, L, d.timeout, func(p transfer.Port) (any, error) { return read, message(p, written, read) })
	if err != nil {
		return nil, transfer.Explain(err, d.what(), "spi")
	}
	return result.([]byte), nil
}

// exchange is the Lua method device:transfer.
func exchange(L *lua.LState) int {
	d, data := checkDevice(L), transfer.CheckBytes(L, 2, 1)
	return d.pushRead(L, data, make([]byte, len(data)))
}

// read is the Lua method device:read.
func read(L *lua.LState) int {
	d := checkDevice(L)
	return d.pushRead(L, nil, make([]byte, value.CheckWhole(L, 2, 1, transfer.Max)))
}

func (d *device) pushRead(L *lua.LState, written, read []byte) int {
	answer, failure := d.run(L, written, read)
	if failure != nil {
		return failure.Push(L)
	}
	L.Push(lua.LString(answer))
	return 1
}

// write is the Lua method device:write.
func write(L *lua.LState) int {
	d, data := checkDevice(L), transfer.CheckBytes(L, 2, 1)
	if _, failure := d.run(L, data, nil); failure != nil {
		return failure.Push(L)
	}
	L.Push(lua.LTrue)
	return 1
}

// closeDevice is the Lua method device:close.
func closeDevice(L *lua.LState) int {
	d := checkDevice(L)
	if !d.closed {
		d.closed = true
		d.lease.Release()
	}
	L.Push(lua.LTrue)
	return 1
}
