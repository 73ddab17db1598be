package spi

import (
	"encoding/binary"
	"runtime"
	"unsafe"

	"moonlark/luastd/transfer"
)

// The requests of the driver spidev. Their arguments point to a number, or to a struct spi_ioc_transfer.
const (
	requestMode    = 0x40046b05 // SPI_IOC_WR_MODE32: 32 bits
	requestBits    = 0x40016b03 // SPI_IOC_WR_BITS_PER_WORD: 8 bits
	requestSpeed   = 0x40046b04 // SPI_IOC_WR_MAX_SPEED_HZ: 32 bits
	requestMessage = 0x40206b00 // SPI_IOC_MESSAGE(1): a transfer, 32 bytes
)

// The bits of the mode beside those of its number.
const (
	modeCSHigh   = 0x04 // SPI_CS_HIGH
	modeLSBFirst = 0x08 // SPI_LSB_FIRST
)

// settings are the settings of a device.
type settings struct {
	speed uint32 // hertz
	mode  uint32
	bits  uint8 // of a word
}

// apply sets the settings of the device.
func (s settings) apply(p transfer.Port) error {
	if err := p.Ioctl(requestMode, unsafe.Pointer(&s.mode)); err != nil {
		return err
	}
	if err := p.Ioctl(requestBits, unsafe.Pointer(&s.bits)); err != nil {
		return err
	}
	return p.Ioctl(requestSpeed, unsafe.Pointer(&s.speed))
}

// encodeTransfer returns a struct spi_ioc_transfer. It is the same for pointers of 32 and of 64 bits. A
// buffer whose address is 0 is not written, or not read. The speed and the bits of a word are 0, which
// stands for those of the device.
func encodeTransfer(written, read uint64, length int) []byte {
	p := binary.NativeEndian.AppendUint64(nil, written)
	p = binary.NativeEndian.AppendUint64(p, read)
	p = binary.NativeEndian.AppendUint32(p, uint32(length))
	return append(p, make([]byte, 12)...)
}

// message makes a transfer that writes and reads at the same time. written or read may be nil; otherwise
// they have the same length.
func message(p transfer.Port, written, read []byte) error {
	var pinner runtime.Pinner
	defer pinner.Unpin()
	address := func(p []byte) uint64 {
		if len(p) == 0 {
			return 0
		}
		pinner.Pin(&p[0])
		return uint64(uintptr(unsafe.Pointer(&p[0])))
	}
	arg := encodeTransfer(address(written), address(read), max(len(written), len(read)))
	return p.Ioctl(requestMessage, unsafe.Pointer(&arg[0]))
}
