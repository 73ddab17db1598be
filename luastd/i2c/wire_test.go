package i2c

import (
	"encoding/hex"
	"strings"
	"testing"
	"unsafe"
)

// The structs of the kernel, for pointers of 64 and of 32 bits, on a machine whose low bytes come first.
func TestTheStructsOfTheKernel(t *testing.T) {
	if *(*byte)(unsafe.Pointer(new(uint16(1)))) != 1 {
		t.Skip("on this machine, high bytes come first")
	}
	messages := []message{{0x48, 0, 1, 0x1122334455667788}, {0x48, flagRead, 0x0203, 0x99}}
	for _, row := range []struct {
		name string
		got  []byte
		want string
	}{
		{"i2c_msg, 64 bits", encodeMessages(true, messages), "4800 0000 0100 0000 8877665544332211  4800 0100 0302 0000 9900000000000000"},
		{"i2c_msg, 32 bits", encodeMessages(false, messages), "4800 0000 0100 0000 88776655  4800 0100 0302 0000 99000000"},
		{"i2c_rdwr_ioctl_data, 64 bits", encodeTransfer(true, 0x1122334455667788, 2), "8877665544332211 02000000 00000000"},
		{"i2c_rdwr_ioctl_data, 32 bits", encodeTransfer(false, 0x55667788, 2), "88776655 02000000"},
		{"i2c_smbus_ioctl_data, 64 bits", encodeSMBus(true, true, 1, 0x99), "01 00 0000 01000000 9900000000000000"},
		{"i2c_smbus_ioctl_data, 32 bits", encodeSMBus(false, false, 0, 0x99), "00 00 0000 00000000 99000000"},
	} {
		if got, want := hex.EncodeToString(row.got), strings.ReplaceAll(row.want, " ", ""); got != want {
			t.Errorf("%s: got %s, want %s", row.name, got, want)
		}
	}
}
