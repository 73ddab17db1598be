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
				"transfer": exchange, "write": write, "read": read,
				"close": func(L *lua.LState) int { return checkDevice(L).Close(L) },
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

// A device is a device as one generation of the script has it.
type device struct{ *transfer.Handle }

// open is the Lua function spi.open.
func (m *module) open(L *lua.LState) int {
	L.CheckTable(1)
	o := value.CheckOptions(L, 1, "bus", "cs", "speed", "mode", "bits", "lsb_first", "cs_high", "timeout")
	bus := o.Int("bus", 0, 0, 999)
	name := fmt.Sprintf("%d.%d", bus, o.Int("cs", 0, 0, 99))
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
	handle, failure := transfer.OpenHandle(L, m.rt, m.openPort, transfer.Request{
		Kind: permit.SPI, Name: name, Also: []string{strconv.Itoa(bus)}, What: "SPI device " + name, Path: "/dev/spidev" + name,
		Setup: fmt.Sprintf("%+v", s), Prepare: s.apply, Timeout: o.Timeout("timeout", time.Second, maxTimeout),
	})
	if failure != nil {
		return failure.Push(L)
	}
	L.Push(&lua.LUserData{Value: &device{handle}, Env: L.Env, Metatable: m.devices})
	return 1
}

func checkDevice(L *lua.LState) *device {
	return value.CheckHandle[*device](L, "a device", "device:transfer(bytes)")
}

// run runs a transfer of written and read bytes, of which one may be nil, and makes the task wait
// meanwhile. It returns what was read.
func (d *device) run(L *lua.LState, written, read []byte) ([]byte, *sockets.Failure) {
	return d.Do(L, func(p transfer.Port) ([]byte, error) { return read, message(p, written, read) })
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
	return transfer.Push(L, answer, failure)
}

// write is the Lua method device:write.
func write(L *lua.LState) int {
	d, data := checkDevice(L), transfer.CheckBytes(L, 2, 1)
	_, failure := d.run(L, data, nil)
	return transfer.PushDone(L, failure)
}
