package i2c

import (
	"encoding/binary"
	"runtime"
	"unsafe"

	"moonlark/luastd/transfer"
)

// The requests of the driver i2c-dev.
const (
	requestSlave = 0x0703 // sets the address; the argument is the address itself
	requestFuncs = 0x0705 // the functions of the adapter; the argument points to an unsigned long
	requestRDWR  = 0x0707 // a transfer; the argument points to a struct i2c_rdwr_ioctl_data
	requestSMBus = 0x0720 // a transfer of SMBus; the argument points to a struct i2c_smbus_ioctl_data
)

const flagRead = 0x0001 // I2C_M_RD: the message is read

// isWide says that pointers have 64 bits.
const isWide = unsafe.Sizeof(uintptr(0)) == 8

// A message is a struct i2c_msg: one part of a transfer.
type message struct {
	address, flags, length uint16
	buffer                 uint64 // the address of the bytes
}

// encodeMessages returns an array of struct i2c_msg. With pointers of 64 bits (wide), there are 2 bytes
// of padding before each pointer, and no bytes are behind it.
func encodeMessages(wide bool, messages []message) []byte {
	var p []byte
	for _, m := range messages {
		p = binary.NativeEndian.AppendUint16(p, m.address)
		p = binary.NativeEndian.AppendUint16(p, m.flags)
		p = binary.NativeEndian.AppendUint16(p, m.length)
		p = append(p, 0, 0)
		p = appendPointer(p, wide, m.buffer)
	}
	return p
}

func appendPointer(p []byte, wide bool, pointer uint64) []byte {
	if wide {
		return binary.NativeEndian.AppendUint64(p, pointer)
	}
	return binary.NativeEndian.AppendUint32(p, uint32(pointer))
}

// encodeTransfer returns a struct i2c_rdwr_ioctl_data: a pointer to messages, and their number.
func encodeTransfer(wide bool, messages uint64, count int) []byte {
	p := binary.NativeEndian.AppendUint32(appendPointer(nil, wide, messages), uint32(count))
	if wide {
		p = append(p, 0, 0, 0, 0)
	}
	return p
}

// The sizes of transfers of SMBus: without data, and of one byte without a command.
const (
	smbusQuick = 0
	smbusByte  = 1
)

// encodeSMBus returns a struct i2c_smbus_ioctl_data. data is the address of a union i2c_smbus_data.
func encodeSMBus(wide, read bool, size uint32, data uint64) []byte {
	p := []byte{0, 0, 0, 0} // read or write, the command, and padding
	if read {
		p[0] = 1
	}
	return appendPointer(binary.NativeEndian.AppendUint32(p, size), wide, data)
}

// addressOf returns the address of the first byte, for the driver. p is pinned until the Pinner unpins.
func addressOf(pinner *runtime.Pinner, p []byte) uint64 {
	pinner.Pin(&p[0])
	return uint64(uintptr(unsafe.Pointer(&p[0])))
}

// setAddress sets the address of the device. The error is EBUSY if a driver of the kernel uses it.
func setAddress(p transfer.Port, address uint16) error {
	return p.IoctlValue(requestSlave, uintptr(address))
}

// exchange writes bytes and then reads, after a repeated start. One of the two may be empty.
func exchange(p transfer.Port, address uint16, write, read []byte) error {
	var pinner runtime.Pinner
	defer pinner.Unpin()
	var messages []message
	if len(write) > 0 {
		messages = append(messages, message{address, 0, uint16(len(write)), addressOf(&pinner, write)})
	}
	if len(read) > 0 {
		messages = append(messages, message{address, flagRead, uint16(len(read)), addressOf(&pinner, read)})
	}
	list := encodeMessages(isWide, messages)
	arg := encodeTransfer(isWide, addressOf(&pinner, list), len(messages))
	return p.Ioctl(requestRDWR, unsafe.Pointer(&arg[0]))
}

// functions returns the bits of what the adapter can do.
func functions(p transfer.Port) (uint, error) {
	var bits uint // an unsigned long of the kernel
	err := p.Ioctl(requestFuncs, unsafe.Pointer(&bits))
	return bits, err
}

// probe asks whether a device answers at the address that setAddress has set: by a write without data, or
// by reading a byte. The error says that none does.
func probe(p transfer.Port, read bool) error {
	var pinner runtime.Pinner
	defer pinner.Unpin()
	if !read {
		arg := encodeSMBus(isWide, false, smbusQuick, 0)
		return p.Ioctl(requestSMBus, unsafe.Pointer(&arg[0]))
	}
	data := make([]byte, 34) // union i2c_smbus_data
	arg := encodeSMBus(isWide, true, smbusByte, addressOf(&pinner, data))
	return p.Ioctl(requestSMBus, unsafe.Pointer(&arg[0]))
}
