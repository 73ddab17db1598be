package i2c

import (
	"encoding/binary"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/sockets"
	"moonlark/luastd/transfer"
	"moonlark/luastd/value"
)

// deviceMetatable returns the metatable of devices.
func (m *module) deviceMetatable(L *lua.LState) *lua.LTable {
	return value.HandleMetatable[*device](L, "i2c device", map[string]lua.LGFunction{
		"write": write, "read": read, "transfer": writeAndRead, "read_reg": readReg, "write_reg": writeReg,
		"read_u8":  func(L *lua.LState) int { return readNumber(L, 1, func(n uint16) float64 { return float64(uint8(n)) }) },
		"read_s8":  func(L *lua.LState) int { return readNumber(L, 1, func(n uint16) float64 { return float64(int8(n)) }) },
		"read_u16": func(L *lua.LState) int { return readNumber(L, 2, func(n uint16) float64 { return float64(n) }) },
		"read_s16": func(L *lua.LState) int { return readNumber(L, 2, func(n uint16) float64 { return float64(int16(n)) }) },
		"close":    func(L *lua.LState) int { return checkDevice(L).Close(L) },
	}, nil)
}

func checkDevice(L *lua.LState) *device {
	return value.CheckHandle[*device](L, "a device", "device:read(1)")
}

// exchange writes bytes and reads n bytes, and makes the task wait meanwhile.
func (d *device) exchange(L *lua.LState, data []byte, n int) ([]byte, *sockets.Failure) {
	return d.Do(L, func(p transfer.Port) ([]byte, error) {
		answer := make([]byte, n)
		return answer, exchange(p, d.address, data, answer)
	})
}

// pushWritten writes bytes, and pushes true or the failure.
func (d *device) pushWritten(L *lua.LState, data []byte) int {
	_, failure := d.exchange(L, data, 0)
	return transfer.PushDone(L, failure)
}

// pushRead writes bytes, and pushes the n bytes that are read then, or the failure.
func (d *device) pushRead(L *lua.LState, data []byte, n int) int {
	answer, failure := d.exchange(L, data, n)
	return transfer.Push(L, answer, failure)
}

// checkCount returns argument n, a number of bytes.
func checkCount(L *lua.LState, n int) int { return int(value.CheckWhole(L, n, 1, transfer.Max)) }

// checkReg returns argument 2, the number of a register.
func checkReg(L *lua.LState) byte { return byte(value.CheckWhole(L, 2, 0, 255)) }

// write is the Lua method device:write.
func write(L *lua.LState) int {
	d := checkDevice(L)
	return d.pushWritten(L, transfer.CheckBytes(L, 2, 1))
}

// read is the Lua method device:read.
func read(L *lua.LState) int {
	d := checkDevice(L)
	return d.pushRead(L, nil, checkCount(L, 2))
}

// writeAndRead is the Lua method device:transfer.
func writeAndRead(L *lua.LState) int {
	d := checkDevice(L)
	return d.pushRead(L, transfer.CheckBytes(L, 2, 1), checkCount(L, 3))
}

// readReg is the Lua method device:read_reg.
func readReg(L *lua.LState) int {
	d, reg, n := checkDevice(L), checkReg(L), 1
	if !value.IsNone(L.Get(3)) {
		n = checkCount(L, 3)
	}
	return d.pushRead(L, []byte{reg}, n)
}

// writeReg is the Lua method device:write_reg.
func writeReg(L *lua.LState) int {
	d, data := checkDevice(L), []byte{checkReg(L)}
	if _, ok := L.Get(3).(lua.LNumber); ok {
		data = append(data, byte(value.CheckWhole(L, 3, 0, 255)))
	} else if data = append(data, transfer.CheckBytes(L, 3, 1)...); len(data) > transfer.Max {
		L.ArgError(3, "the register and the bytes are too long for a transfer")
	}
	return d.pushWritten(L, data)
}

// readNumber reads a number of so many bytes from a register, for the Lua methods device:read_u8 and so
// on. number gives it its sign.
func readNumber(L *lua.LState, size int, number func(uint16) float64) int {
	d, reg, order := checkDevice(L), checkReg(L), "be"
	if size == 2 && !value.IsNone(L.Get(3)) {
		order = value.CheckChoice(L, 3, "be", "le")
	}
	answer, failure := d.exchange(L, []byte{reg}, size)
	if failure != nil {
		return failure.Push(L)
	}
	n := uint16(answer[0])
	if size == 2 {
		if n = binary.BigEndian.Uint16(answer); order == "le" {
			n = binary.LittleEndian.Uint16(answer)
		}
	}
	L.Push(lua.LNumber(number(n)))
	return 1
}
