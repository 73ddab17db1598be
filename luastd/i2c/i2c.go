// Package i2c is the Lua module "i2c": sensors and other devices at an I2C bus.
//
//	i2c.open(bus, address [, options])   -> device; or nil, reason, code
//	    timeout = 1                         seconds
//	i2c.scan([bus = 1 [, timeout = 5]])  -> a list of the devices at the bus; or nil, reason, code
//
//	device:write(bytes)                  -> true; or nil, reason, code
//	device:read(n)                       -> bytes; or nil, reason, code
//	device:transfer(bytes, n)            -> bytes: writes, and reads after a repeated start
//	device:read_reg(reg [, n = 1])       -> bytes
//	device:write_reg(reg, bytes)         -> true; bytes may be a number
//	device:read_u8(reg), read_s8(reg), read_u16(reg [, order]), read_s16(reg [, order]) -> number
//	device:close()
//
// It uses the ioctls of Linux. Each transfer is one ioctl, so those of other programs come before or
// after it. Bounds: 4096 bytes of a transfer.
package i2c

import (
	_ "embed"
	"fmt"
	"regexp"
	"strconv"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/transfer"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "i2c".
var Module = newModule(transfer.Open)

// newModule returns the module. open opens the device file of a bus.
func newModule(open transfer.Opener) luastd.Module {
	return luastd.Module{
		Name: "i2c", Doc: doc, Manual: manual, Needs: []permit.Kind{permit.I2C}, Need: need,
		Open: func(L *lua.LState, rt luastd.Runtime) lua.LValue {
			m := &module{rt: rt, openPort: open}
			m.devices = m.deviceMetatable(L)
			t := L.CreateTable(0, 2)
			value.SetFunctions(L, t, map[string]lua.LGFunction{"open": m.open, "scan": m.scan})
			return t
		},
	}
}

const (
	minAddress = 0x03
	maxAddress = 0x77
	maxTimeout = 60 * time.Second
)

// A module is the module of one Lua state.
type module struct {
	rt       luastd.Runtime
	openPort transfer.Opener
	devices  *lua.LTable // the metatable of devices
}

// need returns an error if b has no permission for I2C: the source does not say which device is used.
func need(b *permit.Broker, _, _ string, _ bool) error {
	if b.HasAny(permit.I2C) {
		return nil
	}
	return b.CheckDevice(permit.I2C, "use I2C devices")
}

// A device is a device as one generation of the script has it. Its fields belong to the executor's
// goroutine.
type device struct {
	*transfer.Handle
	address uint16
}

var busPath = regexp.MustCompile(`^/dev/i2c-(\d{1,4})$`)

// checkBus returns argument 1, the number or the path of a bus.
func checkBus(L *lua.LState) int {
	if path, ok := L.Get(1).(lua.LString); ok {
		match := busPath.FindStringSubmatch(string(path))
		if match == nil {
			L.ArgError(1, value.Quote(string(path))+" is not the path of a bus, such as /dev/i2c-1")
		}
		n, _ := strconv.Atoi(match[1])
		return n
	}
	return int(value.CheckWhole(L, 1, 0, 9999))
}

func pathOf(bus int) string { return fmt.Sprintf("/dev/i2c-%d", bus) }

// open is the Lua function i2c.open.
func (m *module) open(L *lua.LState) int {
	bus := checkBus(L)
	address := uint16(value.CheckWhole(L, 2, minAddress, maxAddress))
	handle, failure := transfer.OpenHandle(L, m.rt, m.openPort, transfer.Request{
		Kind: permit.I2C, Name: fmt.Sprintf("%d:0x%02x", bus, address),
		Also: []string{fmt.Sprintf("%d:%d", bus, address), strconv.Itoa(bus)},
		What: fmt.Sprintf("I2C device 0x%02x at bus %d", address, bus), Path: pathOf(bus),
		Prepare: func(p transfer.Port) error { return setAddress(p, address) },
		Timeout: value.CheckOptions(L, 3, "timeout").Timeout("timeout", time.Second, maxTimeout),
	})
	if failure != nil {
		return failure.Push(L)
	}
	L.Push(&lua.LUserData{Value: &device{handle, address}, Env: L.Env, Metatable: m.devices})
	return 1
}
