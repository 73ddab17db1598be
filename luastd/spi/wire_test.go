package spi

import (
	"encoding/hex"
	"testing"
	"unsafe"
)

// The struct of the kernel is the same for pointers of 64 and of 32 bits.
func TestTheStructOfTheKernel(t *testing.T) {
	if *(*byte)(unsafe.Pointer(new(uint16(1)))) != 1 {
		t.Skip("on this machine, high bytes come first")
	}
	const want = "8877665544332211" + "9900000000000000" + "03020000" + // the buffers, and their length
		"00000000" + "0000" + "00" + "00" + "00" + "00" + "00" + "00" // speed, delay, bits, chip select, lines, word delay
	if got := hex.EncodeToString(encodeTransfer(0x1122334455667788, 0x99, 0x0203)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
