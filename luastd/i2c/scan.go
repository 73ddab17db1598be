package i2c

import (
	"errors"
	"fmt"
	"strconv"
	"syscall"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd"
	"moonlark/luastd/sockets"
	"moonlark/luastd/transfer"
	"moonlark/luastd/value"
)

// The bits of the functions of an adapter that a scan uses.
const (
	canQuick    = 0x00010000 // I2C_FUNC_SMBUS_QUICK
	canReadByte = 0x00020000 // I2C_FUNC_SMBUS_READ_BYTE
)

const scanTimeout = 5 * time.Second

// A found describes one device in the result of a scan.
type found struct {
	address  uint16
	isDriver bool // a driver of the kernel uses it
}

// scan is the Lua function i2c.scan.
func (m *module) scan(L *lua.LState) int {
	luastd.CheckLoaded(L, m.rt, "i2c.scan")
	bus := 1
	if !value.IsNone(L.Get(1)) {
		bus = checkBus(L)
	}
	timeout := value.OptTimeout(L, 2, scanTimeout, maxTimeout)
	broker := m.rt.Permit()
	what, name := fmt.Sprintf("I2C bus %d", bus), strconv.Itoa(bus)
	if err := broker.CheckDevice(permit.I2C, "use the "+what, name); err != nil {
		L.RaiseError("i2c.scan: %s", err)
	}
	port, err := m.openPort(broker, permit.I2C, "use the "+what, pathOf(bus), name)
	if err != nil {
		return transfer.Explain(err, what, "i2c").Push(L)
	}
	d := transfer.NewDevice(port)
	defer d.Stop()
	deadline := time.Now().Add(m.rt.WaitLimit(timeout))
	result, err := d.Do(m.rt, L, timeout, func(p transfer.Port) (any, error) {
		return scanBus(p, deadline)
	})
	if err != nil {
		return transfer.Explain(err, what, "i2c").Push(L)
	}
	list := L.CreateTable(0, 0)
	for _, f := range result.([]found) {
		t := L.CreateTable(0, 2)
		t.RawSetString("address", lua.LNumber(f.address))
		t.RawSetString("driver", lua.LBool(f.isDriver))
		list.Append(t)
	}
	L.Push(list)
	return 1
}

// scanBus looks for devices as the program i2cdetect does: by reading a byte at the addresses where a
// write could change the memory of a chip, and by a write without data at the others.
func scanBus(p transfer.Port, deadline time.Time) ([]found, error) {
	can, err := functions(p)
	if err != nil {
		return nil, err
	}
	if can&(canQuick|canReadByte) == 0 {
		return nil, sockets.Fail("unsupported", "the bus cannot look for devices")
	}
	all := []found{}
	for address := uint16(minAddress); address <= maxAddress; address++ {
		if time.Now().After(deadline) {
			return nil, sockets.Fail("timeout", "the scan has come to the address 0x%02x only: a device may hold the bus", address)
		}
		switch err := setAddress(p, address); {
		case errors.Is(err, syscall.EBUSY):
			all = append(all, found{address, true})
			continue
		case err != nil:
			return nil, err
		}
		read := address >= 0x30 && address <= 0x37 || address >= 0x50 && address <= 0x5F
		if can&canQuick == 0 {
			read = true
		} else if can&canReadByte == 0 {
			read = false
		}
		if probe(p, read) == nil {
			all = append(all, found{address, false})
		}
	}
	return all, nil
}
